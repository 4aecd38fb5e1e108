//! Batch Get Workspaces: what DingTalk tells of many knowledge bases.

use dingtalk::{
    prelude::*,
    wiki::{self, Workspace},
};

node! {
    id: "batch-get-workspaces",
    title: "Batch Get Workspaces",
    resource: "Knowledge Base Space",
    description: "Gets many knowledge bases by their ids. DingTalk takes 20 ids at a time; more take several calls. What it does not find is left out: the summary names it.",
    effect: Read,
    idempotent: true,
    errors: CODES,
}

#[inputs]
struct Inputs {
    /// Ids of the knowledge bases, at most 5000: text with commas between them, or an array. Repeats are asked for once.
    #[schemars(example = &"By8jQS1ZYjGn5b0M,9r09jSO3WARyxd8A")]
    workspace_ids: wiki::Ids,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The knowledge bases that were found. Their order need not be that of WorkspaceIds: match them by workspaceId.
    workspace_list: Vec<Answer<Workspace>>,
}

const CODES: &[Code] = &[
    wiki::PARAM_ERROR,
    wiki::PERMISSION_DENIED,
    errors::not_found(
        "workspaceNotExist",
        "Leave out of WorkspaceIds what the message names: Get Workspaces gives the ids.",
    ),
    wiki::OPERATION_TIMEOUT,
];

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let batch = wiki::batch(&inputs.workspace_ids, &inputs.operator_id, CODES)?;
    let summary = batch.summary();
    Ok(Outcome::new(Outputs { workspace_list: batch.found }).summary(summary))
}
