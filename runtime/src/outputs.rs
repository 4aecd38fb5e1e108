//! Reads what a node told of its outputs, and compares it with what it declares.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};

use crate::aside::{NotDone, within};
use crate::bounded_json::{JsonError, read_json};
use crate::engine::Engine;
use crate::validate::{Checks, Effort, GivenUp};

/// A text of outputs that is read and checked in far less than a millisecond, in bytes.
const LITTLE: usize = 32 << 10;

/// The outputs of a node.
#[derive(Default)]
pub(crate) struct Outputs {
    /// What it told, declared or not.
    pub made: Map<String, Value>,
    /// In what they are not as it declares them.
    pub problem: Option<String>,
}

impl Outputs {
    /// Reads the text of a node's outputs. They are compared with what it declares when it says that they are complete:
    /// after a failure they are not. What is large is read aside of the threads that serve, until then.
    pub async fn read(engine: &Engine, checks: &Arc<Checks>, text: String, are_complete: bool, until: Instant) -> Self {
        let most_bytes = engine.config().max_memory_bytes;
        if text.len() <= LITTLE
            && let Ok(outputs) = read(&text, most_bytes, checks, are_complete, Effort::LITTLE)
        {
            return outputs;
        }
        let until = within(engine.config().max_compute, until);
        let checks = Arc::clone(checks);
        let work = move || read(&text, most_bytes, &checks, are_complete, Effort::Until(until));
        match engine.aside().run(until, work).await {
            Ok(Ok(outputs)) => outputs,
            Ok(Err(GivenUp)) => Self::unread(NotDone::InTime),
            Err(not_done) => Self::unread(not_done),
        }
    }

    fn unread(not_done: NotDone) -> Self {
        let problem = match not_done {
            NotDone::InTime => {
                "to compare them took longer than the run had time, and the host (limits.timeout, limits.compute_per_run)"
                    .to_owned()
            }
            NotDone::NoThread | NotDone::Panicked(_) => format!("comparing them: {not_done}"),
        };
        Self { made: Map::new(), problem: Some(problem) }
    }
}

fn read(text: &str, most: usize, checks: &Checks, are_complete: bool, effort: Effort) -> Result<Outputs, GivenUp> {
    let outputs = match read_json(text.as_bytes(), most) {
        Ok(outputs @ Value::Object(_)) => outputs,
        Err(error @ JsonError::TooLarge(_)) => {
            let problem = Some(format!("{error} (limits.memory_per_run)"));
            return Ok(Outputs { made: Map::new(), problem });
        }
        Ok(_) | Err(JsonError::Syntax(_)) => {
            return Ok(Outputs { made: Map::new(), problem: Some("they are not a JSON object".to_owned()) });
        }
    };
    let checked = if are_complete { checks.outputs(&outputs, effort)? } else { Ok(()) };
    let made = match outputs {
        Value::Object(made) => made,
        _ => Map::new(),
    };
    Ok(Outputs { made, problem: checked.err().map(|wrong| wrong.to_string()) })
}
