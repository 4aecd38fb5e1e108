//! Write Then Loop: changes something, and never tells.

use std::hint::black_box;

use hostile::{Nothing, Request};
use patchbay_node::{Outcome, Result, node};

node! {
    /// Changes something, and never tells.
    resource: "Sandbox",
    effect: Write,
}

fn run() -> Result<Outcome<Nothing>> {
    Request::write("https://api.example.com/rows").send().ok();
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}
