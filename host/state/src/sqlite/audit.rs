//! The audit log.

use rusqlite::{Connection, Row};

use super::broken;
use crate::audit::{Action, Entry, MOST, Span};
use crate::error::Result;
use crate::time::Timestamp;

const ADD: &str = "INSERT INTO audit (at, actor, origin, action, subject, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const CUT: &str = "DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?1";
const SPAN: &str = "SELECT at, actor, origin, action, subject, outcome FROM audit
    WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2) ORDER BY id DESC LIMIT ?3";

pub fn append(connection: &Connection, entry: &Entry) -> Result<()> {
    let Entry { at, actor, origin, action, subject, outcome } = entry;
    let row = (at.as_millis(), actor, origin, action.name(), subject, outcome);
    connection.prepare_cached(ADD)?.execute(row)?;
    connection.prepare_cached(CUT)?.execute([MOST])?;
    Ok(())
}

pub fn entries(connection: &Connection, span: Span, most: u32) -> Result<Vec<Entry>> {
    let millis = |time: Option<Timestamp>| time.map(Timestamp::as_millis);
    let mut statement = connection.prepare_cached(SPAN)?;
    let mut rows = statement.query((millis(span.from), millis(span.to), most))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

fn read(row: &Row<'_>) -> Result<Entry> {
    let action: String = row.get("action")?;
    let known = Action::ALL.into_iter().find(|known| known.name() == action);
    Ok(Entry {
        at: Timestamp::from_millis(row.get("at")?),
        actor: row.get("actor")?,
        origin: row.get("origin")?,
        action: known.ok_or_else(|| broken("an entry of the audit log", format!("its action is `{action}`")))?,
        subject: row.get("subject")?,
        outcome: row.get("outcome")?,
    })
}
