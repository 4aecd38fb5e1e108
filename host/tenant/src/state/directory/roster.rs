//! Who is in the organisation, and the indexes that find them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::department::{Department, DepartmentGroup, Headcount};
use super::mobile::Mobile;
use super::pinyin;
use super::text_index::TextIndex;
use super::user::{ExternalContact, NewUser, User};

/// What is known, apart from the indexes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Records {
    pub(crate) departments: Vec<Arc<Department>>,
    /// Members in the order in which they joined.
    pub(crate) users: Vec<Arc<User>>,
    pub(crate) external_contacts: Vec<ExternalContact>,
    /// The organisation's own fields of a member; no other names may be in an extension.
    pub(crate) extension_fields: BTreeSet<String>,
    /// Mobile numbers whose owners join no organisation without being asked.
    pub(crate) protected_mobiles: BTreeSet<String>,
    /// Those of them who were asked and have not answered, by mobile number.
    pub(crate) invitations: BTreeMap<String, NewUser>,
}

/// The records with their indexes. People and departments are known by their positions in the records, where nothing is
/// ever taken out.
#[derive(Debug, Serialize, Deserialize)]
#[serde(from = "Records")]
pub(super) struct Roster {
    #[serde(flatten)]
    records: Records,
    #[serde(skip)]
    branches: HashMap<i64, Branch>,
    #[serde(skip)]
    group_owners: HashMap<String, i64>,
    #[serde(skip)]
    department_names: TextIndex,
    #[serde(skip)]
    people: People,
    #[serde(skip)]
    contacts: HashMap<String, usize>,
}

/// A department in the tree.
#[derive(Debug, Default)]
struct Branch {
    position: usize,
    /// The departments right below, in the order of their places.
    children: Vec<i64>,
    /// The people in it, those with the highest places first and then as they joined.
    by_order: Vec<usize>,
    /// The same people as they joined.
    by_entry: Vec<usize>,
    /// How many people are in it or anywhere below.
    all: usize,
}

/// Where people are in the records.
#[derive(Debug, Default)]
struct People {
    by_user_id: HashMap<String, usize>,
    by_union_id: HashMap<String, usize>,
    by_mobile: HashMap<Mobile, usize>,
    by_email: HashMap<String, usize>,
    by_job_number: HashMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
    names: TextIndex,
    active: usize,
}

/// How a department's people are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Arrangement {
    /// By the places the administrators gave them.
    #[default]
    Places,
    OldestFirst,
    NewestFirst,
}

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// The length of the whole list.
    pub(crate) total: usize,
}

/// Why somebody cannot join.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JoinError {
    #[error("department {0} does not exist")]
    DepartmentUnknown(i64),
    #[error("nobody has the userId of the superior")]
    ManagerUnknown,
    #[error("the organisation has no field {0} for its members")]
    FieldUnknown(String),
    #[error("the userId is taken")]
    UserIdTaken,
    #[error("the mobile number is taken")]
    MobileTaken,
    #[error("the e-mail address is taken")]
    EmailTaken,
    #[error("the job number is taken")]
    JobNumberTaken,
    #[error("the person has been asked to join and has to agree")]
    Invited,
}

impl From<Records> for Roster {
    fn from(records: Records) -> Self {
        let mut roster = Self {
            records: Records { users: Vec::with_capacity(records.users.len()), ..records },
            branches: HashMap::new(),
            group_owners: HashMap::new(),
            department_names: TextIndex::default(),
            people: People::default(),
            contacts: HashMap::new(),
        };
        roster.index_departments();
        for (position, contact) in roster.records.external_contacts.iter().enumerate() {
            roster.contacts.insert(contact.union_id.clone(), position);
        }
        for user in records.users {
            roster.admit(user);
        }
        roster
    }
}

impl Roster {
    fn index_departments(&mut self) {
        for (position, department) in self.records.departments.iter().enumerate() {
            self.branches.insert(department.dept_id, Branch { position, ..Branch::default() });
            let reading = pinyin::reading(&department.name);
            self.department_names.add([department.name.as_str()].into_iter().chain(reading.as_deref()));
            if let Some(chat_id) = &department.group_chat_id {
                self.group_owners.insert(chat_id.clone(), department.dept_id);
            }
        }
        let mut in_order: Vec<&Arc<Department>> = self.records.departments.iter().collect();
        in_order.sort_by_key(|department| (department.order, department.dept_id));
        for department in in_order {
            let parent = department.parent_id.and_then(|parent_id| self.branches.get_mut(&parent_id));
            if let Some(parent) = parent {
                parent.children.push(department.dept_id);
            }
        }
    }

    /// Puts a member into the records and all indexes.
    fn admit(&mut self, user: Arc<User>) {
        let position = self.records.users.len();
        let mut lines = BTreeSet::new();
        for &dept_id in &user.dept_id_list {
            let Some(branch) = self.branches.get_mut(&dept_id) else {
                continue;
            };
            let order = user.order_in(dept_id);
            let users = &self.records.users;
            let before = |other: &usize| users.get(*other).is_some_and(|other| other.order_in(dept_id) >= order);
            branch.by_order.insert(branch.by_order.partition_point(before), position);
            branch.by_entry.push(position);
            self.climb(dept_id, &mut lines);
        }
        for dept_id in lines {
            if let Some(branch) = self.branches.get_mut(&dept_id) {
                branch.all += 1;
            }
        }
        self.people.add(position, &user);
        self.records.users.push(user);
    }

    /// Adds the department and all above it to `lines`.
    fn climb(&self, dept_id: i64, lines: &mut BTreeSet<i64>) {
        let mut next = Some(dept_id);
        while let Some(dept_id) = next.filter(|dept_id| lines.insert(*dept_id)) {
            next = self.department(dept_id).and_then(|department| department.parent_id);
        }
    }

    pub(super) fn departments(&self) -> &[Arc<Department>] {
        &self.records.departments
    }

    pub(super) fn users(&self) -> &[Arc<User>] {
        &self.records.users
    }

    pub(super) fn invitations(&self) -> &BTreeMap<String, NewUser> {
        &self.records.invitations
    }

    fn department(&self, dept_id: i64) -> Option<&Arc<Department>> {
        self.records.departments.get(self.branches.get(&dept_id)?.position)
    }

    pub(super) fn headcount(&self, dept_id: i64) -> Option<Headcount> {
        let branch = self.branches.get(&dept_id)?;
        let department = self.records.departments.get(branch.position)?;
        Some(Headcount { department: Arc::clone(department), all: branch.all, direct: branch.by_entry.len() })
    }

    /// The departments right below, or nothing when there is no such department.
    pub(super) fn children(&self, dept_id: i64) -> Option<Vec<Arc<Department>>> {
        let children = &self.branches.get(&dept_id)?.children;
        Some(children.iter().filter_map(|dept_id| self.department(*dept_id).cloned()).collect())
    }

    /// A part of the people right in the department, or nothing when there is no such department.
    pub(super) fn members(
        &self,
        dept_id: i64,
        arrangement: Arrangement,
        offset: usize,
        size: usize,
    ) -> Option<Page<Arc<User>>> {
        let branch = self.branches.get(&dept_id)?;
        let part = |positions: &mut dyn Iterator<Item = &usize>| {
            let part = positions.skip(offset).take(size);
            part.filter_map(|position| self.records.users.get(*position).cloned()).collect()
        };
        let items = match arrangement {
            Arrangement::Places => part(&mut branch.by_order.iter()),
            Arrangement::OldestFirst => part(&mut branch.by_entry.iter()),
            Arrangement::NewestFirst => part(&mut branch.by_entry.iter().rev()),
        };
        Some(Page { items, total: branch.by_entry.len() })
    }

    /// The group of the department with this chatid: its people, and those below where the group takes them in.
    pub(super) fn group(&self, chat_id: &str) -> Option<DepartmentGroup> {
        let department = self.department(*self.group_owners.get(chat_id)?)?;
        let mut due = vec![department.dept_id];
        let (mut seen, mut positions) = (BTreeSet::new(), BTreeSet::new());
        while let Some(branch) = due.pop().filter(|dept_id| seen.insert(*dept_id)).map(|id| self.branches.get(&id)) {
            let Some(branch) = branch else {
                continue;
            };
            positions.extend(&branch.by_entry);
            if department.group_contains_sub_departments {
                due.extend(&branch.children);
            }
        }
        let users = positions.into_iter().filter_map(|position: usize| self.records.users.get(position));
        Some(DepartmentGroup {
            name: department.name.clone(),
            owner: department.owner.clone(),
            user_ids: users.map(|user| user.user_id.clone()).collect(),
        })
    }

    pub(super) fn user(&self, user_id: &str) -> Option<&Arc<User>> {
        self.records.users.get(*self.people.by_user_id.get(user_id)?)
    }

    pub(super) fn user_by_mobile(&self, mobile: &Mobile) -> Option<&Arc<User>> {
        self.records.users.get(*self.people.by_mobile.get(mobile)?)
    }

    pub(super) fn user_by_union_id(&self, union_id: &str) -> Option<&Arc<User>> {
        self.records.users.get(*self.people.by_union_id.get(union_id)?)
    }

    pub(super) fn contact_by_union_id(&self, union_id: &str) -> Option<&ExternalContact> {
        self.records.external_contacts.get(*self.contacts.get(union_id)?)
    }

    /// How many people there are, and how many of them have activated their accounts.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.records.users.len(), self.people.active)
    }

    /// The userIds of the people whose name or its reading contains the text, or whose name is the text.
    pub(super) fn search_users(&self, text: &str, whole_name: bool, offset: usize, size: usize) -> Page<String> {
        let found = match whole_name {
            true => self.people.by_name.get(text).map(Vec::as_slice).unwrap_or_default().into(),
            false => self.people.names.find(text),
        };
        let part = found.iter().skip(offset).take(size);
        let users = part.filter_map(|position| self.records.users.get(*position));
        Page { items: users.map(|user| user.user_id.clone()).collect(), total: found.len() }
    }

    /// The ids of the departments whose name or its reading contains the text.
    pub(super) fn search_departments(&self, text: &str, offset: usize, size: usize) -> Page<i64> {
        let found = self.department_names.find(text);
        let part = found.iter().skip(offset).take(size);
        let departments = part.filter_map(|position| self.records.departments.get(*position));
        Page { items: departments.map(|department| department.dept_id).collect(), total: found.len() }
    }

    /// Takes in a member, unless something about the person is not acceptable. `identities` gives a userId and a
    /// unionId; it is asked again when somebody has the userId.
    pub(super) fn create(
        &mut self,
        new: NewUser,
        identities: impl Fn() -> (String, String),
    ) -> Result<Arc<User>, JoinError> {
        self.check(&new)?;
        if let Some(mobile) = self.records.protected_mobiles.get(&mobile_of(&new).to_string()) {
            self.records.invitations.insert(mobile.clone(), new);
            return Err(JoinError::Invited);
        }
        Ok(self.join(new, identities))
    }

    /// Lets somebody join who was asked to; the account was there before, so it is active.
    pub(super) fn accept_invitation(
        &mut self,
        mobile: &str,
        identities: impl Fn() -> (String, String),
    ) -> Option<Arc<User>> {
        let new = self.records.invitations.remove(mobile)?;
        self.check(&new).ok()?;
        let user_id = self.join(new, identities).user_id.clone();
        self.activate(&user_id)
    }

    fn join(&mut self, new: NewUser, identities: impl Fn() -> (String, String)) -> Arc<User> {
        let (mut user_id, mut union_id) = identities();
        while self.people.by_user_id.contains_key(&user_id) {
            (user_id, union_id) = identities();
        }
        let user_id = new.user_id.clone().unwrap_or(user_id);
        let user = Arc::new(new.join(user_id, union_id));
        self.admit(Arc::clone(&user));
        user
    }

    /// Marks the account as activated.
    pub(super) fn activate(&mut self, user_id: &str) -> Option<Arc<User>> {
        let position = *self.people.by_user_id.get(user_id)?;
        let user = self.records.users.get_mut(position)?;
        if !user.active {
            let user = Arc::make_mut(user);
            (user.active, user.real_authed) = (true, true);
            self.people.active += 1;
        }
        Some(Arc::clone(user))
    }

    /// Whether everything the person refers to is there, and nothing that must be the person's own is somebody else's.
    fn check(&self, new: &NewUser) -> Result<(), JoinError> {
        if let Some(dept_id) = new.dept_id_list.iter().find(|dept_id| !self.branches.contains_key(dept_id)) {
            return Err(JoinError::DepartmentUnknown(*dept_id));
        }
        if new.manager_user_id.as_ref().is_some_and(|user_id| !self.people.by_user_id.contains_key(user_id)) {
            return Err(JoinError::ManagerUnknown);
        }
        let fields: BTreeMap<String, serde::de::IgnoredAny> = serde_json::from_str(&new.extension).unwrap_or_default();
        if let Some(field) = fields.into_keys().find(|field| !self.records.extension_fields.contains(field)) {
            return Err(JoinError::FieldUnknown(field));
        }
        let taken = &self.people;
        let same_email = |email: &String| taken.by_email.contains_key(&email.to_lowercase());
        if new.user_id.as_ref().is_some_and(|user_id| taken.by_user_id.contains_key(user_id)) {
            Err(JoinError::UserIdTaken)
        } else if taken.by_mobile.contains_key(&mobile_of(new)) {
            Err(JoinError::MobileTaken)
        } else if same_email(&new.email) || same_email(&new.org_email) {
            Err(JoinError::EmailTaken)
        } else if taken.by_job_number.contains_key(&new.job_number) {
            Err(JoinError::JobNumberTaken)
        } else {
            Ok(())
        }
    }
}

impl People {
    /// Indexes the person at `position`, which is the next. Empty texts are nobody's, so they are never taken.
    fn add(&mut self, position: usize, user: &User) {
        let mobile = Mobile { state_code: user.state_code.clone(), number: user.mobile.clone() };
        self.by_user_id.insert(user.user_id.clone(), position);
        self.by_union_id.insert(user.union_id.clone(), position);
        self.by_mobile.insert(mobile, position);
        for email in [&user.email, &user.org_email].into_iter().filter(|email| !email.is_empty()) {
            self.by_email.insert(email.to_lowercase(), position);
        }
        if !user.job_number.is_empty() {
            self.by_job_number.insert(user.job_number.clone(), position);
        }
        self.by_name.entry(user.name.clone()).or_default().push(position);
        let reading = pinyin::reading(&user.name);
        self.names.add([user.name.as_str()].into_iter().chain(reading.as_deref()));
        self.active += usize::from(user.active);
    }
}

fn mobile_of(new: &NewUser) -> Mobile {
    Mobile { state_code: new.state_code.clone(), number: new.mobile.clone() }
}
