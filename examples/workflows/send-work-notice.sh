#!/usr/bin/env bash
# Start -> DingTalk: Send Work Notice -> Answer.
#
#     send-work-notice.sh [CONTENT] [USER_IDS]
#
# AGENT_ID, MSG_TYPE (text, markdown) and TITLE are taken from the environment. The defaults suit `patchbay up`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/patchbay.sh"

# Start: the parameters of the workflow.
content=${1:-This is a test message from a Patchbay workflow.}
user_ids=${2:-manager001,user002}
agent_id=${AGENT_ID:-123456789}
msg_type=${MSG_TYPE:-text}
title=${TITLE:-}

# DingTalk: Send Work Notice.
inputs=$(jq -n --arg agent "$agent_id" --arg users "$user_ids" --arg type "$msg_type" --arg content "$content" \
    '{ AgentId: $agent, UserIds: $users, MsgType: $type, Content: $content }')
options=$(jq -n --arg title "$title" 'if $title == "" then {} else { Title: $title } end')

# Answer.
if run_node dingtalk/send-work-notice "$inputs" "$options"; then
    output '"\(.Summary) Its task is \(.MessageData.task_id)."'
else
    fail
fi
