//! A member of the organisation, and what others know of people outside.

use serde::{Deserialize, Serialize};

/// A member of the organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// The id inside the organisation.
    pub user_id: String,
    /// The id that the document APIs want of an operator.
    pub union_id: String,
    /// The person's name.
    pub name: String,
    /// Where the picture is; empty when the person has none, as are the texts below.
    pub avatar: String,
    /// The country code of the mobile number.
    pub state_code: String,
    /// The userId of the superior; `None` at the top.
    pub manager_user_id: Option<String>,
    /// The mobile number, without country code.
    pub mobile: String,
    /// Whether colleagues are not shown the number.
    pub hide_mobile: bool,
    /// The desk telephone; not everybody has one.
    pub telephone: Option<String>,
    /// The job number; the built-in people have `A0001` and up.
    pub job_number: String,
    /// The job title.
    pub title: String,
    /// The personal e-mail address.
    pub email: String,
    /// Where the person works.
    pub work_place: String,
    /// What the administrators note down about the person.
    pub remark: String,
    /// The organisation's own fields: a JSON object as text.
    pub extension: String,
    /// Whether the account is owned by the organisation.
    pub exclusive_account: bool,
    /// The e-mail address at the organisation.
    pub org_email: String,
    /// The departments the person is in.
    pub dept_id_list: Vec<i64>,
    /// The person's place in the lists of these departments.
    pub dept_order_list: Vec<DepartmentOrder>,
    /// The day of joining, in milliseconds since 1970, where it is known.
    pub hired_date: Option<i64>,
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

impl User {
    /// The person's place in the list of a department; 0 where none was set, which comes last.
    pub(crate) fn order_in(&self, dept_id: i64) -> i64 {
        let places = &mut self.dept_order_list.iter();
        places.find(|place| place.dept_id == dept_id).map_or(0, |place| place.order)
    }

    /// Whether the person leads the department.
    pub(crate) fn leads(&self, dept_id: i64) -> bool {
        self.leader_in_dept.iter().any(|leadership| leadership.dept_id == dept_id && leadership.leader)
    }
}

/// A person's place in the list of a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DepartmentOrder {
    /// The department.
    pub dept_id: i64,
    /// The place; a higher one comes first.
    pub order: i64,
}

impl DepartmentOrder {
    pub(crate) fn new(dept_id: i64, order: i64) -> Self {
        Self { dept_id, order }
    }
}

/// Whether a person leads a department.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DepartmentLeadership {
    /// The department.
    pub dept_id: i64,
    /// Whether the person leads it.
    pub leader: bool,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Role {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The name of the group the role is in.
    pub group_name: String,
}

/// Somebody outside whom the organisation keeps in its list of contacts: a customer or a supplier. Only the search by
/// unionId finds external contacts; they are no members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExternalContact {
    /// The id the organisation gave the contact.
    pub user_id: String,
    /// The contact's unionId.
    pub union_id: String,
    /// The contact's name.
    pub name: String,
    /// Whom the contact works for.
    pub company: String,
}

/// What a new member is made from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NewUser {
    /// The id asked for; the organisation finds one when there is none.
    pub(crate) user_id: Option<String>,
    pub(crate) name: String,
    pub(crate) state_code: String,
    pub(crate) mobile: String,
    pub(crate) hide_mobile: bool,
    pub(crate) telephone: Option<String>,
    pub(crate) job_number: String,
    pub(crate) title: String,
    pub(crate) email: String,
    pub(crate) org_email: String,
    pub(crate) work_place: String,
    pub(crate) remark: String,
    pub(crate) extension: String,
    pub(crate) hired_date: Option<i64>,
    pub(crate) senior: bool,
    pub(crate) manager_user_id: Option<String>,
    /// At least one department, each once.
    pub(crate) dept_id_list: Vec<i64>,
    pub(crate) dept_order_list: Vec<DepartmentOrder>,
}

impl NewUser {
    /// The member: not activated and without roles until the person and the administrators see to that.
    pub(super) fn join(self, user_id: String, union_id: String) -> User {
        let leadership = |dept_id: &i64| DepartmentLeadership { dept_id: *dept_id, leader: false };
        let order = |dept_id: &i64| {
            let set = self.dept_order_list.iter().find(|place| place.dept_id == *dept_id);
            DepartmentOrder::new(*dept_id, set.map_or(0, |place| place.order))
        };
        User {
            user_id,
            union_id,
            name: self.name,
            avatar: String::new(),
            state_code: self.state_code,
            manager_user_id: self.manager_user_id,
            mobile: self.mobile,
            hide_mobile: self.hide_mobile,
            telephone: self.telephone,
            job_number: self.job_number,
            title: self.title,
            email: self.email,
            work_place: self.work_place,
            remark: self.remark,
            extension: self.extension,
            exclusive_account: false,
            org_email: self.org_email,
            dept_order_list: self.dept_id_list.iter().map(order).collect(),
            leader_in_dept: self.dept_id_list.iter().map(leadership).collect(),
            dept_id_list: self.dept_id_list,
            hired_date: self.hired_date,
            active: false,
            real_authed: false,
            senior: self.senior,
            admin: false,
            boss: false,
            role_list: Vec::new(),
        }
    }
}
