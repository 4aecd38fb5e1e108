use group_chat::prelude::*;

node! {
    /// Gets the details of a group chat. DingTalk reads every group by the chatid that Create Chat returned; by an
    /// openConversationId it reads only a group made from one of the application's templates.
    resource: "Group Chat",
    effect: Read,
    slots: ["newer", "older"],
    errors: [
        permission("groupPermissionDenied", BY_CHATID),
        permission("groupTemplatePermissionDenied", "Use the application that owns the group's template."),
        not_found("coolAppUninstalled", COOL_APP),
        not_found("coolAppUnexist", COOL_APP),
        permission("coolAppPermissionDenied", COOL_APP),
        parameter("cidEncryptError", "Check that ChatId was copied completely: it may contain +, / and =."),
        not_found(
            "40016",
            "Use the chatid that Create Chat returned for a group of the credential's organisation; one from DingTalk's \
             client is not known here.",
        ),
    ],
}

const BY_CHATID: &str = "DingTalk reads a group by its openConversationId only when it was made from one of this \
                         application's templates: use the `chatid` that Create Chat returned.";
const COOL_APP: &str = "DingTalk reads a group that has a cool app by its openConversationId only together with the app's \
                        code: use the `chatid` that Create Chat returned.";

#[options]
struct Options {
    /// Id of the group, required: the `chatid` that Create Chat returned, or the openConversationId of a group made from a
    /// template. An id that starts with `chat` is taken for a chatid.
    chat_id: ChatId,
}

#[outputs]
struct Outputs {
    /// The group, as DingTalk describes it: by a chatid with chatid, name, owner, members and settings; by an
    /// openConversationId with openConversationId, title, owner, template and URL.
    chat_info: ChatInfo,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct ChatInfo {
    /// Id in the older API.
    chatid: String,
    /// Name of the group that was read by its chatid.
    name: String,
    /// userId of the owner of the group that was read by its chatid.
    owner: String,
    /// userIds of the members, the owner among them.
    useridlist: Vec<String>,
    /// Kind of group: 2 = internal.
    conversation_tag: i64,
    /// Whether everyone is muted: 0 = no, 1 = yes.
    chat_banned_type: i64,
    /// Whether the group can be found by search: 0 = no, 1 = yes.
    searchable: i64,
    /// Whether joining needs approval: 0 = no, 1 = yes.
    validation_type: i64,
    /// Who may mention everybody (@all), in DingTalk's own numbers: 0 = everyone, 1 = only the owner. MentionAllAuthority
    /// of Create Chat has them the other way round.
    mention_all_authority: i64,
    /// Who may manage the group: 0 = everyone, 1 = only the owner and administrators.
    management_type: i64,
    /// Whether people who join later can read earlier messages: 0 = no, 1 = yes.
    show_history_type: i64,
    /// Id in the newer API.
    open_conversation_id: String,
    /// Id of the template that the group was made from.
    template_id: String,
    /// Name of the group that was read by its openConversationId.
    title: String,
    /// userId of the owner of the group that was read by its openConversationId.
    owner_user_id: String,
    /// URL by which people join.
    group_url: String,
    /// Whether DingTalk succeeded.
    success: bool,
    /// Media id of the picture.
    icon: String,
    /// 1 = normal, 2 = disbanded.
    status: i64,
}

fn run(options: Options) -> Result<Outcome<Outputs>> {
    let id = options.chat_id;
    let chat_info = if id.starts_with("chat") { by_chatid(&id)? } else { by_open_conversation_id(&id)? };
    let name = chat_info.name().or(chat_info.title()).unwrap_or(&id);
    let members =
        chat_info.useridlist().map_or_else(String::new, |list| format!(" with {}", count(list.len(), "member")));
    let disbanded = if chat_info.status() == Some(2) { ", which is disbanded" } else { "" };
    let summary = format!("Found the group {name}{members}{disbanded}.");
    Ok(Outcome::new(Outputs { chat_info }).summary(summary))
}

/// What both APIs promise is that they tell something.
fn told(chat_info: ChatInfo) -> Result<ChatInfo> {
    if chat_info.is_empty() { Err(incomplete("DingTalk answered without the group")) } else { Ok(chat_info) }
}

fn by_chatid(chatid: &str) -> Result<ChatInfo> {
    told(older::get("/chat/get").query("chatid", chatid).within("chat_info").send()?)
}

fn by_open_conversation_id(id: &str) -> Result<ChatInfo> {
    let call = newer::post("/v1.0/im/sceneGroups/query").reading().json(json!({ "openConversationId": id }));
    let group: ChatInfo = call.send()?;
    match group.success() {
        Some(false) => Err(Failure::system("DingTalk says without a reason that it did not succeed").hint(BY_CHATID)),
        _ => told(group),
    }
}
