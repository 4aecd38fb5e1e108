use knowledge_base::prelude::*;

node! {
    /// Gets the document, folder or file that a link leads to, its id among the rest.
    resource: "Knowledge Base Node",
    effect: Read,
    slots: ["newer"],
    group: KNOWLEDGE_BASE,
    errors: [
        not_found(
            "nodeNotExist",
            "Check NodeUrl: open it in a browser, and give the address that begins with https://alidocs.dingtalk.com/i/nodes/.",
        ),
    ],
}

#[inputs]
struct Inputs {
    /// Link of the document, folder or file, as its page shows it: https://alidocs.dingtalk.com/i/nodes/ and an id. The
    /// home page of a knowledge base is none of them.
    #[schemars(example = &"https://alidocs.dingtalk.com/i/nodes/Rz8kWm2LpX5vNq7TcB4yHd9JsF3gAe6U")]
    node_url: Link,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The node.
    node_data: Node,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let call = newer::post("/v2.0/wiki/nodes/queryByUrl").reading().operator(&inputs.operator_id);
    let node_data: Node = call.json(json!({ "url": inputs.node_url })).within(Node::ONE).send()?;
    let summary = read_summary(&node_data);
    Ok(Outcome::new(Outputs { node_data }).summary(summary))
}
