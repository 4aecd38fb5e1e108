use messages::prelude::*;

node! {
    /// Sends a text or markdown message from the application to up to 100 people. DingTalk queues it: Get Message
    /// Status tells who got it. The same text reaches a person only once a day.
    resource: "Message",
    effect: Write,
    slots: ["older"],
    confirm_with: "get-message-status",
    rules: [Rule::required_when("Title", "MsgType", "markdown")],
    errors: [
        parameter("40035", "Check AgentId, UserIds and Content."),
        parameter("400002", "Check AgentId, UserIds and Content."),
        AGENT_IS_NOT_VALID,
        AGENT_IS_OF_ANOTHER_APPLICATION,
        parameter("34014", "The message is malformed: MsgType must be text or markdown."),
        not_found("40003", "Check UserIds: one of them is not in the organisation."),
        not_found("33012", "Check UserIds: one of them is not valid."),
        parameter("45003", "Shorten Title."),
        permission("41028", "Check the application's permission to send to everybody."),
        rate_limit("41048", "Too many recipients in one minute: wait a minute and run again."),
        rate_limit("143103", "Too many recipients in one minute: wait a minute and run again."),
        parameter("1430002", "The text is prohibited: change it."),
    ],
}

#[inputs]
struct Inputs {
    /// AgentId of the application that sends the notice; it must be the one of the credential.
    #[schemars(example = &"123456789")]
    agent_id: NumericId,
    /// userIds of the recipients, at most 100: text with commas between them, or an array.
    #[schemars(example = &"manager001,user002")]
    user_ids: CommaList<UserId, 100>,
    /// Kind of message: text, or markdown with a Title.
    #[schemars(example = MsgType::Text)]
    msg_type: MsgType,
    /// The message. With everything around it, it must fit into 2048 bytes.
    #[schemars(length(min = 1), regex(pattern = r"\S"), extend("x-pattern-words" = "that is not blank"), example = &"The weekly report is ready.")]
    content: String,
}

#[choice]
enum MsgType {
    Text,
    Markdown,
}

#[options]
struct Options {
    /// Title shown in the list of conversations; required when MsgType is markdown, not used otherwise.
    #[schemars(example = &"Weekly report")]
    title: Option<String>,
}

#[outputs]
struct Outputs {
    /// What DingTalk says of the queued notice.
    message_data: MessageData,
}

#[answer]
struct MessageData {
    /// Id of the sending task, for Get Message Status and Recall Message.
    #[promised]
    task_id: i64,
    /// DingTalk's id of the request.
    request_id: String,
}

/// The limit for `msg` as a whole.
const MESSAGE_BYTES: usize = 2048;

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let message = message(inputs.msg_type, &inputs.content, options.title.as_deref())?;
    let message_data = older::post("/topapi/message/corpconversation/asyncsend_v2")
        .json(json!({ "agent_id": inputs.agent_id, "userid_list": inputs.user_ids.joined(), "msg": message }))
        .if_unknown("The notice may have been sent: ask a recipient before running this again.")
        .send()?;
    let recipients = people(inputs.user_ids.len());
    Ok(Outcome::new(Outputs { message_data }).summary(format!("Queued a work notice for {recipients}.")))
}

fn message(kind: MsgType, content: &str, title: Option<&str>) -> Result<Value> {
    let message = match kind {
        MsgType::Text => json!({ "msgtype": "text", "text": { "content": content } }),
        MsgType::Markdown => {
            let title = title.filter(|title| !title.trim().is_empty()).ok_or_else(|| {
                Failure::invalid_input("Title", "is required when MsgType is markdown").hint("Give the option Title.")
            })?;
            json!({ "msgtype": "markdown", "markdown": { "title": title, "text": content } })
        }
    };
    match message.to_string().len() {
        0..=MESSAGE_BYTES => Ok(message),
        bytes => Err(Failure::invalid_input(
            "Content",
            format_args!("makes a message of {bytes} bytes, at most {MESSAGE_BYTES} are allowed"),
        )
        .hint("Shorten Content, or send it in several notices.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_needs_a_title() {
        for title in [None, Some(" ")] {
            let failure = message(MsgType::Markdown, "# Done", title).unwrap_err();
            assert_eq!(failure.message(), "Title is required when MsgType is markdown");
        }
    }

    #[test]
    fn a_message_of_2048_bytes_is_the_longest() {
        let around = message(MsgType::Text, "", None).unwrap().to_string().len();
        assert!(message(MsgType::Text, &"a".repeat(2048 - around), None).is_ok());
        let failure = message(MsgType::Text, &"a".repeat(2049 - around), None).unwrap_err();
        assert_eq!(failure.message(), "Content makes a message of 2049 bytes, at most 2048 are allowed");
        // Bytes, not characters.
        assert!(message(MsgType::Text, &"字".repeat(1000), None).is_err());
    }
}
