use messages::prelude::*;

node! {
    /// Takes back a work notice within 24 hours of sending.
    resource: "Message",
    effect: Write,
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
    msg_task_id: NumericId,
}

#[outputs]
struct Outputs {
    /// Whether the notice was taken back.
    recall_result: bool,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    older::post("/topapi/message/corpconversation/recall")
        .json(json!({ "agent_id": inputs.agent_id, "msg_task_id": inputs.msg_task_id }))
        .if_unknown(
            "The notice may have been taken back: ask a recipient whether it is still there before running again.",
        )
        .send::<()>()?;
    Ok(Outcome::new(Outputs { recall_result: true }).summary("Took back the work notice."))
}
