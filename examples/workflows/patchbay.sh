# What the workflows share: running a node. To be sourced. A workflow ends with 0 when all went well, 1 when a node failed and 2
# when Patchbay did not answer.

base=${PATCHBAY_URL:-http://127.0.0.1:8787}
credential=${PATCHBAY_CREDENTIAL:-demo}
attempts=3
pause=${PATCHBAY_RETRY_PAUSE:-1} # seconds, doubled each time

give_up() {
    printf '%s\n' "$@" >&2
    exit 2
}

for tool in curl jq; do
    command -v "$tool" >/dev/null || give_up "This workflow needs $tool. Install it and run the workflow again."
done

# run_node NODE INPUTS [OPTIONS]: runs a node; $envelope is what it answered. Succeeds exactly when the node did. A node that
# failed is run again only while the envelope says that this can not do anything twice.
run_node() {
    local node=$1 request attempt=1 delay=$pause no_options='{}'
    request=$(jq -n --argjson inputs "$2" --argjson options "${3:-$no_options}" --arg credential "$credential" \
        '{ $inputs, $options, $credential }')
    while true; do
        envelope=$(curl -sS "$base/v1/nodes/$node/invoke" -H 'content-type: application/json' -d "$request") ||
            give_up "Nothing answers at $base. Start \`patchbay up\`, or name its address in PATCHBAY_URL."
        jq -e 'has("StatusCode")' <<<"$envelope" >/dev/null 2>&1 ||
            give_up "What answers at $base is not Patchbay. Name the address of \`patchbay up\` in PATCHBAY_URL."
        if [ "$(output .StatusCode)" = 200 ]; then
            return 0
        elif [ "$(output .Retryable)" != true ] || [ "$attempt" -ge "$attempts" ]; then
            return 1
        fi
        printf '%s failed: %s. Trying again in %s s.\n' "$node" "$(output .ErrorMessage)" "$delay" >&2
        sleep "$delay"
        attempt=$((attempt + 1)) delay=$((delay * 2))
    done
}

# output FILTER: a part of the last envelope as text; empty when it is not there.
output() {
    jq -r "$1 // empty" <<<"$envelope"
}

# Ends the workflow with why the last node failed and what to do next.
fail() {
    output '"Failed with \(.StatusCode): \(.ErrorMessage)", .Hint' >&2
    exit 1
}
