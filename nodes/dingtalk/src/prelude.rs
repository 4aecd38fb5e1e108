//! What nearly every node needs.

pub use patchbay_node::{
    Answer, Bit, CommaList, Failure, FailureKind, JsonText, NoInputs, NoOptions, NumericId, Outcome, Result, Switch,
    answer, choice, inputs, log, node, options, outputs,
};
pub use serde::Serialize;
pub use serde_json::{Map, Value, json};

pub use crate::{
    a1::{CellRange, ColumnSpan, RangeAddress},
    count,
    errors::{self, Code},
    ids::{ChatId, DeptId, NodeId, OperatorId, SheetId, UnionId, UserId, WorkbookId, WorkspaceId},
    newer, older, people,
    spreadsheet::{Rows, Worksheet},
};
