//! Send On And On: sends one request after another until the gate takes no more.

use hostile::Request;
use patchbay_node::{NoInputs, NoOptions, Outcome, Result, node, outputs};

node! {
    id: "send-on-and-on",
    title: "Send On And On",
    resource: "Gate",
    description: "Sends one request after another until the gate takes no more.",
    effect: Write,
    idempotent: false,
}

#[outputs]
struct Outputs {
    /// Requests that the gate took.
    sent: u32,
    /// Why it took no more.
    refusal: String,
}

fn run(_: NoInputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    let mut sent = 0;
    loop {
        match Request::write("https://api.example.com/rows").send() {
            Ok(_) => sent += 1,
            Err(error) => return Ok(Outcome::new(Outputs { sent, refusal: error.message })),
        }
    }
}
