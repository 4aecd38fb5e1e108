//! Send On And On: sends one request after another until the gate takes no more.

use hostile::Request;
use patchbay_node::{Outcome, Result, node, outputs};

node! {
    /// Sends one request after another until the gate takes no more.
    resource: "Gate",
    effect: Write,
}

#[outputs]
struct Outputs {
    /// Requests that the gate took.
    sent: u32,
    /// Why it took no more.
    refusal: String,
}

fn run() -> Result<Outcome<Outputs>> {
    let mut sent = 0;
    loop {
        match Request::write("https://api.example.com/rows").send() {
            Ok(_) => sent += 1,
            Err(error) => return Ok(Outcome::new(Outputs { sent, refusal: error.message })),
        }
    }
}
