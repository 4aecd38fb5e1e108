use knowledge_base::prelude::*;

node! {
    /// Gets many knowledge bases by their ids. DingTalk takes 20 ids at a time; more take several calls. What it does
    /// not find is left out: the summary names it.
    resource: "Knowledge Base Space",
    effect: Read,
    slots: ["newer"],
    group: KNOWLEDGE_BASE,
    errors: [
        not_found(
            "workspaceNotExist",
            "Leave out of WorkspaceIds what the message names: Get Workspaces gives the ids.",
        ),
    ],
}

#[inputs]
struct Inputs {
    /// Ids of the knowledge bases, at most 5000: text with commas between them, or an array. Repeats are asked for once.
    #[schemars(example = &"Xh4pQz7RkW2vNc9T,Jm8sLd3FyB6tKe1G")]
    workspace_ids: CommaList<WorkspaceId, 5000>,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The knowledge bases that were found. Their order need not be that of WorkspaceIds: match them by workspaceId.
    workspace_list: Vec<Workspace>,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let batch = batch(&inputs.workspace_ids, &inputs.operator_id)?;
    let summary = batch.summary();
    Ok(Outcome::new(Outputs { workspace_list: batch.found }).summary(summary))
}
