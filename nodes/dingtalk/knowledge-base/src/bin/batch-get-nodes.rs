use knowledge_base::prelude::*;

node! {
    /// Gets many documents, folders and files of knowledge bases by their ids. DingTalk takes 20 ids at a time; more
    /// take several calls. What it does not find is left out: the summary names it.
    resource: "Knowledge Base Node",
    effect: Read,
    slots: ["newer"],
    group: KNOWLEDGE_BASE,
    errors: [
        not_found("nodeNotExist", "Leave out of NodeIds what the message names: Get Node List gives the ids."),
    ],
}

#[inputs]
struct Inputs {
    /// Ids of the nodes, at most 5000: text with commas between them, or an array. Repeats are asked for once.
    #[schemars(example = &"Rz8kWm2LpX5vNq7TcB4yHd9JsF3gAe6U,Tn3bVx9QwK6mZr2YfL8cGp5DhS7jUa4E")]
    node_ids: CommaList<NodeId, 5000>,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The nodes that were found. Their order need not be that of NodeIds: match them by nodeId.
    node_list: Vec<Node>,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let batch = batch(&inputs.node_ids, &inputs.operator_id)?;
    let summary = batch.summary();
    Ok(Outcome::new(Outputs { node_list: batch.found }).summary(summary))
}
