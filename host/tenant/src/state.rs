//! The organisation's state: who is in it, which tokens it issued, its groups, notices and spreadsheets.

use std::sync::{Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, SystemTime};

use crate::service::{locked, reading, writing};

mod chats;
mod directory;
mod notices;
mod people;
mod seed;
mod stored;
mod tokens;
mod wiki;
mod workbooks;

pub use chats::{
    Chat, FOREIGN_SCENE_GROUP_ID, ManagementOptions, PLAIN_GROUP_CHAT_ID, PLAIN_GROUP_ID, SCENE_GROUP_CHAT_ID,
    SCENE_GROUP_ID,
};
pub(crate) use chats::{Chats, NewChat, SceneGroupError};
pub(crate) use directory::{Acquaintance, Arrangement, Directory, Headcount, JoinError, Mobile, NewUser, Page};
pub use directory::{Department, DepartmentLeadership, DepartmentOrder, ExternalContact, Invitation, Role, User};
pub use notices::{Forbidden, ForbiddenReason, Message, Notice, WELCOME_TASK_ID};
pub(crate) use notices::{Notices, Progress};
pub use people::{
    EXTERNAL_UNION_ID, EXTERNAL_USER_ID, MANAGER_MOBILE, MANAGER_UNION_ID, MANAGER_USER_ID, MEMBER_MOBILE,
    MEMBER_UNION_ID, MEMBER_USER_ID, PROTECTED_MOBILE, SALES_DEPARTMENT_ID,
};
pub(crate) use seed::{Generator, Mint, Purpose};
pub use stored::StateError;
pub(crate) use tokens::{Standing, Tokens};
pub use wiki::{
    Category, DOCUMENT_NODE_ID, FINANCE_WORKSPACE_ID, FOLDER_NODE_ID, HANDBOOK_WORKSPACE_ID, Icon, IconType, Node,
    NodeType, PERSONAL_WORKSPACE_ID, PermissionRole, TEMPLATE_ID, WORKSPACE_ID, Workspace, WorkspaceType,
};
pub(crate) use wiki::{
    DocType, FoundNode, FoundWorkspace, Minute, NewDocument, NewWorkspace, PageRequest, TemplateType, Wiki, WikiError,
    WorkspaceOrder, milliseconds,
};
pub(crate) use workbooks::{
    Axis, Field, Lines, Properties, RangeChanges, RangeData, WorkbookError, Workbooks, Worksheet,
};
pub use workbooks::{
    BUDGET_SHEET_ID, BUDGET_SHEET_TITLE, BUDGET_WORKBOOK_ID, CODES_SHEET_ID, CODES_SHEET_TITLE, CellFormat, Color,
    FontWeight, HorizontalAlignment, Hyperlink, HyperlinkKind, LEDGER_SHEET_ID, LEDGER_SHEET_TITLE, MalformedColor,
    STAFF_SHEET_ID, STAFF_SHEET_TITLE, Sheet, VerticalAlignment, WORKBOOK_ID, WordWrap,
};

/// Everything a call may read or change. Each part has a lock of its own, so that calls of different kinds do not wait
/// for each other; no call holds two at once.
pub(crate) struct Organisation {
    directory: Directory,
    tokens: Mutex<Tokens>,
    chats: Chats,
    notices: Notices,
    workbooks: Workbooks,
    wiki: RwLock<Wiki>,
}

impl Organisation {
    pub(crate) fn new(seed: u64, token_lifetime: Duration, now: SystemTime) -> Self {
        Self {
            directory: Directory::new(seed),
            tokens: Mutex::new(Tokens::new(seed, token_lifetime)),
            chats: Chats::new(seed),
            notices: Notices::new(now),
            workbooks: Workbooks::new(seed),
            wiki: RwLock::new(Wiki::new(seed)),
        }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        locked(&self.tokens)
    }

    pub(crate) fn chats(&self) -> &Chats {
        &self.chats
    }

    pub(crate) fn notices(&self) -> &Notices {
        &self.notices
    }

    pub(crate) fn wiki(&self) -> RwLockReadGuard<'_, Wiki> {
        reading(&self.wiki)
    }

    pub(crate) fn wiki_mut(&self) -> RwLockWriteGuard<'_, Wiki> {
        writing(&self.wiki)
    }

    pub(crate) fn workbooks(&self) -> &Workbooks {
        &self.workbooks
    }
}
