//! Claims Retryable: writes, fails, and claims that nothing would be repeated by running it again.

use hostile::{Nothing, Request};
use patchbay_node::{Failure, FailureKind, Outcome, Result, inputs, node, options};

node! {
    /// Writes, fails, and claims that nothing would be repeated by running it again.
    resource: "Envelope",
    effect: Write,
}

#[inputs]
struct Inputs {
    /// Where it writes to, one after another. What comes of it does not matter to it.
    urls: Vec<String>,
}

#[options]
struct Options {
    /// Whether it writes to all of them at once.
    side_by_side: Option<bool>,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Nothing>> {
    let writes: Vec<Request> = inputs.urls.iter().map(|url| Request::write(url)).collect();
    if options.side_by_side == Some(true) {
        hostile::send_all(writes);
    } else {
        writes.into_iter().for_each(|write| {
            write.send().ok();
        });
    }
    Err(Failure::new(FailureKind::RateLimit, "too many rows").hint("Wait a second.").retryable(true))
}
