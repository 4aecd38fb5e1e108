//! Departments and people.
//!
//! One lock guards all of them. People and departments are handed out behind an `Arc`, so that an answer is written
//! after the lock was let go.

use std::sync::{Arc, RwLock};

use serde::{Deserialize, Serialize};

use super::people;
use super::seed::{Mint, Purpose};
use crate::service::{reading, writing};

mod department;
mod mobile;
mod pinyin;
mod roster;
mod text_index;
mod user;

pub use department::Department;
pub(crate) use department::{DepartmentGroup, Headcount};
pub(crate) use mobile::Mobile;
use roster::Roster;
pub(crate) use roster::{Arrangement, JoinError, Page, Records};
pub(crate) use user::NewUser;
pub use user::{DepartmentLeadership, DepartmentOrder, ExternalContact, Role, User};

/// The digits of a userId that the service finds itself.
const USER_ID_LENGTH: usize = 18;

/// Somebody who was asked to join and has not answered yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Invitation {
    /// The person's mobile number, with country code outside of mainland China.
    pub mobile: String,
    /// The person's name.
    pub name: String,
    /// The departments the person is to be in.
    pub dept_id_list: Vec<i64>,
}

/// Whose a unionId is.
pub(crate) enum Acquaintance {
    Member(Arc<User>),
    External(ExternalContact),
}

/// Who is in the organisation, and where.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Directory {
    roster: RwLock<Roster>,
    identities: Mint,
}

impl Directory {
    pub(crate) fn new(seed: u64) -> Self {
        let roster = Roster::from(people::records(seed));
        Self { roster: RwLock::new(roster), identities: Mint::new(seed, Purpose::User) }
    }

    /// All departments, the root first.
    pub(crate) fn departments(&self) -> Vec<Arc<Department>> {
        reading(&self.roster).departments().to_vec()
    }

    /// Everybody, in the order of joining.
    pub(crate) fn users(&self) -> Vec<Arc<User>> {
        reading(&self.roster).users().to_vec()
    }

    pub(crate) fn user(&self, user_id: &str) -> Option<Arc<User>> {
        reading(&self.roster).user(user_id).cloned()
    }

    pub(crate) fn user_by_mobile(&self, mobile: &Mobile) -> Option<Arc<User>> {
        reading(&self.roster).user_by_mobile(mobile).cloned()
    }

    /// The member or the external contact with this unionId.
    pub(crate) fn acquaintance(&self, union_id: &str) -> Option<Acquaintance> {
        let roster = reading(&self.roster);
        let member = roster.user_by_union_id(union_id).cloned().map(Acquaintance::Member);
        member.or_else(|| roster.contact_by_union_id(union_id).cloned().map(Acquaintance::External))
    }

    /// Whether this is the userId of a member.
    pub(crate) fn knows_user_id(&self, user_id: &str) -> bool {
        reading(&self.roster).user(user_id).is_some()
    }

    /// The first of these userIds that no member has.
    pub(crate) fn first_unknown<'a>(&self, user_ids: &'a [String]) -> Option<&'a String> {
        let roster = reading(&self.roster);
        user_ids.iter().find(|user_id| roster.user(user_id).is_none())
    }

    /// The userIds that members have, then those that nobody has.
    pub(crate) fn sort_out(&self, user_ids: Vec<String>) -> (Vec<String>, Vec<String>) {
        let roster = reading(&self.roster);
        user_ids.into_iter().partition(|user_id| roster.user(user_id).is_some())
    }

    /// How many people there are, and how many of them have activated their accounts.
    pub(crate) fn counts(&self) -> (usize, usize) {
        reading(&self.roster).counts()
    }

    pub(crate) fn headcount(&self, dept_id: i64) -> Option<Headcount> {
        reading(&self.roster).headcount(dept_id)
    }

    /// The departments right below, or nothing when there is no such department.
    pub(crate) fn children(&self, dept_id: i64) -> Option<Vec<Arc<Department>>> {
        reading(&self.roster).children(dept_id)
    }

    /// A part of the people right in the department, or nothing when there is no such department.
    pub(crate) fn members(
        &self,
        dept_id: i64,
        arrangement: Arrangement,
        offset: usize,
        size: usize,
    ) -> Option<Page<Arc<User>>> {
        reading(&self.roster).members(dept_id, arrangement, offset, size)
    }

    /// The group of the department with this chatid.
    pub(crate) fn group(&self, chat_id: &str) -> Option<DepartmentGroup> {
        reading(&self.roster).group(chat_id)
    }

    /// The userIds of the people whose name or its reading contains the text, or whose name is the text.
    pub(crate) fn search_users(&self, text: &str, whole_name: bool, offset: usize, size: usize) -> Page<String> {
        reading(&self.roster).search_users(text, whole_name, offset, size)
    }

    /// The ids of the departments whose name or its reading contains the text.
    pub(crate) fn search_departments(&self, text: &str, offset: usize, size: usize) -> Page<i64> {
        reading(&self.roster).search_departments(text, offset, size)
    }

    /// Takes in a member.
    pub(crate) fn create(&self, new: NewUser) -> Result<Arc<User>, JoinError> {
        writing(&self.roster).create(new, || self.identity())
    }

    /// Who was asked to join and has not answered, by mobile number.
    pub(crate) fn invitations(&self) -> Vec<Invitation> {
        let roster = reading(&self.roster);
        let invitations = roster.invitations().iter().map(|(mobile, new)| Invitation {
            mobile: mobile.clone(),
            name: new.name.clone(),
            dept_id_list: new.dept_id_list.clone(),
        });
        invitations.collect()
    }

    /// Lets somebody join who was asked to.
    pub(crate) fn accept_invitation(&self, mobile: &str) -> Option<Arc<User>> {
        writing(&self.roster).accept_invitation(mobile, || self.identity())
    }

    /// Marks the account as activated.
    pub(crate) fn activate(&self, user_id: &str) -> Option<Arc<User>> {
        writing(&self.roster).activate(user_id)
    }

    /// A userId and a unionId that the organisation has not given to anybody before.
    fn identity(&self) -> (String, String) {
        (self.identities.digits(USER_ID_LENGTH), self.identities.union_id())
    }
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn new_user(number: u32) -> NewUser {
        NewUser {
            name: format!("孙晓梅{number}"),
            state_code: "86".to_owned(),
            mobile: format!("139{number:08}"),
            dept_id_list: vec![people::SALES_DEPARTMENT_ID],
            ..NewUser::default()
        }
    }

    #[test]
    fn a_directory_that_was_written_out_is_read_with_its_indexes() {
        let directory = Directory::new(7);
        let user = directory.create(new_user(1)).expect("the person joins");

        let text = serde_json::to_string(&directory).expect("it is written");
        let again: Directory = serde_json::from_str(&text).expect("it is read");

        assert_eq!(again.users(), directory.users());
        assert_eq!(again.departments(), directory.departments());
        assert_eq!(again.search_users("孙晓梅1", false, 0, 10).items, std::slice::from_ref(&user.user_id));
        let mobile = "13900000001".parse().expect("a number");
        assert_eq!(again.user_by_mobile(&mobile).as_deref(), Some(&*user));
        assert_eq!(again.headcount(1).map(|count| count.all), Some(61));
        assert_eq!(again.create(new_user(1)), Err(JoinError::MobileTaken));
        let next = again.create(new_user(2)).expect("the next person joins");
        assert_eq!(directory.create(new_user(2)), Ok(next), "ids go on where they were");
    }
}
