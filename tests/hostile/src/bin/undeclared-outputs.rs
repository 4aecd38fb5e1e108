//! Undeclared Outputs: changes something, and then gives outputs that are not those it declares.

use hostile::Request;
use patchbay_node::serde::Serializer;
use patchbay_node::{Outcome, Result, node, outputs};

node! {
    /// Changes something, and then gives outputs that are not those it declares.
    resource: "Envelope",
    effect: Write,
}

#[outputs]
struct Outputs {
    /// The new row's id, as declared.
    row_id: String,
    /// A number, so it says.
    #[serde(serialize_with = "as_words")]
    #[schemars(with = "u32")]
    rows: u32,
}

fn as_words<S: Serializer>(_: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("a few")
}

fn run() -> Result<Outcome<Outputs>> {
    Request::write("https://api.example.com/rows").send()?;
    Ok(Outcome::new(Outputs { row_id: "row-7".to_owned(), rows: 3 }).summary("Added a few rows."))
}
