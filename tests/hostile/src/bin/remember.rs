//! Remember: keeps what it was told in a static, to find it again in another run.

use std::sync::Mutex;

use patchbay_node::{Outcome, Result, inputs, node, outputs};

node! {
    /// Keeps what it was told in a static, to find it again in another run.
    resource: "Sandbox",
    effect: Read,
}

#[inputs]
struct Inputs {
    /// What to keep.
    secret: String,
}

#[outputs]
struct Outputs {
    /// What earlier runs left.
    remembered: Vec<String>,
}

static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let remembered = KEPT.lock().map(|kept| kept.clone()).unwrap_or_default();
    if let Ok(mut kept) = KEPT.lock() {
        kept.push(inputs.secret);
    }
    Ok(Outcome::new(Outputs { remembered }))
}
