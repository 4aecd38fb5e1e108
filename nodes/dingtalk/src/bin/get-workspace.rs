//! Get Workspace: what DingTalk tells of a knowledge base.

use dingtalk::{
    prelude::*,
    wiki::{self, Workspace},
};

node! {
    id: "get-workspace",
    title: "Get Workspace",
    resource: "Knowledge Base Space",
    description: "Gets a knowledge base by its id: its name, its address, and the node that holds all others.",
    effect: Read,
    idempotent: true,
    errors: CODES,
}

#[inputs]
struct Inputs {
    workspace_id: WorkspaceId,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The knowledge base.
    workspace_data: Answer<Workspace>,
}

const CODES: &[Code] = &[
    wiki::PARAM_ERROR,
    wiki::IS_NOT_WORKSPACE,
    wiki::PERMISSION_DENIED,
    wiki::WORKSPACE_NOT_EXIST,
    wiki::OPERATION_TIMEOUT,
];

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let workspace_data = wiki::get(&inputs.workspace_id, &inputs.operator_id, CODES)?;
    let summary = wiki::read_summary(&workspace_data, &inputs.workspace_id);
    Ok(Outcome::new(Outputs { workspace_data }).summary(summary))
}
