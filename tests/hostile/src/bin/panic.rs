//! Panic: panics with the message it is given.

use hostile::Nothing;
use patchbay_node::{Outcome, Result, inputs, node};

node! {
    /// Panics with the message it is given.
    resource: "Sandbox",
    effect: Read,
}

#[inputs]
struct Inputs {
    /// What it panics with.
    message: String,
}

fn run(inputs: Inputs) -> Result<Outcome<Nothing>> {
    panic!("{}", inputs.message)
}
