use messages::{
    prelude::*,
    status::{Progress, SendResult, Stage},
};

node! {
    /// Tells how far the sending of a work notice is and, once it is finished, who got it and who has read it. DingTalk
    /// knows this for 24 hours after sending.
    resource: "Message",
    effect: Read,
    slots: ["older"],
    group: SENT_NOTICE,
}

#[inputs]
struct Inputs {
    /// AgentId of the application that sent the notice.
    #[schemars(example = &"123456789")]
    agent_id: NumericId,
    /// Id of the sending task: task_id of Send Work Notice.
    #[schemars(example = &"256271667525")]
    task_id: NumericId,
}

#[outputs]
struct Outputs {
    /// What DingTalk knows of the notice. Without send_result, sending is not finished, or DingTalk did not tell who got
    /// the notice; Summary says which.
    message_status: MessageStatus,
}

#[answer]
struct MessageStatus {
    /// How far the sending is.
    progress: Progress,
    /// Who got the notice.
    send_result: SendResult,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let progress = ask::<Progressing>(&inputs, "getsendprogress")?.progress();
    let stage = Stage::of(&progress);
    let status = MessageStatus::default().with_progress(progress);
    let (message_status, summary) = match stage {
        // That DingTalk does not tell who got a notice, as for more than 100 people, makes what it told no failure.
        Stage::Finished => match ask::<Sent>(&inputs, "getsendresult") {
            Ok(sent) => {
                let result = sent.send_result().with_empty_lists();
                let summary = result.reach();
                (status.with_send_result(result), summary)
            }
            Err(failure) => {
                log::warn(format_args!("the result of a notice that was sent is not known: {failure}"));
                let summary =
                    format!("Sending the notice is finished, but DingTalk did not tell who got it: {failure}.");
                (status, summary)
            }
        },
        Stage::NotStarted => (status, "Sending the notice has not started.".to_owned()),
        Stage::Unfinished(None) => (status, "Sending the notice is not finished.".to_owned()),
        Stage::Unfinished(Some(percent)) => {
            (status, format!("Sending the notice is not finished, {percent}% are done."))
        }
    };
    Ok(Outcome::new(Outputs { message_status }).summary(summary))
}

#[answer]
struct Progressing {
    #[promised]
    progress: Progress,
}

#[answer]
struct Sent {
    #[promised]
    send_result: SendResult,
}

/// Asks about the notice.
fn ask<T: Answer>(inputs: &Inputs, operation: &str) -> Result<T> {
    older::post(&format!("/topapi/message/corpconversation/{operation}"))
        .reading()
        .json(json!({ "agent_id": inputs.agent_id, "task_id": inputs.task_id }))
        .send()
}
