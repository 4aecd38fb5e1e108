//! One At A Time: works on what its key names, and wants it for itself.

use hostile::{Nothing, Request};
use patchbay_node::{NoOptions, Outcome, Result, inputs, node};

node! {
    id: "one-at-a-time",
    title: "One At A Time",
    resource: "Sandbox",
    description: "Works on what its key names, and wants it for itself.",
    effect: Write,
    idempotent: false,
    exclusive: ["Key"],
}

#[inputs]
struct Inputs {
    /// What it wants for itself.
    key: String,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Nothing>> {
    Request::write(&format!("https://api.example.com/sheets/{}", inputs.key)).send()?;
    Ok(Outcome::new(Nothing {}))
}
