//! One At A Time: works on what its key names, and wants it for itself.

use hostile::{Nothing, Request};
use patchbay_node::{Group, Outcome, Result, inputs, node};

node! {
    /// Works on what its key names, and wants it for itself.
    resource: "Sandbox",
    effect: Write,
    group: Group::NONE.exclusive(&["Key"]),
}

#[inputs]
struct Inputs {
    /// What it wants for itself.
    key: String,
}

fn run(inputs: Inputs) -> Result<Outcome<Nothing>> {
    Request::write(&format!("https://api.example.com/sheets/{}", inputs.key)).send()?;
    Ok(Outcome::new(Nothing {}))
}
