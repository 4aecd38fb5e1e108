#!/usr/bin/env bash
# What building costs, in seconds of processor time (user and system, all processes), for one or more commits in turn:
#
#     bash tests/load/building.sh [step ...] -- COMMIT [COMMIT ...]
#
# Each commit is cloned to a folder of its own and built from nothing there, with a target folder of its own. Steps, all of
# them when none is named:
#
#     first     `cargo run -- up` from nothing to the first answer of a node
#     again     the same once more, everything built
#     line      one more line in the host: from the change to a running binary
#     nodes     all nodes from nothing, the standard library included
#     node      one node after a change in its file
#     ci        `.ci/run` from nothing, in a second clone
set -euo pipefail
cd "$(dirname "$0")/../.."
project="$PWD"

steps=()
while [ "$#" -gt 0 ] && [ "$1" != "--" ]; do steps+=("$1"); shift; done
[ "${1:-}" = "--" ] && shift
[ "$#" -gt 0 ] || { sed -n '2,15p' "$0"; exit 2; }
[ "${#steps[@]}" -gt 0 ] || steps=(first again line nodes node ci)

work="$(mktemp -d "${TMPDIR:-/tmp}/patchbay-building.XXXXXX")"
trap 'rm -rf "$work"' EXIT
export PATCHBAY_DATA_DIR="$work/data"
unset CARGO_TARGET_DIR

# Runs a command and prints its processor time and its time on the wall.
timed() {
    local commit="$1" step="$2"; shift 2
    /usr/bin/env time -f "%U %S %e" -o "$work/time" "$@" >"$work/$commit.$step.log" 2>&1 ||
        { tail -n 40 "$work/$commit.$step.log"; echo "$commit: $step failed"; exit 1; }
    tail -n 1 "$work/time" | awk -v commit="$commit" -v step="$step" \
        '{ printf "%-12s %-8s %8.1f s of processor time, %7.1f s on the wall\n", commit, step, $1 + $2, $3 }'
}

# Starts the service and ends it when a node has answered.
first_answer() {
    local port=$((20000 + RANDOM % 20000))
    cargo run -- up --listen "127.0.0.1:$port" &
    local up=$!
    until curl -fs -o /dev/null "http://127.0.0.1:$port/v1/nodes/dingtalk/get-user/invoke" \
        -H 'content-type: application/json' -d '{"options":{"UserId":"manager001"},"credential":"demo"}' 2>/dev/null; do
        kill -0 "$up" || return 1
        sleep 0.1
    done
    kill -TERM "$up"
    wait "$up"
}
export -f first_answer

for commit in "$@"; do
    commit="$(git rev-parse --short "$commit")"
    git clone -q "$project" "$work/$commit"
    cd "$work/$commit"
    git checkout -q "$commit"
    cargo fetch --locked -q
    (cd nodes && cargo fetch --locked -q)
    for step in "${steps[@]}"; do
        case "$step" in
            first | again) timed "$commit" "$step" bash -c first_answer ;;
            line)
                cargo build -q
                line="$(ls -d host/service/src/lib.rs host/src/service.rs 2>/dev/null | head -n 1)"
                printf '\n/// A line more.\npub const A_LINE_MORE: &str = "%s";\n' "$RANDOM" >>"$line"
                timed "$commit" line cargo build
                git checkout -q "$line"
                ;;
            nodes)
                rm -rf target/guest target/nodes
                timed "$commit" nodes target/debug/patchbay build
                ;;
            node)
                file="$(git ls-files nodes/dingtalk | grep '/bin/recall-message.rs$')"
                echo '// A line more.' >>"$file"
                timed "$commit" node target/debug/patchbay build
                git checkout -q "$file"
                ;;
            ci)
                git clone -q "$project" "$work/$commit.ci"
                git -C "$work/$commit.ci" checkout -q "$commit"
                (cd "$work/$commit.ci" && timed "$commit" ci bash .ci/run)
                ;;
            *) echo "there is no step $step"; exit 2 ;;
        esac
    done
    cd "$project"
done
