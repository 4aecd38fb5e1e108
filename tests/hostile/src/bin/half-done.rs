//! Half Done: inserts a row, fails to fill it, and says which of the two is true.

use hostile::Request;
use patchbay_node::{Failure, FailureKind, Group, Outcome, Result, Status, node, outputs};

node! {
    /// Inserts a row, fails to fill it, and says which of the two is true.
    resource: "Envelope",
    effect: Write,
    group: Group::NONE.status(Status::Operation),
}

#[outputs]
struct Outputs {
    /// The row that was inserted.
    row_id: String,
    /// Cells that were filled.
    filled_cells: u32,
}

fn run() -> Result<Outcome<Outputs>> {
    Request::write("https://api.example.com/rows").send()?;
    let answer = Request::write("https://api.example.com/rows/row-7/cells").send()?;
    Err(Failure::new(FailureKind::RateLimit, format!("the cells were not filled: HTTP {}", answer.status))
        .hint("Fill row-7 yourself.")
        .retryable(true)
        .output("RowId", "row-7"))
}
