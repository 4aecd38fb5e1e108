//! Departments and people.

use std::collections::HashMap;

use serde::Serialize;

use super::people;

/// A department.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Department {
    /// Its id; 1 is the root, which is the organisation itself.
    pub dept_id: i64,
    /// The department it belongs to; `None` for the root.
    pub parent_id: Option<i64>,
    /// Its name.
    pub name: String,
}

/// A member of the organisation, with the fields that Get User answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct User {
    /// The id inside the organisation.
    #[serde(rename = "userid")]
    pub user_id: String,
    /// The id that the document APIs want of an operator.
    #[serde(rename = "unionid")]
    pub union_id: String,
    /// The person's name.
    pub name: String,
    /// The country code of the mobile number.
    pub state_code: String,
    /// The userId of the superior; absent at the top.
    #[serde(rename = "manager_userid", skip_serializing_if = "Option::is_none")]
    pub manager_user_id: Option<String>,
    /// The mobile number, without country code.
    pub mobile: String,
    /// Whether colleagues are not shown the number.
    pub hide_mobile: bool,
    /// The desk telephone; not everybody has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub telephone: Option<String>,
    /// The job number, `A0001` and up.
    pub job_number: String,
    /// The job title.
    pub title: String,
    /// The personal e-mail address.
    pub email: String,
    /// Where the person works.
    pub work_place: String,
    /// Whether the account is owned by the organisation.
    pub exclusive_account: bool,
    /// The e-mail address at the organisation.
    pub org_email: String,
    /// The departments the person is in.
    pub dept_id_list: Vec<i64>,
    /// The person's place in the lists of these departments.
    pub dept_order_list: Vec<DepartmentOrder>,
    /// The day of joining, in milliseconds since 1970.
    pub hired_date: i64,
    /// Whether the account was activated.
    pub active: bool,
    /// Whether the identity was verified.
    pub real_authed: bool,
    /// Whether the person is protected from contact by just anybody.
    pub senior: bool,
    /// Whether the person administers the organisation.
    pub admin: bool,
    /// Whether the person owns the organisation.
    pub boss: bool,
    /// Whether the person leads each of these departments.
    pub leader_in_dept: Vec<DepartmentLeadership>,
    /// The person's roles.
    pub role_list: Vec<Role>,
}

/// A person's place in the list of a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DepartmentOrder {
    /// The department.
    pub dept_id: i64,
    /// The place; a higher one comes first.
    pub order: i64,
}

/// Whether a person leads a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DepartmentLeadership {
    /// The department.
    pub dept_id: i64,
    /// Whether the person leads it.
    pub leader: bool,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Role {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The name of the group the role is in.
    pub group_name: String,
}

/// Who is in the organisation, and where.
pub(crate) struct Directory {
    departments: Vec<Department>,
    users: Vec<User>,
    by_user_id: HashMap<String, usize>,
    by_union_id: HashMap<String, usize>,
    by_mobile: HashMap<String, usize>,
}

impl Directory {
    pub(crate) fn new(seed: u64) -> Self {
        let users = people::users(seed);
        let index = |key: fn(&User) -> &String| {
            let keys = users.iter().map(key).cloned();
            keys.zip(0..).collect()
        };
        Self {
            departments: people::departments(),
            by_user_id: index(|user| &user.user_id),
            by_union_id: index(|user| &user.union_id),
            by_mobile: index(|user| &user.mobile),
            users,
        }
    }

    pub(crate) fn departments(&self) -> &[Department] {
        &self.departments
    }

    pub(crate) fn users(&self) -> &[User] {
        &self.users
    }

    pub(crate) fn user(&self, user_id: &str) -> Option<&User> {
        self.users.get(*self.by_user_id.get(user_id)?)
    }

    pub(crate) fn user_by_mobile(&self, mobile: &str) -> Option<&User> {
        self.users.get(*self.by_mobile.get(mobile)?)
    }

    /// Whether this is the unionId of a member.
    pub(crate) fn knows_union_id(&self, union_id: &str) -> bool {
        self.by_union_id.contains_key(union_id)
    }
}
