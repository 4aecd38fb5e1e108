//! What a caller sees of the tenant, over HTTP and through its public functions.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod admin;
mod chats;
mod creation;
mod delivery;
mod departments;
mod faults;
mod lifecycle;
mod limits;
mod messages;
mod oauth;
mod office;
mod paths;
mod search;
mod sheets;
mod state;
mod users;
mod wiki_docs;
mod wiki_nodes;
mod wiki_workspaces;
