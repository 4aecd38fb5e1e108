//! A simulated DingTalk organisation: an HTTP server that answers as DingTalk does, from state held in memory.
//!
//! [`Tenant::start`] serves the calls of both hosts, `api.dingtalk.com` (the newer API) and `oapi.dingtalk.com` (the
//! older one), on one port; their paths are disjoint. A host under test is told to send both names ([`HOSTS`]) to
//! [`Tenant::base_url`], with the application's credential ([`demo_credential`]).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), patchbay_tenant::Error> {
//! use patchbay_tenant::{MANAGER_USER_ID, Tenant, TenantConfig};
//!
//! let tenant = Tenant::start(TenantConfig::default()).await?;
//! assert!(tenant.base_url().starts_with("http://127.0.0.1:"));
//! assert!(tenant.user(MANAGER_USER_ID).is_some());
//! tenant.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What is served
//!
//! | call | host | file |
//! | --- | --- | --- |
//! | `POST /v1.0/oauth2/accessToken` | api | `api/oauth.rs` |
//! | `GET /gettoken` | oapi | `api/oauth.rs` |
//! | `POST /topapi/v2/user/getbymobile` | oapi | `api/users.rs` |
//! | `POST /topapi/v2/user/get` | oapi | `api/users.rs` |
//! | `POST /v1.0/im/group/create` | api | `api/chats.rs` |
//! | `POST /topapi/message/corpconversation/asyncsend_v2` | oapi | `api/messages.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets` | api | `api/sheets/worksheets.rs` |
//! | `GET /v1.0/doc/workbooks/{workbookId}/sheets` | api | `api/sheets/worksheets.rs` |
//! | `GET /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}` | api | `api/sheets/worksheets.rs` |
//! | `DELETE /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}` | api | `api/sheets/worksheets.rs` |
//! | `GET /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/ranges/{rangeAddress}` | api | `api/sheets/ranges.rs` |
//! | `PUT /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/ranges/{rangeAddress}` | api | `api/sheets/ranges.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/ranges/{rangeAddress}/clear` | api | `api/sheets/ranges.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/ranges/{rangeAddress}/clearData` | api | `api/sheets/ranges.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/appendRows` | api | `api/sheets/lines.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/insertRowsBefore` | api | `api/sheets/lines.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/deleteRows` | api | `api/sheets/lines.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/setRowsVisibility` | api | `api/sheets/lines.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/insertColumnsBefore` | api | `api/sheets/lines.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/deleteColumns` | api | `api/sheets/lines.rs` |
//! | `POST /v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/setColumnsVisibility` | api | `api/sheets/lines.rs` |
//!
//! # Where to find things
//!
//! `tenant` starts and stops the server and lets a test look inside; `api` holds the calls, one file for each family;
//! `state` is the organisation they read and change; `call` reads requests, `answer` writes what both APIs answer;
//! `fault`, `journal` and `line` sit around every call. The same configuration always gives the same data and, for the
//! same calls in the same order, the same tokens and ids.
#![deny(missing_docs)]

mod a1;
mod answer;
mod api;
mod call;
mod clock;
mod config;
mod error;
mod fault;
mod journal;
mod line;
mod service;
mod state;
mod tenant;

pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{AGENT_ID, HOSTS, TenantConfig, demo_credential};
pub use error::Error;
pub use fault::Fault;
pub use journal::ServedRequest;
pub use state::{
    BUDGET_SHEET_ID, BUDGET_SHEET_TITLE, BUDGET_WORKBOOK_ID, CODES_SHEET_ID, CODES_SHEET_TITLE, CellFormat, Color,
    FontWeight, HorizontalAlignment, Hyperlink, HyperlinkKind, MalformedColor, VerticalAlignment, WordWrap,
};
pub use state::{
    Chat, Department, DepartmentLeadership, DepartmentOrder, LEDGER_SHEET_ID, LEDGER_SHEET_TITLE, MANAGER_MOBILE,
    MANAGER_UNION_ID, MANAGER_USER_ID, MEMBER_MOBILE, MEMBER_UNION_ID, MEMBER_USER_ID, ManagementOptions, Message,
    Notice, Role, STAFF_SHEET_ID, STAFF_SHEET_TITLE, Sheet, User, WORKBOOK_ID,
};
pub use tenant::Tenant;
