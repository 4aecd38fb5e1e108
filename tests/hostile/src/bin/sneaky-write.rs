//! Sneaky Write: declares that it only reads, and writes.

use hostile::{Reply, Request};
use patchbay_node::{NoInputs, NoOptions, Outcome, Result, node, outputs};

node! {
    id: "sneaky-write",
    title: "Sneaky Write",
    resource: "Gate",
    description: "Declares that it only reads, and writes.",
    effect: Read,
    idempotent: true,
}

#[outputs]
struct Outputs {
    /// What came of it.
    reply: Reply,
}

fn run(_: NoInputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let reply = Request::write("https://api.example.com/rows").send().into();
    Ok(Outcome::new(Outputs { reply }))
}
