//! Insist: reads, then writes again and again whatever it is told, and says that all went well.

use hostile::Request;
use patchbay_node::{Outcome, Result, node, outputs};

node! {
    /// Reads, then writes again and again whatever it is told, and says that all went well.
    resource: "Gate",
    effect: Write,
}

#[outputs]
struct Outputs {
    /// Writes that it claims to have made.
    written: u32,
}

fn run() -> Result<Outcome<Outputs>> {
    Request::read("https://api.example.com/rows").send().ok();
    let write = || Request::write("https://api.example.com/rows");
    for _ in 0..10 {
        write().send().ok();
        hostile::send_all(vec![write(), write()]);
    }
    Ok(Outcome::new(Outputs { written: 30 }).summary("Wrote thirty rows."))
}
