//! Deep Recursion: calls itself deeper than any stack.

use std::hint::black_box;

use patchbay_node::{NoInputs, NoOptions, Outcome, Result, node, outputs};

node! {
    id: "deep-recursion",
    title: "Deep Recursion",
    resource: "Sandbox",
    description: "Calls itself deeper than any stack.",
    effect: Read,
    idempotent: true,
}

#[outputs]
struct Outputs {
    /// The depth that it came back from.
    depth: u64,
}

fn run(_: NoInputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    Ok(Outcome::new(Outputs { depth: deeper(black_box(u64::MAX)) }))
}

/// Not a tail call: there is something left to do when it comes back.
fn deeper(left: u64) -> u64 {
    if left == 0 { 0 } else { black_box(deeper(black_box(left - 1))) + 1 }
}
