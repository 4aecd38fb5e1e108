//! Write Then Loop: changes something, and never tells.

use std::hint::black_box;

use hostile::{Nothing, Request};
use patchbay_node::{NoInputs, NoOptions, Outcome, Result, node};

node! {
    id: "write-then-loop",
    title: "Write Then Loop",
    resource: "Sandbox",
    description: "Changes something, and never tells.",
    effect: Write,
    idempotent: false,
}

fn run(_: NoInputs, _: NoOptions) -> Result<Outcome<Nothing>> {
    Request::write("https://api.example.com/rows").send().ok();
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}
