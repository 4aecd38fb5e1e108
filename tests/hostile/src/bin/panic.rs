//! Panic: panics with the message it is given.

use hostile::Nothing;
use patchbay_node::{NoOptions, Outcome, Result, inputs, node};

node! {
    id: "panic",
    title: "Panic",
    resource: "Sandbox",
    description: "Panics with the message it is given.",
    effect: Read,
    idempotent: true,
}

#[inputs]
struct Inputs {
    /// What it panics with.
    message: String,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Nothing>> {
    panic!("{}", inputs.message)
}
