//! Endless Refusals: asks for ever for what the gate refuses at once. No turn waits for anything, so all of it is
//! computation, though most of it is the host's.

use hostile::{Nothing, Request};
use patchbay_node::{NoInputs, NoOptions, Outcome, Result, node};

node! {
    id: "endless-refusals",
    title: "Endless Refusals",
    resource: "Sandbox",
    description: "Asks for ever for what the gate refuses at once.",
    effect: Write,
    idempotent: false,
}

fn run(_: NoInputs, _: NoOptions) -> Result<Outcome<Nothing>> {
    loop {
        Request::write("https://evil.example/").send().ok();
    }
}
