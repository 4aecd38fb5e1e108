//! Log Flood: logs more lines, and longer ones, than anybody reads.

use hostile::Nothing;
use patchbay_node::{Outcome, Result, inputs, log, node};

node! {
    /// Logs more lines, and longer ones, than anybody reads.
    resource: "Sandbox",
    effect: Read,
}

#[inputs]
struct Inputs {
    /// Number of lines.
    lines: u32,
    /// Length of each, in bytes.
    line_bytes: u32,
}

fn run(inputs: Inputs) -> Result<Outcome<Nothing>> {
    let line = "ä".repeat(inputs.line_bytes as usize / "ä".len());
    (0..inputs.lines).for_each(|_| log::info(&line));
    Ok(Outcome::new(Nothing {}))
}
