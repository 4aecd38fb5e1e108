//! Get Workspace Node: what DingTalk tells of a node of a knowledge base.

use dingtalk::{
    prelude::*,
    wiki::{self, Node},
};

node! {
    id: "get-workspace-node",
    title: "Get Workspace Node",
    resource: "Knowledge Base Node",
    description: "Gets a document, folder or file of a knowledge base by its id: its name, its kind, its address, and the knowledge base it is in.",
    effect: Read,
    idempotent: true,
    errors: CODES,
}

#[inputs]
struct Inputs {
    node_id: NodeId,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The node.
    node_data: Answer<Node>,
}

const CODES: &[Code] = &[
    wiki::PARAM_ERROR,
    wiki::PERMISSION_DENIED,
    errors::not_found("nodeNotExist", "Check NodeId: Get Node List gives the ids, Get Node By Link the id of a link."),
    wiki::OPERATION_TIMEOUT,
];

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let node_data = wiki::get(&inputs.node_id, &inputs.operator_id, CODES)?;
    let summary = wiki::read_summary(&node_data, &inputs.node_id);
    Ok(Outcome::new(Outputs { node_data }).summary(summary))
}
