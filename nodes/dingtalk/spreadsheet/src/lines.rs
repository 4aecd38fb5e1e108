//! Lines of a worksheet, rows or columns: inserting, deleting, showing and hiding them.
//!
//! A user counts lines from 1, DingTalk counts them from 0. A [`Position`] is the user's; only a request's body has the
//! other. DingTalk answers each of these calls with the worksheet's id alone, so that nothing confirms how many lines a
//! call has touched.

use std::fmt;

use patchbay_node::{
    Result,
    api::Call,
    choice,
    schemars::{self, JsonSchema},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use dingtalk::newer;

use crate::sheet::InSheet;

/// Where a row or a column is, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Position(#[schemars(range(min = 1))] i64);

impl Position {
    /// Counted from 1.
    pub fn number(self) -> i64 {
        self.0
    }

    fn index(self) -> i64 {
        self.0 - 1
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How many lines, 1 unless it is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LineCount(#[schemars(range(min = 1))] i64);

impl LineCount {
    /// So many.
    pub fn of(lines: usize) -> Self {
        Self(lines as i64)
    }
}

impl Default for LineCount {
    fn default() -> Self {
        Self(1)
    }
}

/// Whether lines are shown.
#[choice]
#[expect(missing_docs, reason = "the names say all")]
pub enum Visibility {
    Visible,
    Hidden,
}

impl Visibility {
    /// What was done to make it so, as a sentence begins: "Hid".
    pub fn done(self) -> &'static str {
        match self {
            Self::Visible => "Showed",
            Self::Hidden => "Hid",
        }
    }
}

/// Neighbouring rows, or neighbouring columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    kind: Kind,
    first: Position,
    count: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Row,
    Column,
}

impl Kind {
    fn noun(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Column => "column",
        }
    }

    /// What tells in Get Worksheet's answer how many there are.
    fn grid_member(self) -> &'static str {
        match self {
            Self::Row => "rowCount",
            Self::Column => "columnCount",
        }
    }
}

impl Lines {
    /// So many rows from this one on.
    pub fn rows(first: Position, count: LineCount) -> Self {
        Self { kind: Kind::Row, first, count: count.0 }
    }

    /// So many columns from this one on.
    pub fn columns(first: Position, count: LineCount) -> Self {
        Self { kind: Kind::Column, first, count: count.0 }
    }

    /// The first of them.
    pub fn first(self) -> Position {
        self.first
    }

    /// How many there are.
    pub fn count(self) -> i64 {
        self.count
    }

    /// Their number with the noun: "2 rows".
    pub fn counted(self) -> String {
        let Self { kind, count, .. } = self;
        match count {
            1 => format!("1 {}", kind.noun()),
            _ => format!("{count} {}s", kind.noun()),
        }
    }

    fn body(self) -> Value {
        match self.kind {
            Kind::Row => json!({ "row": self.first.index(), "rowCount": self.count }),
            Kind::Column => json!({ "column": self.first.index(), "columnCount": self.count }),
        }
    }
}

/// As in "row 3" and "columns 3 to 4".
impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, first, count } = self;
        match count {
            1 => write!(f, "{} {first}", kind.noun()),
            _ => write!(f, "{}s {first} to {}", kind.noun(), first.0.saturating_add(count - 1)),
        }
    }
}

impl InSheet {
    /// Inserts blank lines, which are these afterwards; what stands there now moves down or to the right.
    pub fn insert(&self, lines: Lines) -> Result<()> {
        self.inserting(lines).send()
    }

    /// The call that [`insert`](Self::insert) sends, for a node that has more to say where its outcome is unknown.
    pub fn inserting(&self, lines: Lines) -> Call {
        let path = match lines.kind {
            Kind::Row => "/insertRowsBefore",
            Kind::Column => "/insertColumnsBefore",
        };
        self.change(path, lines.body()).if_unknown(format!(
            "Outcome unknown: see with Get Worksheet whether {} grew by {}, or with Get Range Data whether {lines} became \
             blank; run this again only if not.",
            lines.kind.grid_member(),
            lines.count
        ))
    }

    /// Deletes the lines; those behind them move up or to the left, so the same call again deletes others.
    pub fn delete(&self, lines: Lines) -> Result<()> {
        let path = match lines.kind {
            Kind::Row => "/deleteRows",
            Kind::Column => "/deleteColumns",
        };
        let call = self.change(path, lines.body()).if_unknown(format!(
            "Outcome unknown: see with Get Worksheet whether {} fell by {}, or with Get Range Data what stands in {lines} \
             now; running this again could delete other {}s.",
            lines.kind.grid_member(),
            lines.count,
            lines.kind.noun()
        ));
        call.send()
    }

    /// Shows or hides the lines. The same call again leaves the same, so it may be repeated even where nobody knows whether
    /// it took place.
    pub fn set_visibility(&self, lines: Lines, visibility: Visibility) -> Result<()> {
        let path = match lines.kind {
            Kind::Row => "/setRowsVisibility",
            Kind::Column => "/setColumnsVisibility",
        };
        let mut body = lines.body();
        body["visibility"] = json!(visibility);
        let call = self.change(path, body).repeat_if_unknown(format!(
            "Outcome unknown: wait a moment and run again, which leaves the same unless somebody else has inserted or \
             deleted {}s since.",
            lines.kind.noun()
        ));
        call.send()
    }

    fn change(&self, path: &str, body: Value) -> Call {
        self.call(newer::post).path(path).json(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_one_by_the_user_and_from_zero_by_the_service() {
        let (third, two) = (Position(3), LineCount(2));
        assert_eq!(Lines::rows(third, two).body(), json!({ "row": 2, "rowCount": 2 }));
        assert_eq!(Lines::columns(third, two).body(), json!({ "column": 2, "columnCount": 2 }));
        assert_eq!(Lines::columns(Position(1), LineCount::default()).body(), json!({ "column": 0, "columnCount": 1 }));
    }

    #[test]
    fn lines_are_named_as_the_user_counts_them() {
        let rows = |first, count| Lines::rows(Position(first), LineCount(count));
        assert_eq!(rows(3, 1).to_string(), "row 3");
        assert_eq!(rows(3, 2).to_string(), "rows 3 to 4");
        assert_eq!(rows(i64::MAX, 2).to_string(), format!("rows {0} to {0}", i64::MAX));
        assert_eq!(Lines::columns(Position(1), LineCount(3)).to_string(), "columns 1 to 3");
        assert_eq!((rows(3, 1).counted(), rows(3, 2).counted()), ("1 row".to_owned(), "2 rows".to_owned()));
    }
}
