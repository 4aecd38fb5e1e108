#!/usr/bin/env bash
# What a canvas sends to Patchbay. Start `patchbay up` first; another address goes in as the first argument.
set -euo pipefail
base=${1:-http://127.0.0.1:8787}

invoke() {
    curl -sS --fail-with-body "$base/v1/nodes/$1/invoke" -H 'content-type: application/json' -d "$2"
    echo
}

echo "# The palette: what can be put on the canvas"
curl -sS --fail-with-body "$base/v1/nodes"
echo

echo "# The form of one node, from its schemas"
curl -sS --fail-with-body "$base/v1/nodes/dingtalk/send-work-notice"
echo

echo "# A run"
invoke dingtalk/send-work-notice '{
  "inputs": { "AgentId": "123456789", "UserIds": "manager001,user002", "MsgType": "text", "Content": "The build has passed." },
  "credential": "demo"
}'

echo "# A wrong parameter: StatusCode -1 says which, and nothing is sent"
invoke dingtalk/send-work-notice '{
  "inputs": { "AgentId": "123456789", "UserId": "manager001", "MsgType": "html", "Content": "The build has passed." },
  "credential": "demo"
}'

echo "# Two nodes in a row: the first one's output is the second one's input"
union_id=$(invoke dingtalk/get-user '{ "options": { "Mobile": "18500000001" }, "credential": "demo" }' |
    grep -o '"unionid":"[^"]*"' | cut -d'"' -f4)
invoke dingtalk/append-rows '{
  "inputs": { "WorkbookId": "Gl6Pm2Db8D3aQ7mBcvKxY4wRJxLq0Ee9", "SheetId": "st-7c41e0aa-52317", "RangeAddress": "A:C",
              "Values": [["Carol", "Sales", "5200"]], "OperatorId": "'"$union_id"'" },
  "credential": "demo"
}'
