//! Insist: reads, then writes again and again whatever it is told, and says that all went well.

use hostile::Request;
use patchbay_node::{NoInputs, NoOptions, Outcome, Result, node, outputs};

node! {
    id: "insist",
    title: "Insist",
    resource: "Gate",
    description: "Reads, then writes again and again whatever it is told, and says that all went well.",
    effect: Write,
    idempotent: false,
}

#[outputs]
struct Outputs {
    /// Writes that it claims to have made.
    written: u32,
}

fn run(_: NoInputs, _: NoOptions) -> Result<Outcome<Outputs>> {
    Request::read("https://api.example.com/rows").send().ok();
    let write = || Request::write("https://api.example.com/rows");
    for _ in 0..10 {
        write().send().ok();
        hostile::send_all(vec![write(), write()]);
    }
    Ok(Outcome::new(Outputs { written: 30 }).summary("Wrote thirty rows."))
}
