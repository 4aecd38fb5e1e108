//! Log Flood: logs more lines, and longer ones, than anybody reads.

use hostile::Nothing;
use patchbay_node::{NoOptions, Outcome, Result, inputs, log, node};

node! {
    id: "log-flood",
    title: "Log Flood",
    resource: "Sandbox",
    description: "Logs more lines, and longer ones, than anybody reads.",
    effect: Read,
    idempotent: true,
}

#[inputs]
struct Inputs {
    /// Number of lines.
    lines: u32,
    /// Length of each, in bytes.
    line_bytes: u32,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Nothing>> {
    let line = "ä".repeat(inputs.line_bytes as usize / "ä".len());
    (0..inputs.lines).for_each(|_| log::info(&line));
    Ok(Outcome::new(Nothing {}))
}
