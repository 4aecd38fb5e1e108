//! Create Chat: creates an internal group with an owner and members.

use dingtalk::prelude::*;

node! {
    id: "create-chat",
    title: "Create Chat",
    resource: "Group Chat",
    description: "Creates a group chat with an owner and up to 40 members. Owner becomes a member also when UserIds leaves it out.",
    effect: Write,
    idempotent: false,
    errors: CODES,
}

#[inputs]
struct Inputs {
    /// Name of the new group, 1 to 20 characters.
    #[schemars(length(min = 1, max = 20), regex(pattern = r"\S"), example = &"Project Falcon")]
    name: String,
    /// userId of the person who becomes the owner of the group.
    owner: UserId,
    /// userIds of the members, at most 40: an array, or text with commas between them.
    #[schemars(example = json!(["manager001", "user002"]))]
    user_ids: CommaList<40>,
}

#[options]
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
    mention_all_authority: Option<Bit>,
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
    chat_data: Answer<ChatData>,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct ChatData {
    /// Kind of group: 2 = internal.
    conversation_tag: i64,
    /// Id of the group in the newer API.
    open_conversation_id: String,
    /// Id of the group in the older API; Get Chat Info reads the group by it.
    chatid: String,
}

/// The group as DingTalk is asked for it.
#[derive(Serialize)]
struct NewGroup {
    name: String,
    owner: UserId,
    useridlist: Vec<String>,
    #[serde(rename = "managementOptions", skip_serializing_if = "ManagementOptions::is_empty")]
    management_options: ManagementOptions,
}

#[derive(Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ManagementOptions {
    #[serde(skip_serializing_if = "Option::is_none")]
    show_history_type: Option<Bit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    searchable: Option<Switch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_type: Option<Bit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mention_all_authority: Option<Bit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    management_type: Option<Bit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chat_banned_type: Option<Bit>,
}

impl ManagementOptions {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

const CODES: &[Code] = &[
    errors::parameter("parameter.invalid", "Check Name (1 to 20 characters), Owner and UserIds."),
    errors::permission(
        "permession.checkFailed",
        "Put the owner inside the application's visible range, and grant it the permission qyapi_chat_manage.",
    ),
];

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let group = NewGroup::new(inputs, options);
    let created = newer::post("/v1.0/im/group/create").json(json!(group)).codes(CODES).send().map_err(|failure| {
        failure.hint_if_outcome_unknown("Look in DingTalk whether the group is there before running again.")
    })?;
    let summary = format!("Created the group {} with {}.", group.name, count(group.useridlist.len(), "member"));
    Ok(Outcome::new(Outputs { chat_data: created.into() }).summary(summary))
}

impl NewGroup {
    fn new(inputs: Inputs, options: Options) -> Self {
        let Inputs { name, owner, user_ids } = inputs;
        let mut useridlist = user_ids.into_vec();
        if !useridlist.iter().any(|member| **member == *owner) {
            useridlist.push(owner.to_string());
        }
        let management_options = ManagementOptions {
            show_history_type: options.show_history_type,
            searchable: options.searchable,
            validation_type: options.validation_type,
            mention_all_authority: options.mention_all_authority.map(Bit::flipped),
            management_type: options.management_type,
            chat_banned_type: options.chat_banned_type,
        };
        Self { name, owner, useridlist, management_options }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(inputs: Value, options: Value) -> Value {
        let inputs = serde_json::from_value(inputs).expect("valid inputs");
        let options = serde_json::from_value(options).expect("valid options");
        json!(NewGroup::new(inputs, options))
    }

    #[test]
    fn an_owner_who_is_no_member_becomes_one_and_unset_options_are_not_sent() {
        assert_eq!(
            group(json!({ "Name": "Falcon", "Owner": "boss", "UserIds": ["a", "b"] }), json!({})),
            json!({ "name": "Falcon", "owner": "boss", "useridlist": ["a", "b", "boss"] })
        );
    }

    #[test]
    fn options_are_sent_as_integers_and_who_may_mention_all_is_translated() {
        let inputs = json!({ "Name": "Falcon", "Owner": "boss", "UserIds": ["boss"] });
        let group = group(inputs, json!({ "Searchable": 1, "MentionAllAuthority": 0, "ChatBannedType": 0 }));
        assert_eq!(group["useridlist"], json!(["boss"]));
        assert_eq!(
            group["managementOptions"],
            json!({ "searchable": 1, "mentionAllAuthority": 1, "chatBannedType": 0 })
        );
    }
}
