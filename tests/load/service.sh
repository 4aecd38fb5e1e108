#!/usr/bin/env bash
# Measures the service: how many invocations a second it answers, and after how long.
#
#     bash tests/load/service.sh [seconds] [connections ...]
#
# Needs wrk (Debian: apt-get install wrk) and jq. A tenant, a service with default limits on a data directory of its own, and
# wrk share this machine. The provider's own limit of requests in a time is taken away: it would be all that is measured.
set -euo pipefail
cd "$(dirname "$0")/../.."
patchbay="$PWD/target/debug/patchbay"
script="$PWD/tests/load/invoke.lua"
seconds="${1:-5}"
connections=("${@:2}")
[ "${#connections[@]}" -gt 0 ] || connections=(1 16 64)
for tool in wrk jq; do
    command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install $tool" >&2; exit 2; }
done
[ -x "$patchbay" ] && [ -d target/nodes ] || { echo "nothing is built: cargo run -- build" >&2; exit 2; }

data="$(mktemp -d)"
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$data"' EXIT
cp -a target/nodes "$data/nodes"
sed -i '/^\[rate_limit\]/,$d' "$data/nodes/dingtalk/provider.toml"
export PATCHBAY_DATA_DIR="$data" PATCHBAY_NODES_DIR="$data/nodes"
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

"$patchbay" tenant --listen 127.0.0.1:0 --settings "$data/tenant.toml" 2>/dev/null | head -n 2 >"$data/tenant.out" &
tenant="$(address_in "$data/tenant.out")"
"$patchbay" serve --listen 127.0.0.1:0 --upstream "api.dingtalk.com=$tenant" --upstream "oapi.dingtalk.com=$tenant" \
    >"$data/serve.out" 2>"$data/serve.log" &
service="$(address_in "$data/serve.out")"
curl -fsS "$service/v1/credentials" -H 'content-type: application/json' \
    -d '{"name":"main","provider":"dingtalk","fields":{"AppKey":"demo","AppSecret":"demo"}}' >/dev/null

# name, node, body, whether each call has a key of its own
measure() {
    for count in "${connections[@]}"; do
        wrk -t1 -c"$count" -d"${seconds}s" -s "$script" "$service/v1/nodes/dingtalk/$2/invoke" -- "$3" "$4" |
            tail -n 1 | jq -r --arg name "$1" --arg count "$count" \
            '[$name, $count, .per_second, .median_ms, .p99_ms, .refused] | @tsv'
    done
}

user='{"options":{"UserId":"manager001"},"credential":"main"}'
{
    printf 'call\tconnections\ta second\tmedian ms\t99 %% ms\trefused\n'
    measure 'parameter error' create-chat '{}' no
    measure 'Get User' get-user "$user" no
    measure 'Get User, with a key' get-user "$user" yes
} | column -t -s "$(printf '\t')"
