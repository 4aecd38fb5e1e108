//! Group chats: what the nodes of the product share.
#![deny(missing_docs)]

pub mod prelude;

patchbay_node::id! {
    /// Id of a group chat: the `chatid` that Create Chat returned, or an openConversationId.
    opaque ChatId, example: "chat5f0e2c91b7d84a3690e1d2c3b4a5f607"
}
