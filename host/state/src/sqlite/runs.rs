//! Run records.

use std::borrow::Cow;

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, Row, params_from_iter};

use super::broken;
use super::lease::Lease;
use crate::error::Result;
use crate::keys::{Grants, NodePattern};
use crate::runs::{
    EndedRun, RecordPage, RunCursor, RunDetail, RunFilter, RunId, RunPage, RunRecord, RunState, RunStatus, RunSummary,
    StartedRun, Usage,
};

/// What a record takes besides its detail: its row, and its places in the indexes.
const ROW_BYTES: usize = 400;
/// Records removed in one transaction.
const PORTION: i64 = 200;
/// The bytes of records after which a page of them takes no more.
const PAGE_BYTES: usize = 8 << 20;

const START: &str = "INSERT INTO runs (id, node, credential, api_key, took_ms, status_code, message, bytes, state, instance) \
                     VALUES (?1, ?2, ?3, ?4, 0, 0, '', ?5, 0, ?6) ON CONFLICT (id) DO NOTHING";
const END: &str = "INSERT INTO runs (id, node, credential, api_key, took_ms, status_code, message, bytes) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
                   ON CONFLICT (id) DO UPDATE SET took_ms = excluded.took_ms, status_code = excluded.status_code, \
                   message = excluded.message, bytes = excluded.bytes, state = 1, instance = NULL";
const END_DETAIL: &str = "INSERT OR REPLACE INTO run_details (id, detail) VALUES (?1, ?2)";
const FORGET: &str = "DELETE FROM runs WHERE id = ?1 AND state <> 1";
const COLUMNS: &str = "runs.id, node, credential, api_key, took_ms, status_code, message, state";
const OLD: &str = "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE id < ?1 ORDER BY id LIMIT ?2)";
const OLDEST: &str = "SELECT id, bytes FROM runs ORDER BY id LIMIT ?1";
const REMOVE: &str = "DELETE FROM runs WHERE id <= ?1";
const TOTALS: &str = "SELECT runs, bytes FROM totals";

/// Notes that a run began, unless its end was noted before.
pub fn start(connection: &Connection, lease: &Lease, run: &StartedRun) -> Result<()> {
    let StartedRun { id, node, credential, api_key } = run;
    let row = (id.as_bytes(), node.to_string(), credential, api_key, ROW_BYTES as i64, lease.id());
    connection.prepare_cached(START)?.execute(row)?;
    Ok(())
}

/// Stores what became of a run.
pub fn end(connection: &Connection, run: &EndedRun) -> Result<()> {
    let StartedRun { id, node, credential, api_key } = &run.started;
    let bytes = i64::try_from(run.detail.len() + ROW_BYTES).unwrap_or(i64::MAX);
    let row = (id.as_bytes(), node.to_string(), credential, api_key, run.took_ms, run.status_code, &run.message, bytes);
    connection.prepare_cached(END)?.execute(row)?;
    connection.prepare_cached(END_DETAIL)?.execute((id.as_bytes(), &run.detail))?;
    Ok(())
}

/// Forgets a run that began and of which nothing was done.
pub fn forget(connection: &Connection, run: RunId) -> Result<()> {
    connection.prepare_cached(FORGET)?.execute([run.as_bytes()])?;
    Ok(())
}

pub fn by_id(connection: &Connection, id: RunId) -> Result<Option<RunRecord>> {
    let one = format!("SELECT {COLUMNS}, detail FROM runs LEFT JOIN run_details USING (id) WHERE runs.id = ?1");
    let mut one = connection.prepare_cached(&one)?;
    let mut rows = one.query([id.as_bytes()])?;
    rows.next()?.map(|row| record(row).map(|(record, _)| record)).transpose()
}

/// The record of a run that is not in the tables yet.
pub fn of_journal(run: &EndedRun) -> Result<RunRecord> {
    let StartedRun { id, node, credential, api_key } = run.started.clone();
    let summary = RunSummary {
        id,
        node,
        credential,
        api_key,
        began: id.began(),
        state: RunState::Ended,
        took_ms: Some(run.took_ms),
        status_code: Some(run.status_code),
        message: run.message.clone(),
    };
    let detail = RunDetail::read(&run.detail).map_err(|error| broken(format!("the run {id}"), error))?;
    Ok(RunRecord { summary, detail: Some(detail) })
}

pub fn page(connection: &Connection, filter: &RunFilter) -> Result<RunPage> {
    let limit = limit(filter);
    let selection = Selection::of(filter);
    let mut list = connection.prepare_cached(&selection.statement(COLUMNS, "runs"))?;
    let mut rows = list.query(params_from_iter(selection.values(limit)))?;
    let mut runs = Vec::new();
    while let Some(row) = rows.next()? {
        runs.push(summary(row)?);
    }
    let has_more = runs.len() > limit;
    runs.truncate(limit);
    let last = runs.last().filter(|_| has_more);
    let next_cursor = last.map(|run| RunCursor(run.id).to_string());
    Ok(RunPage { runs, next_cursor })
}

pub fn records(connection: &Connection, filter: &RunFilter) -> Result<RecordPage> {
    let limit = limit(filter);
    let selection = Selection::of(filter);
    let columns = format!("{COLUMNS}, detail");
    let mut list =
        connection.prepare_cached(&selection.statement(&columns, "runs LEFT JOIN run_details USING (id)"))?;
    let mut rows = list.query(params_from_iter(selection.values(limit)))?;
    let (mut records, mut bytes, mut next) = (Vec::<RunRecord>::new(), 0, None);
    while let Some(row) = rows.next()? {
        if records.len() == limit || bytes > PAGE_BYTES {
            next = records.last().map(|last| RunCursor(last.summary.id));
            break;
        }
        let (record, size) = record(row)?;
        bytes += size;
        records.push(record);
    }
    Ok(RecordPage { records, next })
}

fn limit(filter: &RunFilter) -> usize {
    filter.limit.unwrap_or(RunFilter::LIMIT).clamp(1, RunFilter::MOST) as usize
}

/// A filter as conditions in SQL, and the values that they name.
struct Selection {
    conditions: String,
    values: Vec<SqlValue>,
}

impl Selection {
    fn of(filter: &RunFilter) -> Self {
        let mut selection = Self { conditions: String::new(), values: Vec::new() };
        let id = |id: RunId| SqlValue::Blob(id.as_bytes().to_vec());
        if let Some(node) = &filter.node {
            selection.add("node = ?", node.to_string());
        }
        if let Some(credential) = &filter.credential {
            selection.add("credential = ?", credential.clone());
        }
        match filter.status {
            Some(RunStatus::Success) => selection.conditions.push_str(" AND status_code = 200"),
            Some(RunStatus::Failure) => selection.conditions.push_str(" AND status_code <> 200 AND state = 1"),
            Some(RunStatus::Running) => selection.conditions.push_str(" AND state = 0"),
            Some(RunStatus::Interrupted) => selection.conditions.push_str(" AND state = 2"),
            Some(RunStatus::Code(code)) => selection.add("state = 1 AND status_code = ?", i64::from(code)),
            None => {}
        }
        if let Some(from) = filter.from {
            selection.add("runs.id >= ?", id(RunId::floor(from)));
        }
        if let Some(to) = filter.to {
            selection.add("runs.id < ?", id(RunId::floor(to)));
        }
        if let Some(RunCursor(last)) = filter.cursor {
            selection.add("runs.id < ?", id(last));
        }
        if let Grants::Only(patterns) = &filter.nodes {
            selection.any(patterns.iter().map(|pattern| match pattern {
                NodePattern::All => ("?", Cow::Borrowed("1")),
                // A provider's name has no character that GLOB gives a meaning.
                NodePattern::Provider(name) => ("node GLOB ?", Cow::Owned(format!("{name}/*"))),
                NodePattern::Node(node) => ("node = ?", Cow::Owned(node.to_string())),
            }));
        }
        if let Grants::Only(names) = &filter.credentials {
            let none = std::iter::once(("credential IS NULL AND ?", Cow::Borrowed("1")));
            selection.any(none.chain(names.iter().map(|name| ("credential = ?", Cow::Borrowed(name.as_str())))));
        }
        selection
    }

    fn add(&mut self, condition: &str, value: impl Into<SqlValue>) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
        self.values.push(value.into());
    }

    /// At least one of these holds.
    fn any<'v>(&mut self, alternatives: impl Iterator<Item = (&'static str, Cow<'v, str>)>) {
        self.conditions.push_str(" AND (false");
        for (condition, value) in alternatives {
            self.conditions.push_str(" OR ");
            self.conditions.push_str(condition);
            self.values.push(SqlValue::Text(value.into_owned()));
        }
        self.conditions.push(')');
    }

    fn statement(&self, columns: &str, tables: &str) -> String {
        let conditions = &self.conditions;
        format!("SELECT {columns} FROM {tables} WHERE true{conditions} ORDER BY runs.id DESC LIMIT ?")
    }

    /// The values, the last of which asks for one row more than the page has.
    fn values(&self, limit: usize) -> impl Iterator<Item = SqlValue> {
        self.values.clone().into_iter().chain([SqlValue::Integer(limit as i64 + 1)])
    }
}

pub fn usage(connection: &Connection) -> Result<Usage> {
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let (runs, bytes) = connection.prepare_cached(TOTALS)?.query_row((), read)?;
    Ok(Usage { runs: u64::try_from(runs).unwrap_or_default(), bytes: u64::try_from(bytes).unwrap_or_default() })
}

/// Removes a portion of the records that are too old or too many; how many.
pub fn prune_some(connection: &Connection, before: Option<RunId>, most_bytes: Option<u64>) -> Result<u64> {
    if let Some(before) = before {
        let old = connection.prepare_cached(OLD)?.execute((before.as_bytes(), PORTION))?;
        if old > 0 {
            return Ok(old as u64);
        }
    }
    let Some(most) = most_bytes else { return Ok(0) };
    let mut over = usage(connection)?.bytes.saturating_sub(most);
    let mut last = None;
    let mut oldest = connection.prepare_cached(OLDEST)?;
    let mut rows = oldest.query([PORTION])?;
    while over > 0
        && let Some(row) = rows.next()?
    {
        over = over.saturating_sub(u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default());
        last = Some(row.get::<_, Vec<u8>>(0)?);
    }
    drop(rows);
    let Some(last) = last else { return Ok(0) };
    Ok(connection.prepare_cached(REMOVE)?.execute([last])? as u64)
}

fn summary(row: &Row<'_>) -> Result<RunSummary> {
    let id: Vec<u8> = row.get(0)?;
    let id = RunId::from_slice(&id).ok_or_else(|| broken("a run", "its id is none"))?;
    let node: String = row.get(1)?;
    let state = match row.get::<_, i64>(7)? {
        0 => RunState::Running,
        1 => RunState::Ended,
        _ => RunState::Interrupted,
    };
    let has_ended = state == RunState::Ended;
    Ok(RunSummary {
        id,
        node: node.parse().map_err(|error| broken(format!("the run {id}"), error))?,
        credential: row.get(2)?,
        api_key: row.get(3)?,
        began: id.began(),
        state,
        took_ms: if has_ended { Some(row.get(4)?) } else { None },
        status_code: if has_ended { Some(row.get(5)?) } else { None },
        message: row.get(6)?,
    })
}

/// A record and the bytes of its detail.
fn record(row: &Row<'_>) -> Result<(RunRecord, usize)> {
    let summary = summary(row)?;
    let detail: Option<Vec<u8>> = row.get(8)?;
    let read =
        |detail: &Vec<u8>| RunDetail::read(detail).map_err(|error| broken(format!("the run {}", summary.id), error));
    let size = detail.as_ref().map_or(0, Vec::len);
    let detail = detail.as_ref().map(read).transpose()?;
    Ok((RunRecord { summary, detail }, size))
}
