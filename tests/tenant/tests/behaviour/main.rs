//! What a caller sees of the tenant, over HTTP and through its public functions.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod chats;
mod faults;
mod lifecycle;
mod messages;
mod oauth;
mod office;
mod paths;
mod sheets;
mod users;
