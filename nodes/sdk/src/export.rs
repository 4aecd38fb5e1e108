//! What [`node!`](crate::node!) expands to calls: between the author's typed function and the boundary's JSON.

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Failure, Outcome, Result, bindings, log, manifest::Declaration};

/// The author's function.
type Run<I, O, R> = fn(I, O) -> Result<Outcome<R>>;

/// The exported `manifest`.
pub fn manifest<I: JsonSchema, O: JsonSchema, R: JsonSchema>(node: &Declaration, _: Run<I, O, R>) -> String {
    log::panics();
    node.manifest::<I, O, R>()
}

/// The exported `run`.
pub fn run<I: DeserializeOwned, O: DeserializeOwned, R: Serialize>(
    run: Run<I, O, R>,
    inputs: &str,
    options: &str,
) -> Result<bindings::Outcome, bindings::Failure> {
    log::panics();
    let outcome = || -> Result<bindings::Outcome> {
        let Outcome { outputs, summary } = run(read(inputs)?, read(options)?)?;
        let outputs = serde_json::to_string(&outputs)
            .map_err(|error| Failure::system(format!("the outputs have no JSON form: {error}")))?;
        Ok(bindings::Outcome { outputs, summary })
    };
    outcome().map_err(Into::into)
}

/// A node's `main`. Run natively (`cargo run --bin create-chat`), it prints the manifest; in a component nobody calls it.
pub fn main<I: JsonSchema, O: JsonSchema, R: JsonSchema>(node: &Declaration, _: Run<I, O, R>) {
    if cfg!(not(target_arch = "wasm32")) {
        println!("{}", node.manifest::<I, O, R>());
    }
}

/// Reads what the host has validated against the schema; what is left is what a schema can not say.
fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    let members: Value = serde_json::from_slice(text.as_bytes()).map_err(|error| Failure::system(error.to_string()))?;
    T::deserialize(&members).map_err(|error| {
        let problem = error.to_string();
        let name = culprit::<T>(&members, &problem).unwrap_or("The input");
        Failure::invalid_input(name, format_args!("is not valid: {problem}"))
    })
}

/// The member that a problem is about: the one without which there is no such problem.
fn culprit<'a, T: DeserializeOwned>(members: &'a Value, problem: &str) -> Option<&'a str> {
    let members = members.as_object()?;
    members.keys().map(String::as_str).find(|name| {
        let mut others = members.clone();
        others.shift_remove(*name);
        !T::deserialize(&Value::Object(others)).is_err_and(|error| error.to_string() == problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CommaList, FailureKind, inputs};

    #[inputs]
    struct Inputs {
        user_ids: CommaList<1>,
    }

    #[test]
    fn an_input_that_only_the_node_can_refuse_is_named() {
        let failure = read::<Inputs>(r#"{"UserIds":["a","b"]}"#).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::InvalidInput);
        assert_eq!(failure.message(), "UserIds is not valid: 2 entries, at most 1 are allowed");
    }

    #[test]
    fn a_valid_input_is_read() {
        assert_eq!(read::<Inputs>(r#"{"UserIds":["a"]}"#).unwrap().user_ids.joined(), "a");
    }
}
