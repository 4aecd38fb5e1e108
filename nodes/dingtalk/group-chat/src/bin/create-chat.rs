use group_chat::prelude::*;

node! {
    /// Creates a group chat with an owner and up to 40 members. Owner becomes a member also when UserIds leaves it out.
    resource: "Group Chat",
    effect: Write,
    slots: ["newer"],
    errors: [
        parameter("parameter.invalid", "Check Name (1 to 20 characters), Owner and UserIds."),
        permission(
            "permession.checkFailed",
            "Put the owner inside the application's visible range, and grant it the permission qyapi_chat_manage.",
        ),
    ],
}

#[inputs]
struct Inputs {
    /// Name of the new group, 1 to 20 characters.
    #[schemars(example = &"Project Falcon")]
    name: Text<20>,
    /// userId of the person who becomes the owner of the group.
    owner: UserId,
    /// userIds of the members, at most 40: an array, or text with commas between them.
    #[schemars(example = json!(["manager001", "user002"]))]
    user_ids: CommaList<UserId, 40>,
}

#[options(sent_as = "camelCase")]
struct Options {
    /// Whether people who join later can read earlier messages: 0 = no, the default, 1 = yes.
    #[schemars(example = 1)]
    show_history_type: Option<Bit>,
    /// Whether the group can be found by search: 0 or false = no, the default, 1 or true = yes.
    #[schemars(example = 1)]
    searchable: Option<Switch>,
    /// Whether joining needs approval: 0 = no, the default, 1 = yes.
    #[schemars(example = 1)]
    validation_type: Option<Bit>,
    /// Who may mention everybody (@all): 0 = only the owner and administrators, 1 = everyone, the default. DingTalk's own
    /// API numbers the two the other way round; this node translates.
    #[schemars(example = 0)]
    mention_all_authority: Option<Flipped<Bit>>,
    /// Who may manage the group: 0 = everyone, the default, 1 = only the owner and administrators.
    #[schemars(example = 1)]
    management_type: Option<Bit>,
    /// Whether everyone is muted: 0 = no, the default, 1 = yes.
    #[schemars(example = 1)]
    chat_banned_type: Option<Bit>,
}

#[outputs]
struct Outputs {
    /// The new group.
    chat_data: ChatData,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct ChatData {
    /// Kind of group: 2 = internal.
    conversation_tag: i64,
    /// Id of the group in the newer API.
    open_conversation_id: String,
    /// Id of the group in the older API; Get Chat Info reads the group by it.
    #[promised]
    chatid: String,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { name, owner, user_ids } = inputs;
    let members = user_ids.with(&owner);
    let chat_data = newer::post("/v1.0/im/group/create")
        .json(json!({ "name": name, "owner": owner, "useridlist": members }))
        .json_unless_empty("managementOptions", &options)
        .if_unknown("Look in DingTalk whether the group is there before running again.")
        .send()?;
    let summary = format!("Created the group {name} with {}.", count(members.len(), "member"));
    Ok(Outcome::new(Outputs { chat_data }).summary(summary))
}
