//! API keys.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::super::error::{Result, StoreError};
use super::super::timestamp::Timestamp;
use super::broken;
use crate::keys::{KeyDigest, StoredKey};

const ALL: &str = "SELECT id, name, digest, grants, created, expires, revoked FROM api_keys ORDER BY created, name";
const ONE: &str = "SELECT id, name, digest, grants, created, expires, revoked FROM api_keys WHERE id = ?";
const NAMED: &str = "SELECT 1 FROM api_keys WHERE name = ? AND revoked IS NULL";
const PUT: &str = "INSERT INTO api_keys (id, name, digest, grants, created, expires) VALUES (?, ?, ?, ?, ?, ?)";

pub async fn all(reads: &SqlitePool) -> Result<Vec<StoredKey>> {
    sqlx::query(ALL).fetch_all(reads).await?.iter().map(read).collect()
}

pub async fn one(reads: &SqlitePool, id: &str) -> Result<Option<StoredKey>> {
    sqlx::query(ONE).bind(id).fetch_optional(reads).await?.as_ref().map(read).transpose()
}

pub async fn insert(connection: &mut SqliteConnection, key: StoredKey) -> Result<()> {
    if sqlx::query(NAMED).bind(&key.name).fetch_optional(&mut *connection).await?.is_some() {
        return Err(StoreError::Exists { what: "an API key", name: key.name });
    }
    let grants = serde_json::to_string(&key.grants).map_err(|error| broken("an API key", error))?;
    sqlx::query(PUT)
        .bind(key.id)
        .bind(key.name)
        .bind(key.digest.0.as_slice())
        .bind(grants)
        .bind(key.created.as_millis())
        .bind(key.expires.map(Timestamp::as_millis))
        .execute(connection)
        .await?;
    Ok(())
}

pub async fn revoke(connection: &mut SqliteConnection, name: String, now: Timestamp) -> Result<bool> {
    let revoke = "UPDATE api_keys SET revoked = ? WHERE name = ? AND revoked IS NULL";
    let revoked = sqlx::query(revoke).bind(now.as_millis()).bind(name).execute(connection).await?;
    Ok(revoked.rows_affected() > 0)
}

fn read(row: &SqliteRow) -> Result<StoredKey> {
    let digest: &[u8] = row.try_get("digest")?;
    let digest = digest.try_into().map_err(|_| broken("an API key", "its digest has another length"))?;
    let time = |column: &str| -> Result<Option<Timestamp>> {
        Ok(row.try_get::<Option<i64>, _>(column)?.map(Timestamp::from_millis))
    };
    Ok(StoredKey {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        digest: KeyDigest(digest),
        grants: serde_json::from_str(row.try_get("grants")?).map_err(|error| broken("an API key", error))?,
        created: Timestamp::from_millis(row.try_get("created")?),
        expires: time("expires")?,
        revoked: time("revoked")?,
    })
}
