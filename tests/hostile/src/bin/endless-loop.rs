//! Endless Loop: computes for ever.

use std::hint::black_box;

use hostile::Nothing;
use patchbay_node::{NoInputs, NoOptions, Outcome, Result, node};

node! {
    id: "endless-loop",
    title: "Endless Loop",
    resource: "Sandbox",
    description: "Computes for ever.",
    effect: Read,
    idempotent: true,
}

fn run(_: NoInputs, _: NoOptions) -> Result<Outcome<Nothing>> {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}
