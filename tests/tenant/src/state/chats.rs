//! Group chats.

use serde::{Deserialize, Deserializer, de};

use super::seed::{Mint, Purpose};

/// A group chat.
#[derive(Clone, Debug, PartialEq, Eq)]
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
}

/// The switches of a group as the service numbers them; every one is 0 unless it was set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ManagementOptions {
    /// 1 when people who join later can read earlier messages.
    #[serde(deserialize_with = "switch")]
    pub show_history_type: u8,
    /// 1 when the group can be found by search.
    #[serde(deserialize_with = "switch")]
    pub searchable: u8,
    /// 1 when joining needs approval.
    #[serde(deserialize_with = "switch")]
    pub validation_type: u8,
    /// 0 when everyone may mention all, 1 when only the owner may.
    #[serde(deserialize_with = "switch")]
    pub mention_all_authority: u8,
    /// 0 when everyone may manage the group, 1 when only the owner may.
    #[serde(deserialize_with = "switch")]
    pub management_type: u8,
    /// 1 when everyone is muted.
    #[serde(deserialize_with = "switch")]
    pub chat_banned_type: u8,
}

fn switch<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u8::deserialize(deserializer)? {
        value @ (0 | 1) => Ok(value),
        value => Err(de::Error::invalid_value(de::Unexpected::Unsigned(value.into()), &"0 or 1")),
    }
}

/// What a group is made from.
pub(crate) struct NewChat {
    pub(crate) name: String,
    pub(crate) owner: String,
    pub(crate) user_ids: Vec<String>,
    pub(crate) management_options: ManagementOptions,
}

/// The groups that were created.
pub(crate) struct Chats {
    mint: Mint,
    created: Vec<Chat>,
}

impl Chats {
    pub(crate) fn new(seed: u64) -> Self {
        Self { mint: Mint::new(seed, Purpose::Chat), created: Vec::new() }
    }

    pub(crate) fn created(&self) -> &[Chat] {
        &self.created
    }

    /// Makes the group. The owner becomes a member, whether listed or not.
    pub(crate) fn create(&mut self, new: NewChat) -> Chat {
        let mut user_ids: Vec<String> = Vec::with_capacity(new.user_ids.len() + 1);
        for user_id in new.user_ids.into_iter().chain([new.owner.clone()]) {
            if !user_ids.contains(&user_id) {
                user_ids.push(user_id);
            }
        }
        let chat = Chat {
            open_conversation_id: format!("cid{}", self.mint.conversation()),
            chat_id: format!("chat{}", self.mint.hexadecimal()),
            name: new.name,
            owner: new.owner,
            user_ids,
            management_options: new.management_options,
        };
        self.created.push(chat.clone());
        chat
    }
}
