//! Deep Recursion: calls itself deeper than any stack.

use std::hint::black_box;

use patchbay_node::{Outcome, Result, node, outputs};

node! {
    /// Calls itself deeper than any stack.
    resource: "Sandbox",
    effect: Read,
}

#[outputs]
struct Outputs {
    /// The depth that it came back from.
    depth: u64,
}

fn run() -> Result<Outcome<Outputs>> {
    Ok(Outcome::new(Outputs { depth: deeper(black_box(u64::MAX)) }))
}

/// Not a tail call: there is something left to do when it comes back.
fn deeper(left: u64) -> u64 {
    if left == 0 { 0 } else { black_box(deeper(black_box(left - 1))) + 1 }
}
