//! Send Many: sends all requests it is given side by side, however many they are.

use hostile::{Reply, Request};
use patchbay_node::{NoOptions, Outcome, Result, inputs, node, outputs};

node! {
    id: "send-many",
    title: "Send Many",
    resource: "Gate",
    description: "Sends all requests it is given side by side, however many they are.",
    effect: Write,
    idempotent: false,
}

#[inputs]
struct Inputs {
    /// The requests.
    requests: Vec<Request>,
}

#[outputs]
struct Outputs {
    /// What came of each, in their order.
    replies: Vec<Reply>,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let replies = hostile::send_all(inputs.requests).into_iter().map(Into::into).collect();
    Ok(Outcome::new(Outputs { replies }))
}
