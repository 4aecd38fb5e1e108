//! Sealed credentials.

use patchbay_runtime::Name;
use rusqlite::{Connection, OptionalExtension, Row};

use super::broken;
use crate::error::{Result, StoreError};
use crate::time::Timestamp;
use crate::vault::{KeyId, Resealed, SealedCredential};

const ALL: &str = "SELECT name, provider, kind, created, key, sealed FROM credentials ORDER BY name";
const ONE: &str = "SELECT name, provider, kind, created, key, sealed FROM credentials WHERE name = ?1";
const PUT: &str =
    "INSERT INTO credentials (name, provider, kind, created, key, sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const TAKE: &str = "DELETE FROM credentials WHERE name = ?1 AND sealed = ?2";
const REMOVE: &str = "DELETE FROM credentials WHERE name = ?1";
const UNDER_ANOTHER: &str = "SELECT EXISTS (SELECT 1 FROM credentials WHERE key <> ?1)";
const MASTER_KEY: &str = "SELECT key FROM vault";
const SET_MASTER_KEY: &str = "INSERT OR REPLACE INTO vault (only, key) VALUES (1, ?1)";

pub fn all(connection: &Connection) -> Result<Vec<SealedCredential>> {
    let mut all = connection.prepare_cached(ALL)?;
    let mut rows = all.query(())?;
    let mut credentials = Vec::new();
    while let Some(row) = rows.next()? {
        credentials.push(read(row)?);
    }
    Ok(credentials)
}

pub fn by_name(connection: &Connection, name: &str) -> Result<Option<SealedCredential>> {
    let mut one = connection.prepare_cached(ONE)?;
    let mut rows = one.query([name])?;
    rows.next()?.map(read).transpose()
}

pub fn master_key(connection: &Connection) -> Result<Option<KeyId>> {
    let found: Option<Vec<u8>> = connection.prepare_cached(MASTER_KEY)?.query_row((), |row| row.get(0)).optional()?;
    let id = |bytes: Vec<u8>| KeyId::from_slice(&bytes).ok_or_else(|| broken("the master key's id", "its length"));
    found.map(id).transpose()
}

pub fn first_master_key(connection: &Connection, id: KeyId) -> Result<KeyId> {
    if let Some(first) = master_key(connection)? {
        return Ok(first);
    }
    set_master_key(connection, id)?;
    Ok(id)
}

pub fn insert(connection: &Connection, credential: &SealedCredential) -> Result<()> {
    match master_key(connection)? {
        None => set_master_key(connection, credential.key)?,
        Some(id) if id == credential.key => {}
        Some(_) => return Err(StoreError::Conflict("the master key")),
    }
    put(connection, credential)
}

pub fn replace(connection: &Connection, Resealed { before, after }: &Resealed) -> Result<()> {
    if master_key(connection)? != Some(after.key) {
        return Err(StoreError::Conflict("the master key"));
    }
    take(connection, before)?;
    put(connection, after)
}

pub fn remove(connection: &Connection, name: &str) -> Result<bool> {
    Ok(connection.prepare_cached(REMOVE)?.execute([name])? > 0)
}

pub fn rotate(connection: &Connection, from: KeyId, to: KeyId, resealed: &[Resealed]) -> Result<()> {
    if master_key(connection)? != Some(from) {
        return Err(StoreError::Conflict("the master key"));
    }
    for Resealed { before, after } in resealed {
        take(connection, before)?;
        put(connection, after)?;
    }
    if connection.prepare_cached(UNDER_ANOTHER)?.query_row([to.as_bytes()], |row| row.get(0))? {
        return Err(StoreError::Conflict("the list of credentials"));
    }
    set_master_key(connection, to)
}

fn set_master_key(connection: &Connection, id: KeyId) -> Result<()> {
    connection.prepare_cached(SET_MASTER_KEY)?.execute([id.as_bytes()])?;
    Ok(())
}

fn put(connection: &Connection, credential: &SealedCredential) -> Result<()> {
    if connection.prepare_cached(ONE)?.exists([&credential.name])? {
        return Err(StoreError::Exists { what: "a credential", name: credential.name.clone() });
    }
    let SealedCredential { name, provider, kind, created, key, sealed } = credential;
    let row = (name, provider.as_str(), kind.as_str(), created.as_millis(), key.as_bytes(), sealed);
    connection.prepare_cached(PUT)?.execute(row)?;
    Ok(())
}

/// Removes a credential, which must still be as it was read.
fn take(connection: &Connection, credential: &SealedCredential) -> Result<()> {
    let taken = connection.prepare_cached(TAKE)?.execute((&credential.name, &credential.sealed))?;
    if taken == 1 { Ok(()) } else { Err(StoreError::Conflict("the credential")) }
}

fn read(row: &Row<'_>) -> Result<SealedCredential> {
    let name = |column: &str| -> Result<Name> {
        row.get_ref(column)?
            .as_str()
            .map_err(rusqlite::Error::from)?
            .parse()
            .map_err(|error| broken("a credential", error))
    };
    let key: Vec<u8> = row.get("key")?;
    Ok(SealedCredential {
        name: row.get("name")?,
        provider: name("provider")?,
        kind: name("kind")?,
        created: Timestamp::from_millis(row.get("created")?),
        key: KeyId::from_slice(&key).ok_or_else(|| broken("a credential", "its key's id has another length"))?,
        sealed: row.get("sealed")?,
    })
}
