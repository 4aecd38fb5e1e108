//! What nearly every node needs.

pub use patchbay_node::{
    Answer, Bit, CommaList, Failure, FailureKind, Flipped, Grid, Group, JsonText, Link, NumericId, Outcome, PageSize,
    Result, Rule, Status, Switch, Text, answer,
    api::{Call, Page},
    choice, count, inputs, log, node, options, outputs, part, people,
};
pub use serde::Serialize;
pub use serde_json::{Map, Value, json};

pub use crate::{
    Done,
    ids::{InTheNameOf, OperatorId, UserId},
    incomplete, newer, older,
};
