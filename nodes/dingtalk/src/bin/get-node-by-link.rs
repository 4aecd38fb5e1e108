//! Get Node By Link: the node of a knowledge base that a link leads to.

use dingtalk::{
    prelude::*,
    wiki::{self, Node},
};

node! {
    id: "get-node-by-link",
    title: "Get Node By Link",
    resource: "Knowledge Base Node",
    description: "Gets the document, folder or file that a link leads to, its id among the rest.",
    effect: Read,
    idempotent: true,
    errors: CODES,
}

#[inputs]
struct Inputs {
    /// Link of the document, folder or file, as its page shows it: https://alidocs.dingtalk.com/i/nodes/ and an id. The
    /// home page of a knowledge base is none of them.
    #[schemars(
        regex(pattern = r"^https://\S+$"),
        example = &"https://alidocs.dingtalk.com/i/nodes/EpGBa2Lm9aZxe5myC7gN7R35y0kqDvMw"
    )]
    node_url: String,
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
    errors::not_found(
        "nodeNotExist",
        "Check NodeUrl: open it in a browser, and give the address that begins with https://alidocs.dingtalk.com/i/nodes/.",
    ),
    wiki::OPERATION_TIMEOUT,
];

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let Inputs { node_url, operator_id } = inputs;
    let call = newer::post("/v2.0/wiki/nodes/queryByUrl").reading().operator(&operator_id).codes(CODES);
    let node_data = wiki::one(call.json(json!({ "url": node_url })).send()?);
    let summary = wiki::read_summary(&node_data, &node_url);
    Ok(Outcome::new(Outputs { node_data }).summary(summary))
}
