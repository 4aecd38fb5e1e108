//! Formulas: what they come to, and how their references follow inserted and deleted rows and columns.
//!
//! | understood | |
//! | --- | --- |
//! | numbers, `"text"` | |
//! | `A1`, `$A$1` | cells of the same sheet |
//! | `+ - * / ^ % &` and parentheses | |
//! | `SUM AVERAGE COUNT MAX MIN` | of ranges such as `A1:B9`, cells and expressions |
//!
//! Everything else comes to `#NAME?`; it is kept as it was entered all the same.

mod evaluate;
mod references;
mod token;

pub(super) use evaluate::Evaluator;
pub(super) use references::{Shift, follow};
