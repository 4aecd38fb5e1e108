//! Claims Retryable: writes so many times, fails, and claims that nothing would be repeated by running it again.

use hostile::{Nothing, Request};
use patchbay_node::{Failure, FailureKind, NoOptions, Outcome, Result, inputs, node};

node! {
    id: "claims-retryable",
    title: "Claims Retryable",
    resource: "Envelope",
    description: "Writes so many times, fails, and claims that nothing would be repeated by running it again.",
    effect: Write,
    idempotent: false,
}

#[inputs]
struct Inputs {
    /// How often it writes.
    writes: u32,
}

fn run(inputs: Inputs, _: NoOptions) -> Result<Outcome<Nothing>> {
    for _ in 0..inputs.writes {
        Request::write("https://api.example.com/rows").send()?;
    }
    Err(Failure::new(FailureKind::RateLimit, "too many rows").hint("Wait a second.").retryable(true))
}
