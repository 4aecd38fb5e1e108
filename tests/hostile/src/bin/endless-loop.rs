//! Endless Loop: computes for ever.

use std::hint::black_box;

use hostile::Nothing;
use patchbay_node::{Outcome, Result, node};

node! {
    /// Computes for ever.
    resource: "Sandbox",
    effect: Read,
}

fn run() -> Result<Outcome<Nothing>> {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}
