//! Run records.

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, SqlitePool};

use super::super::error::{Result, StoreError};
use super::super::runs::{
    NewRun, RunCursor, RunDetail, RunFilter, RunId, RunPage, RunRecord, RunStatus, RunSummary, Usage,
};
use super::broken;
use crate::keys::NodePattern;

const PUT: &str = "INSERT INTO runs (id, node, credential, api_key, took_ms, status_code, message, bytes) ";
const PUT_DETAIL: &str = "INSERT INTO run_details (id, detail) ";
const ONE: &str = "SELECT runs.id AS id, node, credential, api_key, took_ms, status_code, message, detail \
                   FROM runs JOIN run_details ON run_details.id = runs.id WHERE runs.id = ?";
const LIST: &str = "SELECT id, node, credential, api_key, took_ms, status_code, message FROM runs WHERE true";
const OLD: &str = "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE id < ? ORDER BY id LIMIT ?)";
const OLDEST: &str = "SELECT id, bytes FROM runs ORDER BY id LIMIT ?";

/// What a record takes besides its detail: its row, and its places in the indexes.
const ROW_BYTES: usize = 400;
/// Records of one statement.
const ROWS: usize = 100;
/// Records removed in one transaction.
const PORTION: i64 = 200;

/// Each statement is a turn of the connection's thread, which costs more than what it does: one for many rows.
pub async fn insert(connection: &mut SqliteConnection, runs: Vec<NewRun>) -> Result<()> {
    for runs in runs.chunks(ROWS) {
        let mut put = QueryBuilder::with_arguments(PUT, SqliteArguments::default());
        put.push_values(runs, |mut row, NewRun { summary, detail }| {
            let bytes = i64::try_from(detail.len() + ROW_BYTES).unwrap_or(i64::MAX);
            row.push_bind(summary.id.as_bytes().to_vec())
                .push_bind(summary.node.to_string())
                .push_bind(summary.credential.clone())
                .push_bind(summary.api_key.clone())
                .push_bind(summary.took_ms)
                .push_bind(summary.status_code)
                .push_bind(summary.message.clone())
                .push_bind(bytes);
        });
        // As many statements as there are numbers of rows would push others out of the cache.
        put.build().persistent(false).execute(&mut *connection).await?;
        let mut put = QueryBuilder::with_arguments(PUT_DETAIL, SqliteArguments::default());
        put.push_values(runs, |mut row, NewRun { summary, detail }| {
            row.push_bind(summary.id.as_bytes().to_vec()).push_bind(detail.clone());
        });
        put.build().persistent(false).execute(&mut *connection).await?;
    }
    Ok(())
}

pub async fn one(reads: &SqlitePool, id: RunId) -> Result<Option<RunRecord>> {
    let Some(row) = sqlx::query(ONE).bind(id.as_bytes()).fetch_optional(reads).await? else { return Ok(None) };
    let summary = summary(&row)?;
    let detail: &[u8] = row.try_get("detail")?;
    let detail: RunDetail = serde_json::from_slice(detail).map_err(|error| broken(&format!("the run {id}"), error))?;
    Ok(Some(RunRecord { summary, detail }))
}

pub async fn page(reads: &SqlitePool, filter: &RunFilter) -> Result<RunPage> {
    let limit = filter.limit.unwrap_or(RunFilter::LIMIT).clamp(1, RunFilter::MOST) as usize;
    let mut query = select(filter);
    query.push(" ORDER BY id DESC LIMIT ").push_bind(limit as i64 + 1);
    let rows = query.build().fetch_all(reads).await?;
    let mut runs = rows.iter().map(summary).collect::<Result<Vec<_>>>()?;
    let has_more = runs.len() > limit;
    runs.truncate(limit);
    let last = runs.last().filter(|_| has_more);
    let next_cursor = last.map(|run| RunCursor(run.id).to_string());
    Ok(RunPage { runs, next_cursor })
}

fn select(filter: &RunFilter) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::with_arguments(LIST, SqliteArguments::default());
    let id = |id: RunId| id.as_bytes().to_vec();
    if let Some(node) = &filter.node {
        query.push(" AND node = ").push_bind(node.to_string());
    }
    if let Some(credential) = &filter.credential {
        query.push(" AND credential = ").push_bind(credential.clone());
    }
    match filter.status {
        Some(RunStatus::Success) => drop(query.push(" AND status_code = 200")),
        Some(RunStatus::Failure) => drop(query.push(" AND status_code <> 200")),
        Some(RunStatus::Code(code)) => drop(query.push(" AND status_code = ").push_bind(code)),
        None => {}
    }
    if let Some(from) = filter.from {
        query.push(" AND id >= ").push_bind(id(RunId::floor(from)));
    }
    if let Some(to) = filter.to {
        query.push(" AND id < ").push_bind(id(RunId::floor(to)));
    }
    if let Some(RunCursor(last)) = filter.cursor {
        query.push(" AND id < ").push_bind(id(last));
    }
    if !filter.nodes.is_empty() && !filter.nodes.contains(&NodePattern::All) {
        query.push(" AND (false");
        for pattern in &filter.nodes {
            match pattern {
                NodePattern::All => {}
                // A provider's name has no character that GLOB gives a meaning.
                NodePattern::Provider(name) => drop(query.push(" OR node GLOB ").push_bind(format!("{name}/*"))),
                NodePattern::Node(node) => drop(query.push(" OR node = ").push_bind(node.to_string())),
            }
        }
        query.push(")");
    }
    if !filter.credentials.is_empty() {
        query.push(" AND (credential IS NULL");
        for name in &filter.credentials {
            query.push(" OR credential = ").push_bind(name.clone());
        }
        query.push(")");
    }
    query
}

pub async fn usage(reads: &SqlitePool) -> Result<Usage> {
    let row = sqlx::query("SELECT runs, bytes FROM totals").fetch_one(reads).await?;
    let number = |column: &str| Ok::<_, StoreError>(u64::try_from(row.try_get::<i64, _>(column)?).unwrap_or_default());
    Ok(Usage { runs: number("runs")?, bytes: number("bytes")? })
}

/// Removes a portion of the records that are too old or too many; how many.
pub async fn prune_some(
    connection: &mut SqliteConnection,
    before: Option<RunId>,
    most_bytes: Option<u64>,
) -> Result<u64> {
    if let Some(before) = before {
        let old = sqlx::query(OLD).bind(before.as_bytes()).bind(PORTION).execute(&mut *connection).await?;
        if old.rows_affected() > 0 {
            return Ok(old.rows_affected());
        }
    }
    let Some(most) = most_bytes else { return Ok(0) };
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let total: i64 = sqlx::query_scalar("SELECT bytes FROM totals").fetch_one(&mut *connection).await?;
    let (mut over, mut last) = (total.saturating_sub(most), None);
    if over <= 0 {
        return Ok(0);
    }
    for row in sqlx::query(OLDEST).bind(PORTION).fetch_all(&mut *connection).await? {
        if over <= 0 {
            break;
        }
        over -= row.try_get::<i64, _>("bytes")?;
        last = Some(row.try_get::<Vec<u8>, _>("id")?);
    }
    let removed = sqlx::query("DELETE FROM runs WHERE id <= ?").bind(last).execute(connection).await?;
    Ok(removed.rows_affected())
}

fn summary(row: &SqliteRow) -> Result<RunSummary> {
    let id = RunId::from_slice(row.try_get("id")?).ok_or_else(|| broken("a run", "its id"))?;
    let node = row.try_get::<&str, _>("node")?.parse().map_err(|error| broken(&format!("the run {id}"), error))?;
    Ok(RunSummary {
        id,
        node,
        credential: row.try_get("credential")?,
        api_key: row.try_get("api_key")?,
        began: id.began(),
        took_ms: row.try_get("took_ms")?,
        status_code: row.try_get("status_code")?,
        message: row.try_get("message")?,
    })
}
