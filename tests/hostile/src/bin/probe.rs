//! Probe: sends the request it is given, sensible or not, and tells what came of it.

use hostile::{Reply, Request};
use patchbay_node::{Failure, Outcome, Result, inputs, node, options, outputs};

node! {
    /// Sends the request it is given, sensible or not, and tells what came of it.
    resource: "Gate",
    effect: Write,
}

#[inputs]
struct Inputs {
    /// The request.
    request: Request,
}

#[options]
struct Options {
    /// Whether the run fails when there is no answer, as an ordinary node does.
    raise: Option<bool>,
}

#[outputs]
struct Outputs {
    /// What came of it.
    reply: Reply,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let result = inputs.request.send();
    if options.raise == Some(true)
        && let Err(error) = result
    {
        return Err(Failure::from(error));
    }
    Ok(Outcome::new(Outputs { reply: result.into() }).summary("Probed the gate."))
}
