#!/usr/bin/env bash
# Start -> DingTalk: Get User -> DingTalk: Append Rows -> Answer. Finds a person by mobile number and writes a row that begins
# with the name below the last row of a worksheet, in that person's name.
#
#     append-row-for-a-mobile.sh [MOBILE [CELL...]]
#
# WORKBOOK_ID, SHEET_ID and RANGE_ADDRESS are taken from the environment. The defaults suit `patchbay up`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/patchbay.sh"

# Start: the parameters of the workflow.
[ $# -gt 0 ] || set -- 18500000001 总经办 6000
mobile=$1
shift
workbook_id=${WORKBOOK_ID:-Gl6Pm2Db8D3aQ7mBcvKxY4wRJxLq0Ee9}
sheet_id=${SHEET_ID:-st-7c41e0aa-52317}
range_address=${RANGE_ADDRESS:-A:C}

# DingTalk: Get User. Its unionid is what the next node asks for as OperatorId.
options=$(jq -n --arg mobile "$mobile" '{ Mobile: $mobile }')
run_node dingtalk/get-user '{}' "$options" || fail
name=$(output .UserData.name)
operator_id=$(output .UserData.unionid)

# DingTalk: Append Rows.
inputs=$(jq -n --arg workbook "$workbook_id" --arg sheet "$sheet_id" --arg range "$range_address" --arg operator "$operator_id" \
    '{ WorkbookId: $workbook, SheetId: $sheet, RangeAddress: $range, Values: [$ARGS.positional], OperatorId: $operator }' \
    --args -- "$name" "$@")
run_node dingtalk/append-rows "$inputs" || fail

# Answer.
output .Summary
