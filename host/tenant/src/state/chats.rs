//! Group chats.
//!
//! Two kinds of groups differ in who can read them: a plain group, as Create Chat makes it, is read by its chatid alone;
//! a group made from a template is read by its openConversationId too, by the application that owns the template.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, RwLock};

use serde::{Deserialize, Serialize};

use super::directory::DepartmentGroup;
use super::people::{MANAGER_USER_ID, MEMBER_USER_ID};
use super::seed::{Mint, Purpose};
use crate::config::AGENT_ID;
use crate::service::{reading, writing};

/// The openConversationId of a group made from a template of the tenant's application: the one that the scene-group
/// query answers.
pub const SCENE_GROUP_ID: &str = "cidP7sNq2VdLx8RkTzWy4BmGA==";
/// The chatid of the same group.
pub const SCENE_GROUP_CHAT_ID: &str = "chat5f0e2c91b7d84a3690e1d2c3b4a5f607";
/// The openConversationId of a group made from a template of another application.
pub const FOREIGN_SCENE_GROUP_ID: &str = "cidh3KwZ+8vTq1LrYb6XnE0uA==";
/// The openConversationId of a plain group.
pub const PLAIN_GROUP_ID: &str = "cidJ9/mFt4QeSa7UdVx2CoHwQ==";
/// The chatid of the plain group.
pub const PLAIN_GROUP_CHAT_ID: &str = "chatc8a41d7be29f4f05a6b3c2d1e0f98765";

const OWN_TEMPLATE: &str = "13d42075-b3e2-4c1a-9d3e-6f1ab2c3d465";
const FOREIGN_TEMPLATE: &str = "c354a1b2-1111-4222-b4ea-6f1ab2c3d465";
const FOREIGN_AGENT_ID: i64 = 987_650_001;

/// The picture the service gives a group that has none of its own.
const STANDARD_ICON: &str = "@lADOADmaWMzazQKA";

/// A group chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Chat {
    /// The id by which the newer API knows it: `cid...==`.
    pub open_conversation_id: String,
    /// The id by which the older API knows it: `chat` and 32 hexadecimal digits.
    pub chat_id: String,
    /// The group's name.
    pub name: String,
    /// The owner's userId.
    pub owner: String,
    /// The members' userIds, each once, the owner among them.
    pub user_ids: Vec<String>,
    /// Its switches.
    pub management_options: ManagementOptions,
    /// The media id of its picture.
    pub icon: String,
    /// The template it was made from; `None` for a plain group.
    pub template_id: Option<String>,
    /// Whether it was disbanded.
    pub disbanded: bool,
}

/// The switches of a group as the service numbers them; every one is 0 unless it was set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ManagementOptions {
    /// 1 when people who join later can read earlier messages.
    pub show_history_type: u8,
    /// 1 when the group can be found by search.
    pub searchable: u8,
    /// 1 when joining needs approval.
    pub validation_type: u8,
    /// 0 when everyone may mention all, 1 when only the owner may.
    pub mention_all_authority: u8,
    /// 0 when everyone may manage the group, 1 when only the owner may.
    pub management_type: u8,
    /// 1 when everyone is muted.
    pub chat_banned_type: u8,
}

impl Chat {
    /// The group of a department. It has no record of its own: its members are the department's people.
    pub(crate) fn of_department(chat_id: String, group: DepartmentGroup) -> Self {
        Self {
            open_conversation_id: String::new(),
            chat_id,
            name: group.name,
            owner: group.owner,
            user_ids: group.user_ids,
            management_options: ManagementOptions::default(),
            icon: STANDARD_ICON.to_owned(),
            template_id: None,
            disbanded: false,
        }
    }
}

/// What a group is made from.
pub(crate) struct NewChat {
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) user_ids: Vec<String>,
    pub(crate) management_options: ManagementOptions,
    pub(crate) icon: Option<String>,
}

/// Why the scene-group query does not tell about a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SceneGroupError {
    #[error("the conversation id cannot be decoded")]
    Unknown,
    #[error("the group was not made from a template")]
    Plain,
    #[error("the group's template belongs to another application")]
    Foreign,
}

/// All groups, and the templates they were made from.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Chats {
    register: RwLock<Register>,
    /// The templates of groups, each with the AgentId of the application that owns it.
    templates: BTreeMap<String, i64>,
    mint: Mint,
}

/// What is known, apart from the indexes.
#[derive(Debug, Serialize, Deserialize)]
struct Records {
    /// The groups that were there from the start, then those that were created, oldest first.
    groups: Vec<Arc<Chat>>,
    built_in: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(from = "Records")]
struct Register {
    #[serde(flatten)]
    records: Records,
    /// Positions in the records.
    #[serde(skip)]
    by_chat_id: HashMap<String, usize>,
    #[serde(skip)]
    by_open_conversation_id: HashMap<String, usize>,
}

impl From<Records> for Register {
    fn from(records: Records) -> Self {
        let index = |key: fn(&Chat) -> &String| {
            let keys = records.groups.iter().map(|chat| key(chat).clone());
            keys.zip(0..).collect()
        };
        Self {
            by_chat_id: index(|chat| &chat.chat_id),
            by_open_conversation_id: index(|chat| &chat.open_conversation_id),
            records,
        }
    }
}

impl Chats {
    pub(crate) fn new(seed: u64) -> Self {
        let groups: Vec<Arc<Chat>> = built_in().map(Arc::new).into();
        let records = Records { built_in: groups.len(), groups };
        let templates = [(OWN_TEMPLATE, AGENT_ID), (FOREIGN_TEMPLATE, FOREIGN_AGENT_ID)];
        Self {
            register: RwLock::new(records.into()),
            templates: templates.map(|(template_id, agent_id)| (template_id.to_owned(), agent_id)).into(),
            mint: Mint::new(seed, Purpose::Chat),
        }
    }

    /// The groups that were created, oldest first, without those that were there from the start.
    pub(crate) fn created(&self) -> Vec<Arc<Chat>> {
        let records = &reading(&self.register).records;
        records.groups.iter().skip(records.built_in).cloned().collect()
    }

    pub(crate) fn by_chat_id(&self, chat_id: &str) -> Option<Arc<Chat>> {
        let register = reading(&self.register);
        register.records.groups.get(*register.by_chat_id.get(chat_id)?).cloned()
    }

    pub(crate) fn by_open_conversation_id(&self, id: &str) -> Option<Arc<Chat>> {
        let register = reading(&self.register);
        register.records.groups.get(*register.by_open_conversation_id.get(id)?).cloned()
    }

    /// The group and its template, where the application with this AgentId may read it by its openConversationId.
    pub(crate) fn scene_group(&self, id: &str, agent_id: i64) -> Result<(Arc<Chat>, String), SceneGroupError> {
        let chat = self.by_open_conversation_id(id).ok_or(SceneGroupError::Unknown)?;
        let template_id = chat.template_id.clone().ok_or(SceneGroupError::Plain)?;
        match self.templates.get(&template_id) {
            Some(owner) if *owner == agent_id => Ok((chat, template_id)),
            _ => Err(SceneGroupError::Foreign),
        }
    }

    /// Makes the group. The owner becomes a member, whether listed or not.
    pub(crate) fn create(&self, new: NewChat) -> Arc<Chat> {
        let mut seen = HashSet::new();
        let listed = new.user_ids.into_iter().chain([new.owner.clone()]);
        let user_ids = listed.filter(|user_id| seen.insert(user_id.clone())).collect();
        let mut chat = Chat {
            open_conversation_id: String::new(),
            chat_id: String::new(),
            name: new.name,
            owner: new.owner,
            user_ids,
            management_options: new.management_options,
            icon: new.icon.unwrap_or_else(|| STANDARD_ICON.to_owned()),
            template_id: None,
            disbanded: false,
        };

        // The ids are drawn under the lock, so that the order of the groups is the order of their ids.
        let mut register = writing(&self.register);
        chat.open_conversation_id = format!("cid{}", self.mint.conversation());
        chat.chat_id = format!("chat{}", self.mint.hexadecimal());
        let chat = Arc::new(chat);
        let position = register.records.groups.len();
        register.by_chat_id.insert(chat.chat_id.clone(), position);
        register.by_open_conversation_id.insert(chat.open_conversation_id.clone(), position);
        register.records.groups.push(Arc::clone(&chat));
        chat
    }

    /// Disbands the group with this chatid, as its owner does in the client.
    pub(crate) fn disband(&self, chat_id: &str) -> bool {
        let mut register = writing(&self.register);
        let position = register.by_chat_id.get(chat_id).copied();
        let chat = position.and_then(|position| register.records.groups.get_mut(position));
        chat.map(|chat| Arc::make_mut(chat).disbanded = true).is_some()
    }
}

fn built_in() -> [Chat; 3] {
    let group = |open_conversation_id: &str, chat_id: &str, name: &str, template_id: Option<&str>| Chat {
        open_conversation_id: open_conversation_id.to_owned(),
        chat_id: chat_id.to_owned(),
        name: name.to_owned(),
        owner: MANAGER_USER_ID.to_owned(),
        user_ids: vec![MANAGER_USER_ID.to_owned(), MEMBER_USER_ID.to_owned(), "user003".to_owned()],
        management_options: ManagementOptions { show_history_type: 1, ..ManagementOptions::default() },
        icon: STANDARD_ICON.to_owned(),
        template_id: template_id.map(str::to_owned),
        disbanded: false,
    };
    [
        group(SCENE_GROUP_ID, SCENE_GROUP_CHAT_ID, "华东区客户服务群", Some(OWN_TEMPLATE)),
        group(FOREIGN_SCENE_GROUP_ID, "chat0b7e64d2f1a9483c95e0d7c6b5a4f312", "供应商对接群", Some(FOREIGN_TEMPLATE)),
        group(PLAIN_GROUP_ID, PLAIN_GROUP_CHAT_ID, "管理层周会", None),
    ]
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn new_chat() -> NewChat {
        NewChat {
            name: "项目组".to_owned(),
            owner: MANAGER_USER_ID.to_owned(),
            user_ids: Vec::new(),
            management_options: ManagementOptions::default(),
            icon: None,
        }
    }

    #[test]
    fn groups_that_were_written_out_are_read_with_their_indexes() {
        let chats = Chats::new(7);
        let chat = chats.create(new_chat());

        let text = serde_json::to_string(&chats).expect("they are written");
        let again: Chats = serde_json::from_str(&text).expect("they are read");

        assert_eq!(again.created(), [Arc::clone(&chat)]);
        assert_eq!(again.by_open_conversation_id(&chat.open_conversation_id), Some(chat));
        assert!(again.scene_group(SCENE_GROUP_ID, AGENT_ID).is_ok());
        assert_eq!(again.create(new_chat()), chats.create(new_chat()), "ids go on where they were");
    }
}
