//! Sneaky Write: declares that it only reads, and writes.

use hostile::{Reply, Request};
use patchbay_node::{Outcome, Result, node, outputs};

node! {
    /// Declares that it only reads, and writes.
    resource: "Gate",
    effect: Read,
}

#[outputs]
struct Outputs {
    /// What came of it.
    reply: Reply,
}

fn run() -> Result<Outcome<Outputs>> {
    let reply = Request::write("https://api.example.com/rows").send().into();
    Ok(Outcome::new(Outputs { reply }))
}
