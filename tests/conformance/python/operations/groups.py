"""Group chats and work notices."""

from alibabacloud_dingtalk.im_1_0.models import CreateGroupRequestManagementOptions

from operations import Case, operation
from operations.values import flag, text, words

NOTICES = "/topapi/message/corpconversation"


@operation("create-chat")
def create_chat(case: Case) -> None:
    inputs, options = case.inputs, case.options
    members = words(inputs["UserIds"])
    owner = inputs["Owner"]
    may_mention_all = flag(options.get("MentionAllAuthority"))
    management = CreateGroupRequestManagementOptions(
        show_history_type=flag(options.get("ShowHistoryType")),
        searchable=flag(options.get("Searchable")),
        validation_type=flag(options.get("ValidationType")),
        # 1 means everyone to the node's user, and only the owner to the service.
        mention_all_authority=None if may_mention_all is None else 1 - may_mention_all,
        management_type=flag(options.get("ManagementType")),
        chat_banned_type=flag(options.get("ChatBannedType")),
    )
    case.newer.im(
        "create_group",
        name=inputs["Name"],
        owner=owner,
        useridlist=members if owner in members else [*members, owner],
        management_options=management if options else None,
    )


@operation("get-chat-info")
def get_chat_info(case: Case) -> None:
    chat = case.options["ChatId"]
    if chat.startswith("chat"):
        case.older.get("/chat/get", chatid=chat)
    else:
        case.newer.im("get_scene_group_info", open_conversation_id=chat)


@operation("send-work-notice")
def send_work_notice(case: Case) -> None:
    inputs = case.inputs
    if inputs["MsgType"] == "text":
        message = {"msgtype": "text", "text": {"content": inputs["Content"]}}
    else:
        markdown = {"title": case.options["Title"], "text": inputs["Content"]}
        message = {"msgtype": "markdown", "markdown": markdown}
    people = ",".join(words(inputs["UserIds"]))
    case.older.post(f"{NOTICES}/asyncsend_v2", agent_id=int(inputs["AgentId"]), userid_list=people, msg=message)


@operation("get-message-status")
def get_message_status(case: Case) -> None:
    task = {"agent_id": int(case.inputs["AgentId"]), "task_id": int(case.inputs["TaskId"])}
    progress = case.older.post(f"{NOTICES}/getsendprogress", **task)["progress"]
    finished = 2
    if progress and text(progress.get("status")) == str(finished):
        case.older.post(f"{NOTICES}/getsendresult", **task)


@operation("recall-message")
def recall_message(case: Case) -> None:
    agent, task = int(case.inputs["AgentId"]), int(case.inputs["MsgTaskId"])
    case.older.post(f"{NOTICES}/recall", agent_id=agent, msg_task_id=task)
