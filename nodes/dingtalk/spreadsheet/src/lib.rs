//! Spreadsheets, their worksheets, and the rows, columns and cells in them: what the nodes of the product share.
//!
//! | module | holds |
//! | --- | --- |
//! | [`sheet`] | the worksheet that a node works on: its ids, its properties, writing and clearing its cells |
//! | [`lines`] | rows and columns: inserting, deleting, showing and hiding them |
//! | [`cells`] | cells as they are written |
//! | [`place`], [`filling`] | where appended rows go; filling rows that were inserted |
//! | [`a1`] | spans of columns, ranges of cells, what a user gives as a range |
//! | [`prelude`] | what nearly every node needs |
#![deny(missing_docs)]

pub mod a1;
pub mod cells;
mod confirm;
pub mod filling;
pub mod lines;
pub mod place;
pub mod prelude;
pub mod sheet;

use patchbay_node::{Group, Status, api::codes::*};

pub use confirm::Confirm;

/// The nodes of the product.
pub const SPREADSHEET: Group = Group::of(CODES);

/// Nodes that move or fill rows and columns: those that are being written into must not move meanwhile. They wait for each
/// other by the spreadsheet, not the worksheet, which has two names, its id and its title.
pub const LINES: Group = SPREADSHEET.status(Status::Operation).exclusive(&["WorkbookId"]);

/// What the operations on spreadsheets say about codes.
const CODES: &[Code] = &[
    parameter("invalidRequest.inputArgs.operatorIdIllegal", "OperatorId is not valid.").suspect(),
    parameter(
        "invalidRequest.inputArgs.workbookIdIllegal",
        "WorkbookId must be the node id of a spreadsheet: the last part of its URL, or from Get Node List.",
    ),
    parameter("invalidRequest.inputArgs.*", "Correct the input that the message names.").suspect(),
    parameter(
        "invalidRequest.resource.notWorkbook",
        "WorkbookId must be a DingTalk spreadsheet (extension axls), not a text document, an AI table or an uploaded xlsx.",
    ),
    busy(
        "invalidRequest.document.stillInitializing",
        "The spreadsheet is still being set up and nothing was done: wait a moment and run again.",
    ),
    permission(
        "forbidden.accessDenied",
        "Give the operator the right to this document or its knowledge base, or use another OperatorId.",
    )
    .suspect(),
    permission("forbidden.acrossOrg", "Use a document of the credential's own organisation."),
    permission(
        "forbidden.operationIllegal",
        "The message says what stands in the way: cells may be locked, or belong to a pivot table or a to-do. Unlock them or choose others.",
    ),
    permission(
        "forbidden.document.sizeOverLimit",
        "The spreadsheet is too large for DingTalk to open: shrink or split it.",
    ),
    permission("forbidden.user.notInOrg", "Use an OperatorId of the credential's organisation.").suspect(),
    not_found(
        "invalidRequest.resource.notFound",
        "Check WorkbookId. Where they are given, check SheetId too (Get Worksheets gives it), and that rows, columns and ranges lie inside the worksheet (Get Worksheet tells rowCount and columnCount).",
    )
    .suspect(),
    failed("operationTimeout", "Wait a moment and run again."),
];
