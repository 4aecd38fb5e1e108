//! How people are written in answers.

use serde::Serialize;

use crate::state::{DepartmentLeadership, DepartmentOrder, Role, User};

/// A person in the answer of Get User: what is not known is absent.
#[derive(Serialize)]
pub(super) struct Detail<'a> {
    userid: &'a str,
    unionid: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    avatar: &'a str,
    state_code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager_userid: Option<&'a str>,
    mobile: &'a str,
    hide_mobile: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    telephone: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    job_number: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    work_place: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    remark: &'a str,
    exclusive_account: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    org_email: &'a str,
    dept_id_list: &'a [i64],
    dept_order_list: &'a [DepartmentOrder],
    #[serde(skip_serializing_if = "str::is_empty")]
    extension: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hired_date: Option<i64>,
    active: bool,
    real_authed: bool,
    senior: bool,
    admin: bool,
    boss: bool,
    leader_in_dept: &'a [DepartmentLeadership],
    role_list: &'a [Role],
}

impl<'a> From<&'a User> for Detail<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            userid: &user.user_id,
            unionid: &user.union_id,
            name: &user.name,
            avatar: &user.avatar,
            state_code: &user.state_code,
            manager_userid: user.manager_user_id.as_deref(),
            mobile: &user.mobile,
            hide_mobile: user.hide_mobile,
            telephone: user.telephone.as_deref(),
            job_number: &user.job_number,
            title: &user.title,
            email: &user.email,
            work_place: &user.work_place,
            remark: &user.remark,
            exclusive_account: user.exclusive_account,
            org_email: &user.org_email,
            dept_id_list: &user.dept_id_list,
            dept_order_list: &user.dept_order_list,
            extension: &user.extension,
            hired_date: user.hired_date,
            active: user.active,
            real_authed: user.real_authed,
            senior: user.senior,
            admin: user.admin,
            boss: user.boss,
            leader_in_dept: &user.leader_in_dept,
            role_list: &user.role_list,
        }
    }
}

/// A person in the list of a department: what is not known is an empty text, except for the day of joining.
#[derive(Serialize)]
pub(super) struct Listed<'a> {
    userid: &'a str,
    unionid: &'a str,
    name: &'a str,
    avatar: &'a str,
    state_code: &'a str,
    mobile: &'a str,
    hide_mobile: bool,
    telephone: &'a str,
    job_number: &'a str,
    title: &'a str,
    email: &'a str,
    org_email: &'a str,
    work_place: &'a str,
    remark: &'a str,
    dept_id_list: &'a [i64],
    dept_order: i64,
    extension: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    hired_date: Option<i64>,
    active: bool,
    admin: bool,
    boss: bool,
    leader: bool,
    exclusive_account: bool,
}

impl<'a> Listed<'a> {
    /// The person as a member of this department.
    pub(super) fn of(user: &'a User, dept_id: i64) -> Self {
        Self {
            userid: &user.user_id,
            unionid: &user.union_id,
            name: &user.name,
            avatar: &user.avatar,
            state_code: &user.state_code,
            mobile: &user.mobile,
            hide_mobile: user.hide_mobile,
            telephone: user.telephone.as_deref().unwrap_or_default(),
            job_number: &user.job_number,
            title: &user.title,
            email: &user.email,
            org_email: &user.org_email,
            work_place: &user.work_place,
            remark: &user.remark,
            dept_id_list: &user.dept_id_list,
            dept_order: user.order_in(dept_id),
            extension: &user.extension,
            hired_date: user.hired_date,
            active: user.active,
            admin: user.admin,
            boss: user.boss,
            leader: user.leads(dept_id),
            exclusive_account: user.exclusive_account,
        }
    }
}
