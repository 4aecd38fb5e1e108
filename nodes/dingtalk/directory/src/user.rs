//! What the directory tells of a person.

use patchbay_node::answer;

/// A person, as the directory tells of one who is asked for.
#[answer]
pub struct UserData {
    /// Id in this organisation.
    #[promised]
    userid: String,
    /// Id in the developer's applications; what OperatorId asks for.
    unionid: String,
    name: String,
    /// URL of the picture.
    avatar: String,
    /// International dialling code.
    state_code: String,
    /// userId of the manager.
    manager_userid: String,
    mobile: String,
    hide_mobile: bool,
    /// Extension number.
    telephone: String,
    job_number: String,
    title: String,
    email: String,
    /// E-mail address given by the organisation.
    org_email: String,
    work_place: String,
    remark: String,
    /// Whether the account belongs to the organisation.
    exclusive_account: bool,
    dept_id_list: Vec<i64>,
    /// The person's place in the lists of the departments.
    dept_order_list: Vec<DepartmentOrder>,
    /// Custom fields, as JSON text.
    extension: String,
    /// Time of joining, in milliseconds since 1970.
    hired_date: i64,
    /// Whether the account is activated.
    active: bool,
    /// Whether the person has proved who they are.
    real_authed: bool,
    /// Whether the person is protected as an executive.
    senior: bool,
    /// Whether the person administers the organisation.
    admin: bool,
    /// Whether the person owns the organisation.
    boss: bool,
    leader_in_dept: Vec<DepartmentLeader>,
    role_list: Vec<Role>,
}

/// The person's place in the list of a department.
#[answer]
pub struct DepartmentOrder {
    dept_id: i64,
    order: i64,
}

/// Whether the person leads a department.
#[answer]
pub struct DepartmentLeader {
    dept_id: i64,
    leader: bool,
}

/// A role of the person.
#[answer]
pub struct Role {
    id: i64,
    name: String,
    group_name: String,
}
