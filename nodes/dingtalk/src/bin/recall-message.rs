//! Recall Message: takes back a work notice within 24 hours of sending.

use dingtalk::{notice, prelude::*};

node! {
    id: "recall-message",
    title: "Recall Message",
    resource: "Message",
    description: "Takes back a work notice within 24 hours of sending.",
    effect: Write,
    idempotent: false,
    errors: notice::CODES,
}

#[inputs]
struct Inputs {
    /// AgentId of the application that sent the notice.
    #[schemars(example = &"123456789")]
    agent_id: NumericId,
    /// Id of the sending task: task_id of Send Work Notice.
    #[schemars(example = &"256271667526")]
    msg_task_id: NumericId,
}

#[outputs]
struct Outputs {
    /// Whether the notice was taken back.
    recall_result: bool,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    older::post("/topapi/message/corpconversation/recall")
        .json(json!({ "agent_id": inputs.agent_id, "msg_task_id": inputs.msg_task_id }))
        .codes(notice::CODES)
        .send()
        .map_err(|failure| {
            failure.hint_if_outcome_unknown(
                "The notice may have been taken back: ask a recipient whether it is still there before running again.",
            )
        })?;
    Ok(Outcome::new(Outputs { recall_result: true }).summary("Took back the work notice."))
}
