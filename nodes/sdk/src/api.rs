//! A service's API: how it is called, how its answers are read, what its error codes mean.
//!
//! A provider says once what its API looks like; its nodes begin a [`Call`] and get the answer in its type, or a
//! [`Failure`](crate::Failure) that says what to do next:
//!
//! ```no_run
//! use patchbay_node::api::{Api, codes::*};
//!
//! static SHOP: Api = Api::new("The shop", "https://api.example.com")
//!     .slot("main")
//!     .code(&["/code"])
//!     .message(&["/message"])
//!     .codes(&[rate_limit("too.fast", "Wait a second and run again.")]);
//!
//! # fn orders() -> patchbay_node::Result<Vec<String>> {
//! SHOP.get("/orders").segment("42").path("/items").send()
//! # }
//! ```
//!
//! What a code means is looked up in what the node says of it (`errors` in [`node!`](crate::node!)), in what its group
//! says, then in what is said for the whole API; an answer with a code that is listed nowhere is judged by its status.
//! Three rules hold throughout:
//!
//! - the code decides, not the status: a rate limit may arrive as HTTP 403;
//! - a call that was refused before execution may be repeated, whatever it does; one that failed on the way may be
//!   repeated only if it reads;
//! - the host has renewed the token and asked once more before a node sees that a token was refused: that is final.

mod body;
mod call;
pub mod codes;
mod page;
mod reader;
mod refusal;

use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::{Effect, Failure, Method, Request, Url, manifest::Declaration};

pub(crate) use self::codes::find;
pub use self::{
    call::Call,
    codes::Code,
    page::{Page, Paging},
    refusal::Refusal,
};

/// The node that runs: a component has one.
static NODE: OnceLock<&'static Declaration> = OnceLock::new();

/// Says which node runs, so that every call knows its codes.
pub(crate) fn declare(node: &'static Declaration) {
    NODE.get_or_init(|| node);
}

/// A service's API.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    service: &'static str,
    base: &'static str,
    slot: Option<&'static str>,
    code: &'static [&'static str],
    message: &'static [&'static str],
    request_id: &'static [&'static str],
    success: Option<&'static str>,
    codes: &'static [Code],
    refine: fn(&Map<String, Value>, &mut Refusal),
    stranger: fn(&Map<String, Value>) -> Option<Code>,
}

impl Api {
    /// An API whose failures are HTTP error statuses; so far nothing is known of how they are told. `service` is what
    /// messages call it, `base` scheme and host.
    pub const fn new(service: &'static str, base: &'static str) -> Self {
        Self {
            service,
            base,
            slot: None,
            code: &[],
            message: &[],
            request_id: &[],
            success: None,
            codes: &[],
            refine: |_, _| {},
            stranger: |_| None,
        }
    }

    /// Has the host sign every request as this slot of `provider.toml` says.
    pub const fn slot(self, slot: &'static str) -> Self {
        Self { slot: Some(slot), ..self }
    }

    /// Where the code of a failure stands: JSON Pointers, of which the first that leads to something counts.
    pub const fn code(self, pointers: &'static [&'static str]) -> Self {
        Self { code: pointers, ..self }
    }

    /// Where the words of a failure stand.
    pub const fn message(self, pointers: &'static [&'static str]) -> Self {
        Self { message: pointers, ..self }
    }

    /// Where the request's id stands, which the service asks for when it is asked for help.
    pub const fn request_id(self, pointers: &'static [&'static str]) -> Self {
        Self { request_id: pointers, ..self }
    }

    /// The code that says success: the service answers HTTP 200 whatever comes of a call. The members that the first
    /// pointers for code and message lead to are then no part of an answer.
    pub const fn success_code(self, code: &'static str) -> Self {
        Self { success: Some(code), ..self }
    }

    /// What codes mean in all operations. The code `HTTP 401` stands for an answer of that status whose own code is
    /// listed nowhere.
    pub const fn codes(self, codes: &'static [Code]) -> Self {
        Self { codes, ..self }
    }

    /// Reads what is particular to the API's refusals off their bodies.
    pub const fn refine(self, refine: fn(&Map<String, Value>, &mut Refusal)) -> Self {
        Self { refine, ..self }
    }

    /// Recognises the answers of something in front of the API, such as a firewall.
    pub const fn stranger(self, stranger: fn(&Map<String, Value>) -> Option<Code>) -> Self {
        Self { stranger, ..self }
    }

    /// Reads.
    pub fn get(&'static self, path: &str) -> Call {
        self.call(Method::Get, path, Effect::Read)
    }

    /// Creates or acts; [`reading`](Call::reading) where it only reads.
    pub fn post(&'static self, path: &str) -> Call {
        self.call(Method::Post, path, Effect::Write)
    }

    /// Replaces.
    pub fn put(&'static self, path: &str) -> Call {
        self.call(Method::Put, path, Effect::Write)
    }

    /// Changes.
    pub fn patch(&'static self, path: &str) -> Call {
        self.call(Method::Patch, path, Effect::Write)
    }

    /// Deletes.
    pub fn delete(&'static self, path: &str) -> Call {
        self.call(Method::Delete, path, Effect::Write)
    }

    /// The failure of a read that the service answered with success but without what was asked for.
    pub fn incomplete(&self, message: impl Into<String>) -> Failure {
        let hint = format!("Run again; if it stays so, report what {} answered.", self.service);
        Failure::system(message).retryable(true).hint(hint)
    }

    fn call(&'static self, method: Method, path: &str, effect: Effect) -> Call {
        let request = Request::new(method, Url::new(self.base).path(path), effect);
        Call::new(self, if let Some(slot) = self.slot { request.slot(slot) } else { request })
    }
}

/// The first of the pointers that leads to a text or a number.
fn text_at(body: &Value, pointers: &[&str]) -> Option<String> {
    pointers.iter().find_map(|pointer| text(at(body, pointer)?))
}

/// What a JSON Pointer leads to. Names are taken as they are written: `~1` and `~0`, which no service needs so far, would
/// cost each component two kilobytes.
fn at<'a>(body: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(body, |value, name| value.get(name))
}

/// Text, or a number as its text; blank counts as absent.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
