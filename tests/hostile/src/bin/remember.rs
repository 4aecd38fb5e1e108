//! Remember: keeps what it was told in a static, to find it again in another run.

use std::sync::Mutex;

use patchbay_node::{NoOptions, Outcome, Result, inputs, node, outputs};

node! {
    id: "remember",
    title: "Remember",
    resource: "Sandbox",
    description: "Keeps what it was told in a static, to find it again in another run.",
    effect: Read,
    idempotent: true,
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

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let remembered = KEPT.lock().map(|kept| kept.clone()).unwrap_or_default();
    if let Ok(mut kept) = KEPT.lock() {
        kept.push(inputs.secret);
    }
    Ok(Outcome::new(Outputs { remembered }))
}
