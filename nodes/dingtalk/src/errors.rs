//! What DingTalk answers when it does not do what it was asked, and what to make of it.
//!
//! A code is looked up in what the operation says itself, then in what is said for all operations of the API's family; an
//! unlisted one is judged by the HTTP status. Three rules hold throughout:
//!
//! - the code decides, not the status: a rate limit arrives as HTTP 403;
//! - a call that was refused before execution may be repeated, whatever it does; one that failed on the way may be
//!   repeated only if it reads;
//! - the host has renewed the token and asked once more before a node sees that a token was refused: that is final.

mod body;
mod code;
mod newer;
mod older;
mod reader;

pub(crate) use body::{Body, text};
pub use code::{Code, auth, busy, conflict, failed, ip_whitelist, not_found, parameter, permission, rate_limit};
pub(crate) use newer::NEWER;
pub(crate) use older::OLDER;
pub use patchbay_node::Retry;
pub use reader::incomplete;
pub(crate) use reader::{Reader, Refusal};
