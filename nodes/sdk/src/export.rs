//! What [`node!`](crate::node!) expands to calls: between the author's typed function and the boundary's JSON.

use crate::{
    Failure, Outcome, Result, api, bindings,
    given::{Run, Texts},
    log,
    manifest::Declaration,
};

/// The exported `manifest`.
pub fn manifest<A, F: Run<A>>(node: &Declaration, run: F) -> String {
    log::panics();
    node.manifest(run)
}

/// The exported `run`.
pub fn run<A, F: Run<A>>(
    node: &'static Declaration,
    run: F,
    inputs: &str,
    options: &str,
) -> Result<bindings::Outcome, bindings::Failure> {
    log::panics();
    api::declare(node);
    let outcome = || -> Result<bindings::Outcome> {
        let Outcome { outputs, summary } = run.run(&Texts { inputs, options })?;
        let outputs = serde_json::to_string(&outputs)
            .map_err(|error| Failure::system(format!("the outputs have no JSON form: {error}")))?;
        Ok(bindings::Outcome { outputs, summary })
    };
    outcome().map_err(Into::into)
}

/// A node's `main`. Run natively (`cargo run --bin create-chat`), it prints the manifest; in a component nobody calls it.
pub fn main<A, F: Run<A>>(node: &Declaration, run: F) {
    if cfg!(not(target_arch = "wasm32")) {
        println!("{}", node.manifest(run));
    }
}
