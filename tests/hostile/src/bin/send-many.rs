//! Send Many: sends all requests it is given side by side, however many they are.

use hostile::{Reply, Request};
use patchbay_node::{Outcome, Result, inputs, node, outputs};

node! {
    /// Sends all requests it is given side by side, however many they are.
    resource: "Gate",
    effect: Write,
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

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let replies = hostile::send_all(inputs.requests).into_iter().map(Into::into).collect();
    Ok(Outcome::new(Outputs { replies }))
}
