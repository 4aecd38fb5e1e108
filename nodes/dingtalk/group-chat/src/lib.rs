//! Group chats: what the nodes of the product share.
#![deny(missing_docs)]

pub mod prelude;

patchbay_node::id! {
    /// Id of a group chat: the `chatid` that Create Chat returned, or an openConversationId.
    opaque ChatId, example: "chate39f540d572b71f0"
}
