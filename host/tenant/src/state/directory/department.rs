//! A department.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Department {
    /// Its id; 1 is the root, which is the organisation itself.
    pub dept_id: i64,
    /// The department it belongs to; `None` for the root.
    pub parent_id: Option<i64>,
    /// Its name.
    pub name: String,
    /// Its name for readers of English, where one was set.
    pub english_name: Option<String>,
    /// The mark by which another system knows it.
    pub source_identifier: Option<String>,
    /// The number the organisation gave it.
    pub code: Option<String>,
    /// Its place among the departments beside it; a lower one comes first.
    pub order: i64,
    /// The chatid of the department's group, where it has one.
    pub group_chat_id: Option<String>,
    /// Whether people who join the department join its group too.
    pub auto_add_user: bool,
    /// Whether the group takes in the departments below.
    pub group_contains_sub_departments: bool,
    /// The userId of the owner of the group.
    pub owner: String,
    /// The userIds of the people who lead the department.
    pub manager_user_ids: Vec<String>,
}

/// A department and how many people are in it.
#[derive(Clone, Debug)]
pub(crate) struct Headcount {
    pub(crate) department: Arc<Department>,
    /// People in the department or anywhere below it, each counted once.
    pub(crate) all: usize,
    /// People in the department itself.
    pub(crate) direct: usize,
}

/// The group of a department as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DepartmentGroup {
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) user_ids: Vec<String>,
}
