//! API keys.

use rusqlite::{Connection, Row};

use super::broken;
use crate::error::{Result, StoreError};
use crate::keys::{KeyDigest, StoredKey};
use crate::time::Timestamp;

const ALL: &str = "SELECT id, name, digest, grants, created, expires, revoked FROM api_keys ORDER BY created, name";
const ANY: &str = "SELECT EXISTS (SELECT 1 FROM api_keys)";
const ONE: &str = "SELECT id, name, digest, grants, created, expires, revoked FROM api_keys WHERE id = ?1";
const NAMED: &str = "SELECT 1 FROM api_keys WHERE name = ?1 AND revoked IS NULL";
const PUT: &str = "INSERT INTO api_keys (id, name, digest, grants, created, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const REVOKE: &str = "UPDATE api_keys SET revoked = ?1 WHERE name = ?2 AND revoked IS NULL";

pub fn all(connection: &Connection) -> Result<Vec<StoredKey>> {
    let mut all = connection.prepare_cached(ALL)?;
    let mut rows = all.query(())?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        keys.push(read(row)?);
    }
    Ok(keys)
}

pub fn any(connection: &Connection) -> Result<bool> {
    Ok(connection.prepare_cached(ANY)?.query_row((), |row| row.get(0))?)
}

pub fn by_id(connection: &Connection, id: &str) -> Result<Option<StoredKey>> {
    let mut one = connection.prepare_cached(ONE)?;
    let mut rows = one.query([id])?;
    rows.next()?.map(read).transpose()
}

pub fn insert(connection: &Connection, key: &StoredKey) -> Result<()> {
    if connection.prepare_cached(NAMED)?.exists([&key.name])? {
        return Err(StoreError::Exists { what: "an API key", name: key.name.clone() });
    }
    let grants = serde_json::to_string(&key.grants).map_err(|error| broken("an API key", error))?;
    let (created, expires) = (key.created.as_millis(), key.expires.map(Timestamp::as_millis));
    let row = (&key.id, &key.name, key.digest.0.as_slice(), grants, created, expires);
    connection.prepare_cached(PUT)?.execute(row)?;
    Ok(())
}

pub fn revoke(connection: &Connection, name: &str, now: Timestamp) -> Result<bool> {
    Ok(connection.prepare_cached(REVOKE)?.execute((now.as_millis(), name))? > 0)
}

fn read(row: &Row<'_>) -> Result<StoredKey> {
    let digest: Vec<u8> = row.get("digest")?;
    let digest = digest.as_slice().try_into().map_err(|_| broken("an API key", "its digest has another length"))?;
    let time = |column: &str| -> Result<Option<Timestamp>> {
        Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_millis))
    };
    let grants: String = row.get("grants")?;
    Ok(StoredKey {
        id: row.get("id")?,
        name: row.get("name")?,
        digest: KeyDigest(digest),
        grants: serde_json::from_str(&grants).map_err(|error| broken("an API key", error))?,
        created: Timestamp::from_millis(row.get("created")?),
        expires: time("expires")?,
        revoked: time("revoked")?,
    })
}
