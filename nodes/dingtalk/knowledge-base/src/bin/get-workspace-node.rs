use knowledge_base::prelude::*;

node! {
    /// Gets a document, folder or file of a knowledge base by its id: its name, its kind, its address, and the
    /// knowledge base it is in.
    resource: "Knowledge Base Node",
    effect: Read,
    slots: ["newer"],
    group: KNOWLEDGE_BASE,
    errors: [
        not_found("nodeNotExist", "Check NodeId: Get Node List gives the ids, Get Node By Link the id of a link."),
    ],
}

#[inputs]
struct Inputs {
    node_id: NodeId,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The node.
    node_data: Node,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let node_data = get(&inputs.node_id, &inputs.operator_id)?;
    let summary = read_summary(&node_data);
    Ok(Outcome::new(Outputs { node_data }).summary(summary))
}
