//! Calls with an idempotency key.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use super::lease::Lease;
use super::{broken, runs};
use crate::calls::{Begun, CallKey, EndedCall, NewCall};
use crate::error::Result;
use crate::runs::{EndedRun, RunId};
use crate::time::Timestamp;

const FIND: &str = "SELECT digest, run, instance, expires, envelope FROM calls WHERE caller = ?1 AND key = ?2";
const PUT: &str = "INSERT OR REPLACE INTO calls (caller, key, digest, run, instance, expires) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
/// Only the run that began may end it.
const FINISH: &str = "UPDATE calls SET envelope = ?1 WHERE caller = ?2 AND key = ?3 AND run = ?4 AND envelope IS NULL";
const FORGET: &str = "DELETE FROM calls WHERE caller = ?1 AND key = ?2 AND run = ?3 AND envelope IS NULL";
/// Calls removed in one transaction.
const PORTION: i64 = 500;
/// What this process runs is known to nobody else.
const PRUNE: &str = "DELETE FROM calls WHERE rowid IN (SELECT rowid FROM calls WHERE expires <= ?1 AND (envelope IS NOT NULL \
                     OR (instance <> ?2 AND instance NOT IN (SELECT id FROM instances WHERE until > ?1))) LIMIT ?3)";

/// What stands in a call's row.
struct Found {
    digest: Vec<u8>,
    run: Vec<u8>,
    instance: String,
    expires: i64,
    outcome: Option<String>,
}

pub fn begin(connection: &Connection, lease: &Lease, call: &NewCall) -> Result<Begun> {
    let CallKey { caller, key } = &call.key;
    let found = connection.prepare_cached(FIND)?.query_row((caller, key), Found::read).optional()?;
    if let Some(found) = found {
        let met = met(connection, lease, found, call)?;
        if met != Begun::New {
            return Ok(met);
        }
    }
    lease.hold(connection)?;
    let (digest, run, expires) = (call.digest.as_bytes(), call.run.id.as_bytes(), call.expires.as_millis());
    connection.prepare_cached(PUT)?.execute((caller, key, digest, run, lease.id(), expires))?;
    runs::start(connection, lease, &call.run)?;
    Ok(Begun::New)
}

impl Found {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            digest: row.get(0)?,
            run: row.get(1)?,
            instance: row.get(2)?,
            expires: row.get(3)?,
            outcome: row.get(4)?,
        })
    }
}

fn met(connection: &Connection, lease: &Lease, found: Found, call: &NewCall) -> Result<Begun> {
    // What runs here is not asked for: a call of this process that did not end has lost its end.
    let is_of_other = found.outcome.is_none() && found.instance != lease.id();
    let lease_end = if is_of_other { lease.of_other(connection, &found.instance)? } else { None };
    if lease_end.is_none() && Timestamp::from_millis(found.expires) <= lease.now() {
        return Ok(Begun::New);
    }
    if found.digest != call.digest.as_bytes() {
        return Ok(Begun::OtherCall);
    }
    let run = RunId::from_slice(&found.run).ok_or_else(|| broken("a call", "its run is no id"))?;
    Ok(match (found.outcome, lease_end) {
        (Some(outcome), _) => Begun::Finished { run, outcome: Arc::from(outcome) },
        (None, Some(until)) => Begun::Running { run, until },
        (None, None) if call.may_repeat => Begun::New,
        (None, None) => Begun::Unknown { run, began: run.began() },
    })
}

pub fn finish(connection: &Connection, ended: &EndedCall) -> Result<()> {
    let (CallKey { caller, key }, run) = (&ended.key, ended.run.started.id);
    let finished = connection.prepare_cached(FINISH)?.execute((&*ended.outcome, caller, key, run.as_bytes()))?;
    if finished == 0 {
        tracing::debug!(%run, "the call was finished before, or its key was given up");
    }
    runs::end(connection, &ended.run)
}

pub fn release(connection: &Connection, key: &CallKey, run: &EndedRun) -> Result<()> {
    connection.prepare_cached(FORGET)?.execute((&key.caller, &key.key, run.started.id.as_bytes()))?;
    runs::end(connection, run)
}

pub fn forget(connection: &Connection, key: &CallKey, run: RunId) -> Result<()> {
    connection.prepare_cached(FORGET)?.execute((&key.caller, &key.key, run.as_bytes()))?;
    runs::forget(connection, run)
}

/// Removes a portion of the calls whose time is over; how many.
pub fn prune_some(connection: &Connection, lease: &Lease, now: Timestamp) -> Result<u64> {
    let removed = connection.prepare_cached(PRUNE)?.execute((now.as_millis(), lease.id(), PORTION))?;
    Ok(removed as u64)
}
