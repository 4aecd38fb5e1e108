#!/usr/bin/env bash
# Measures the service: how many invocations a second it answers, after how long, and with how much processor time of its
# own for each.
#
#     bash tests/load/service.sh [seconds] [connections ...]
#     PATCHBAY="target/release/patchbay ../before/target/release/patchbay" bash tests/load/service.sh 5 1 32
#     cargo build --release -p patchbay && cargo build --release -p tests --example native
#     PATCHBAY=target/release/patchbay NATIVE=target/release/examples/native bash tests/load/service.sh 5 1 32 128
#
# With NATIVE, the same calls written by hand (tests/load/native.rs) are measured beside it. Needs wrk (Debian: apt-get install wrk) and jq. A tenant, a service with default limits on a data directory of its own, and
# wrk share this machine. Several binaries are measured in turn, each with the nodes that its own checkout has built; compare
# within one run, the machine may be busy. The provider's own limit of requests in a time is taken away: it would be all
# that is measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
script="$PWD/tests/load/invoke.lua"
seconds="${1:-5}"
connections=("${@:2}")
[ "${#connections[@]}" -gt 0 ] || connections=(1 16 64)
read -ra binaries <<<"${PATCHBAY:-target/debug/patchbay}"
for tool in wrk jq; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 2; }
done

data="$(mktemp -d)"
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$data"' EXIT
echo 'calls_per_second = 0' >"$data/tenant.toml"

# Waits for the line that says where it listens.
address_in() {
    for _ in $(seq 200); do
        grep -om1 'http://127.0.0.1:[0-9]*' "$1" 2>/dev/null && return
        sleep 0.1
    done
    cat "$1" >&2
    exit 1
}

# Starts a tenant and a service of a binary; leaves the service's address and process in `services` and `processes`.
start() {
    local binary="$1" here="$data/${#services[@]}" checkout
    checkout="$(cd "$(dirname "$binary")/../.." && pwd)"
    [ -x "$binary" ] && [ -d "$checkout/target/nodes" ] ||
        { echo "nothing is built in $checkout: cargo run -- build" >&2; exit 2; }
    mkdir "$here"
    cp -a "$checkout/target/nodes" "$here/nodes"
    sed -i '/^\[rate_limit\]/,$d' "$here/nodes/dingtalk/provider.toml"
    export PATCHBAY_DATA_DIR="$here" PATCHBAY_NODES_DIR="$here/nodes"
    "$binary" tenant --listen 127.0.0.1:0 --settings "$data/tenant.toml" 2>/dev/null | head -n 2 >"$here/tenant.out" &
    tenant="$(address_in "$here/tenant.out")"
    "$binary" serve --listen 127.0.0.1:0 --upstream "api.dingtalk.com=$tenant" --upstream "oapi.dingtalk.com=$tenant" \
        >"$here/serve.out" 2>"$here/serve.log" &
    processes+=("$!")
    services+=("$(address_in "$here/serve.out")")
    curl -fsS "${services[-1]}/v1/credentials" -H 'content-type: application/json' \
        -d '{"name":"main","provider":"dingtalk","fields":{"AppKey":"demo","AppSecret":"demo"}}' >/dev/null
}

# The processor time that a process took so far, in microseconds.
processor_time() { awk -v tick="$(getconf CLK_TCK)" '{ printf "%d", ($14 + $15) * 1000000 / tick }' "/proc/$1/stat"; }

# Starts what is written by hand, in front of the last tenant that was started.
start_native() {
    "$NATIVE" 127.0.0.1:0 "$tenant" >"$data/native.out" 2>"$data/native.log" &
    processes+=("$!")
    services+=("$(address_in "$data/native.out")")
    binaries+=("$NATIVE")
}

services=() processes=() tenant=""
for binary in "${binaries[@]}"; do start "$binary"; done
[ -z "${NATIVE:-}" ] || start_native

# name, node, body, whether each call has a key of its own; and the body that asks for the same of what is written by hand
measure() {
    local count which before after answer address body
    for count in "${connections[@]}"; do
        for which in "${!binaries[@]}"; do
            address="${services[$which]}/v1/nodes/dingtalk/$2/invoke" body="$3"
            if [ "${binaries[$which]}" = "${NATIVE:-}" ]; then
                [ -n "${5:-}" ] || continue
                address="${services[$which]}/$2" body="$5"
            fi
            before="$(processor_time "${processes[$which]}")"
            answer="$(wrk -t1 -c"$count" -d"${seconds}s" -s "$script" \
                "$address" -- "$body" "$4" | tail -n 1)"
            after="$(processor_time "${processes[$which]}")"
            jq -r --arg name "$1" --arg count "$count" --arg binary "${binaries[$which]}" --argjson spent "$((after - before))" \
                '[$binary, $name, $count, .per_second, ($spent / .answered | round), .median_ms, .p99_ms, .refused] | @tsv' <<<"$answer"
        done
    done
}

user='{"options":{"UserId":"manager001"},"credential":"main"}'
notice='{"AgentId":"123456789","UserIds":"manager001,user002","MsgType":"text","Content":"Report {number} is ready."}'
{
    printf 'binary\tcall\tconnections\ta second\tprocessor us a call\tmedian ms\t99 %% ms\trefused\n'
    measure 'parameter error' create-chat '{}' no
    measure 'Get User' get-user "$user" no '{"UserId":"manager001"}'
    measure 'Send Work Notice' send-work-notice "{\"inputs\":$notice,\"credential\":\"main\"}" no "$notice"
    measure 'Get User, with a key' get-user "$user" yes
} | column -t -s "$(printf '\t')"
