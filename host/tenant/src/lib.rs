//! A simulated DingTalk organisation: an HTTP server that answers as DingTalk does, from state held in memory.
//!
//! [`Tenant::start`] serves the calls of both hosts, `api.dingtalk.com` (the newer API) and `oapi.dingtalk.com` (the
//! older one), on one port; their paths are disjoint. A host under test is told to send both names ([`HOSTS`]) to
//! [`Tenant::base_url`], with the application's credential ([`demo_credential`]).
//!
//! `Tenant::start(TenantConfig::default())` starts one on a free port; `tests/behaviour/` shows all that it can do.
//!
//! # What is served
//!
//! | call | host | file |
//! | --- | --- | --- |
//! | `POST /v1.0/oauth2/accessToken` | api | `api/oauth.rs` |
//! | `GET /gettoken` | oapi | `api/oauth.rs` |
//! | `POST /topapi/v2/user/create` | oapi | `api/users/creation.rs` |
//! | `POST /topapi/v2/user/get` | oapi | `api/users.rs` |
//! | `POST /topapi/v2/user/getbymobile` | oapi | `api/users.rs` |
//! | `POST /topapi/user/getbyunionid` | oapi | `api/users.rs` |
//! | `POST /topapi/user/count` | oapi | `api/users.rs` |
//! | `POST /topapi/v2/user/list` | oapi | `api/users.rs` |
//! | `POST /topapi/v2/department/get` | oapi | `api/departments.rs` |
//! | `POST /topapi/v2/department/listsub` | oapi | `api/departments.rs` |
//! | `POST /v1.0/contact/users/search` | api | `api/search.rs` |
//! | `POST /v1.0/contact/departments/search` | api | `api/search.rs` |
//! | `POST /v1.0/im/group/create` | api | `api/chats.rs` |
//! | `POST /v1.0/im/sceneGroups/query` | api | `api/chats.rs` |
//! | `GET /chat/get` | oapi | `api/chats.rs` |
//! | `POST /topapi/message/corpconversation/asyncsend_v2` | oapi | `api/messages.rs` |
//! | `POST /topapi/message/corpconversation/getsendprogress` | oapi | `api/messages/delivery.rs` |
//! | `POST /topapi/message/corpconversation/getsendresult` | oapi | `api/messages/delivery.rs` |
//! | `POST /topapi/message/corpconversation/recall` | oapi | `api/messages/delivery.rs` |
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
//! | `GET /v2.0/wiki/workspaces` | api | `api/wiki/workspaces.rs` |
//! | `POST /v2.0/wiki/workspaces` | api | `api/wiki/workspaces.rs` |
//! | `POST /v2.0/wiki/workspaces/batchQuery` | api | `api/wiki/workspaces.rs` |
//! | `GET /v2.0/wiki/workspaces/{workspaceId}` | api | `api/wiki/workspaces.rs` |
//! | `GET /v2.0/wiki/nodes` | api | `api/wiki/nodes.rs` |
//! | `GET /v2.0/wiki/nodes/{nodeId}` | api | `api/wiki/nodes.rs` |
//! | `POST /v2.0/wiki/nodes/batchQuery` | api | `api/wiki/nodes.rs` |
//! | `POST /v2.0/wiki/nodes/queryByUrl` | api | `api/wiki/nodes.rs` |
//! | `POST /v1.0/doc/workspaces/{workspaceId}/docs` | api | `api/wiki/docs.rs` |
//!
//! # Where to find things
//!
//! `tenant` starts and stops the server and lets a test look inside; `api` holds the calls, one file for each family;
//! `state` is the organisation they read and change; `call` reads requests, `answer` writes what both APIs answer;
//! `fault`, `journal` and `line` sit around every call. The same configuration always gives the same data and, for the
//! same calls in the same order, the same tokens and ids.
#![deny(missing_docs)]

mod a1;
mod admin;
mod answer;
mod api;
mod call;
mod clock;
mod config;
mod error;
mod fault;
mod journal;
mod limit;
mod line;
mod scope;
mod service;
mod state;
mod tenant;

pub use api::UNKNOWN_CALL;
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{AGENT_ID, HOSTS, TenantConfig, demo_credential};
pub use error::Error;
pub use fault::{Fault, FaultRule};
pub use journal::{Observer, ServedRequest};
pub use state::{
    BUDGET_SHEET_ID, BUDGET_SHEET_TITLE, BUDGET_WORKBOOK_ID, CODES_SHEET_ID, CODES_SHEET_TITLE, CellFormat, Color,
    FontWeight, HorizontalAlignment, Hyperlink, HyperlinkKind, MalformedColor, StateError, VerticalAlignment, WordWrap,
};
pub use state::{
    Category, DOCUMENT_NODE_ID, FINANCE_WORKSPACE_ID, FOLDER_NODE_ID, HANDBOOK_WORKSPACE_ID, Icon, IconType, Node,
    NodeType, PERSONAL_WORKSPACE_ID, PermissionRole, TEMPLATE_ID, WORKSPACE_ID, Workspace, WorkspaceType,
};
pub use state::{
    Chat, Department, DepartmentLeadership, DepartmentOrder, EXTERNAL_UNION_ID, EXTERNAL_USER_ID, ExternalContact,
    FOREIGN_SCENE_GROUP_ID, Forbidden, ForbiddenReason, Invitation, LEDGER_SHEET_ID, LEDGER_SHEET_TITLE,
    MANAGER_MOBILE, MANAGER_UNION_ID, MANAGER_USER_ID, MEMBER_MOBILE, MEMBER_UNION_ID, MEMBER_USER_ID,
    ManagementOptions, Message, Notice, PLAIN_GROUP_CHAT_ID, PLAIN_GROUP_ID, PROTECTED_MOBILE, Role,
    SALES_DEPARTMENT_ID, SCENE_GROUP_CHAT_ID, SCENE_GROUP_ID, STAFF_SHEET_ID, STAFF_SHEET_TITLE, Sheet, User,
    WELCOME_TASK_ID, WORKBOOK_ID,
};
pub use tenant::Tenant;
