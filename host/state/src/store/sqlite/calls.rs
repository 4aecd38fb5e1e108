//! Calls with an idempotency key.

use std::sync::Arc;

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::super::calls::{Begun, CallKey, NewCall};
use super::super::error::{Result, StoreError};
use super::super::runs::RunId;
use super::super::timestamp::Timestamp;
use super::broken;
use super::instance::Instance;

const FIND: &str = "SELECT digest, run, instance, expires, envelope FROM calls WHERE caller = ? AND key = ?";
const PUT: &str =
    "INSERT OR REPLACE INTO calls (caller, key, digest, run, instance, expires) VALUES (?, ?, ?, ?, ?, ?)";
/// Only the run that began may end it.
const FINISH: &str = "UPDATE calls SET envelope = ? WHERE caller = ? AND key = ? AND run = ? AND envelope IS NULL";
const FORGET: &str = "DELETE FROM calls WHERE caller = ? AND key = ? AND run = ? AND envelope IS NULL";
const OVER: &str = "SELECT caller, key, run, instance, envelope IS NULL AS runs FROM calls WHERE expires <= ?";
const REMOVE: &str = "DELETE FROM calls WHERE caller = ? AND key = ? AND run = ?";

pub async fn begin(
    connection: &mut SqliteConnection,
    instance: Arc<Instance>,
    key: CallKey,
    call: NewCall,
) -> Result<Begun> {
    let found = sqlx::query(FIND).bind(&key.caller).bind(&key.key).fetch_optional(&mut *connection).await?;
    if let Some(found) = found {
        let met = met(&found, &instance, &call)?;
        if met != Begun::New {
            return Ok(met);
        }
    }
    sqlx::query(PUT)
        .bind(key.caller)
        .bind(key.key)
        .bind(call.digest.as_bytes())
        .bind(call.run.as_bytes())
        .bind(instance.id())
        .bind(call.expires.as_millis())
        .execute(connection)
        .await?;
    Ok(Begun::New)
}

fn met(found: &SqliteRow, instance: &Instance, call: &NewCall) -> Result<Begun> {
    let runner: String = found.try_get("instance")?;
    let envelope: Option<String> = found.try_get("envelope")?;
    let is_running = envelope.is_none() && instance.is_alive(&runner);
    let expires = Timestamp::from_millis(found.try_get("expires")?);
    if !is_running && expires <= Timestamp::now() {
        return Ok(Begun::New);
    }
    let digest: &[u8] = found.try_get("digest")?;
    if digest != call.digest.as_bytes() {
        return Ok(Begun::OtherBody);
    }
    let run = RunId::from_slice(found.try_get("run")?).ok_or_else(|| broken("a call", "its run is no id"))?;
    Ok(match envelope {
        Some(envelope) => {
            let envelope = serde_json::from_str(&envelope).map_err(|error| broken("a call's envelope", error))?;
            Begun::Finished { run, envelope }
        }
        None if runner == instance.id() => Begun::RunningHere { run },
        None if is_running => Begun::RunningElsewhere { run },
        None if call.may_repeat => Begun::New,
        None => Begun::Unknown { run, began: run.began() },
    })
}

pub async fn finish(connection: &mut SqliteConnection, key: CallKey, run: RunId, envelope: String) -> Result<()> {
    let finish = sqlx::query(FINISH).bind(envelope).bind(key.caller).bind(key.key).bind(run.as_bytes());
    let finished = finish.execute(connection).await?.rows_affected();
    if finished == 1 { Ok(()) } else { Err(StoreError::Conflict("the call under the idempotency key")) }
}

pub async fn forget(connection: &mut SqliteConnection, key: CallKey, run: RunId) -> Result<()> {
    sqlx::query(FORGET).bind(key.caller).bind(key.key).bind(run.as_bytes()).execute(connection).await?;
    Ok(())
}

pub async fn prune(connection: &mut SqliteConnection, instance: Arc<Instance>, now: Timestamp) -> Result<u64> {
    let mut removed = 0;
    for row in sqlx::query(OVER).bind(now.as_millis()).fetch_all(&mut *connection).await? {
        let (runs, runner): (bool, &str) = (row.try_get("runs")?, row.try_get("instance")?);
        if runs && instance.is_alive(runner) {
            continue;
        }
        let (caller, key, run): (&str, &str, &[u8]) =
            (row.try_get("caller")?, row.try_get("key")?, row.try_get("run")?);
        let remove = sqlx::query(REMOVE).bind(caller).bind(key).bind(run);
        removed += remove.execute(&mut *connection).await?.rows_affected();
    }
    Ok(removed)
}
