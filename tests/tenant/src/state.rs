//! The organisation's state: who is in it, which tokens it issued, its groups, notices and spreadsheets.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crate::service::locked;

mod chats;
mod directory;
mod notices;
mod people;
mod seed;
mod tokens;
mod workbooks;

pub use chats::{Chat, ManagementOptions};
pub(crate) use chats::{Chats, NewChat};
pub(crate) use directory::Directory;
pub use directory::{Department, DepartmentLeadership, DepartmentOrder, Role, User};
pub(crate) use notices::Notices;
pub use notices::{Message, Notice};
pub use people::{MANAGER_MOBILE, MANAGER_UNION_ID, MANAGER_USER_ID, MEMBER_MOBILE, MEMBER_UNION_ID, MEMBER_USER_ID};
pub(crate) use seed::{Mint, Purpose};
pub(crate) use tokens::{Standing, Tokens};
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
    chats: Mutex<Chats>,
    notices: Mutex<Notices>,
    workbooks: Workbooks,
}

impl Organisation {
    pub(crate) fn new(seed: u64, token_lifetime: Duration) -> Self {
        Self {
            directory: Directory::new(seed),
            tokens: Mutex::new(Tokens::new(seed, token_lifetime)),
            chats: Mutex::new(Chats::new(seed)),
            notices: Mutex::new(Notices::default()),
            workbooks: Workbooks::new(seed),
        }
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        locked(&self.tokens)
    }

    pub(crate) fn chats(&self) -> MutexGuard<'_, Chats> {
        locked(&self.chats)
    }

    pub(crate) fn notices(&self) -> MutexGuard<'_, Notices> {
        locked(&self.notices)
    }

    pub(crate) fn workbooks(&self) -> &Workbooks {
        &self.workbooks
    }
}
