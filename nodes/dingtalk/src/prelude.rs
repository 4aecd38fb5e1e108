//! What nearly every node needs.

pub use patchbay_node::{
    Answer, Bit, CommaList, Failure, FailureKind, JsonText, NoInputs, NoOptions, NumericId, Outcome, Result, Switch,
    answer, choice, inputs, log, node, options, outputs,
};
pub use serde::Serialize;
pub use serde_json::{Map, Value, json};

pub use crate::{
    a1::{CellRange, ColumnSpan},
    count,
    errors::{self, Code},
    ids::{OperatorId, SheetId, UserId, WorkbookId},
    newer, older,
    spreadsheet::{Rows, Worksheet},
};
