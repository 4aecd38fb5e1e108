//! The shop: what all its nodes share.
#![deny(missing_docs)]

use codes::*;
pub use patchbay_node::{
    Outcome, PageSize, Result, Text, answer,
    api::{Api, Page, Paging, codes},
    id, inputs, node, options, outputs,
};

/// The shop's API: a failure is an HTTP error status with a code in the body.
pub static SHOP: Api = Api::new("The shop", "https://api.example.com")
    .slot("main")
    .code(&["/code"])
    .message(&["/message"])
    .codes(&[rate_limit("too.fast", "Wait a second and run again."), permission("forbidden", "Ask the shop's owner.")]);

id! {
    /// A customer, by the id on the customer's page.
    CustomerId, example: "c-1001"
}

id! {
    /// An order, by its number.
    OrderId, example: "o-77"
}

/// An order.
#[answer]
pub struct Order {
    /// Its number.
    #[promised]
    id: String,
    /// How far it is.
    status: String,
    /// What it costs, in cents.
    total: i64,
}
