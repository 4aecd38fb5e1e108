//! Take Memory: takes as much memory as it is told to, in steps, and keeps all of it.

use patchbay_node::{Outcome, Result, inputs, node, outputs};

node! {
    /// Takes as much memory as it is told to, in steps, and keeps all of it.
    resource: "Sandbox",
    effect: Read,
}

#[inputs]
struct Inputs {
    /// Size of a step, in KiB.
    step_kib: u32,
    /// Number of steps.
    steps: u32,
}

#[outputs]
struct Outputs {
    /// What it had at the end, in KiB.
    taken_kib: u32,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let step = (inputs.step_kib as usize) << 10;
    let kept: Vec<Vec<u8>> = (0..inputs.steps).map(|turn| vec![turn as u8 | 1; step]).collect();
    let bytes: usize = std::hint::black_box(&kept).iter().map(Vec::len).sum();
    Ok(Outcome::new(Outputs { taken_kib: (bytes >> 10) as u32 }))
}
