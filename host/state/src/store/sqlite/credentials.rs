//! Sealed credentials.

use patchbay_runtime::Name;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};

use super::super::error::{Result, StoreError};
use super::super::timestamp::Timestamp;
use super::broken;
use crate::vault::{KeyId, Resealed, SealedCredential};

const ALL: &str = "SELECT name, provider, kind, created, key, sealed FROM credentials ORDER BY name";
const ONE: &str = "SELECT name, provider, kind, created, key, sealed FROM credentials WHERE name = ?";
const PUT: &str = "INSERT INTO credentials (name, provider, kind, created, key, sealed) VALUES (?, ?, ?, ?, ?, ?)";
const TAKE: &str = "DELETE FROM credentials WHERE name = ? AND sealed = ?";

pub async fn all(reads: &SqlitePool) -> Result<Vec<SealedCredential>> {
    sqlx::query(ALL).fetch_all(reads).await?.iter().map(read).collect()
}

pub async fn one(reads: &SqlitePool, name: &str) -> Result<Option<SealedCredential>> {
    sqlx::query(ONE).bind(name).fetch_optional(reads).await?.as_ref().map(read).transpose()
}

pub async fn master_key(connection: &mut SqliteConnection) -> Result<Option<KeyId>> {
    let found: Option<Vec<u8>> = sqlx::query_scalar("SELECT key FROM vault").fetch_optional(connection).await?;
    let id = |bytes: Vec<u8>| KeyId::from_slice(&bytes).ok_or_else(|| broken("the master key's id", "its length"));
    found.map(id).transpose()
}

pub async fn first_master_key(connection: &mut SqliteConnection, id: KeyId) -> Result<KeyId> {
    if let Some(first) = master_key(connection).await? {
        return Ok(first);
    }
    set_master_key(connection, id).await?;
    Ok(id)
}

pub async fn insert(connection: &mut SqliteConnection, credential: SealedCredential) -> Result<()> {
    match master_key(connection).await? {
        None => set_master_key(connection, credential.key).await?,
        Some(id) if id == credential.key => {}
        Some(_) => return Err(StoreError::Conflict("the master key")),
    }
    put(connection, credential).await
}

pub async fn replace(connection: &mut SqliteConnection, Resealed { before, after }: Resealed) -> Result<()> {
    if master_key(connection).await? != Some(after.key) {
        return Err(StoreError::Conflict("the master key"));
    }
    take(connection, &before).await?;
    put(connection, after).await
}

pub async fn remove(connection: &mut SqliteConnection, name: String) -> Result<bool> {
    let removed = sqlx::query("DELETE FROM credentials WHERE name = ?").bind(name).execute(connection).await?;
    Ok(removed.rows_affected() > 0)
}

pub async fn rotate(connection: &mut SqliteConnection, from: KeyId, to: KeyId, resealed: Vec<Resealed>) -> Result<()> {
    if master_key(connection).await? != Some(from) {
        return Err(StoreError::Conflict("the master key"));
    }
    for Resealed { before, after } in resealed {
        take(connection, &before).await?;
        put(connection, after).await?;
    }
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM credentials WHERE key <> ?")
        .bind(to.as_bytes())
        .fetch_one(&mut *connection)
        .await?;
    if left > 0 {
        return Err(StoreError::Conflict("the list of credentials"));
    }
    set_master_key(connection, to).await
}

async fn set_master_key(connection: &mut SqliteConnection, id: KeyId) -> Result<()> {
    let set = "INSERT OR REPLACE INTO vault (only, key) VALUES (1, ?)";
    sqlx::query(set).bind(id.as_bytes()).execute(connection).await?;
    Ok(())
}

async fn put(connection: &mut SqliteConnection, credential: SealedCredential) -> Result<()> {
    if sqlx::query(ONE).bind(&credential.name).fetch_optional(&mut *connection).await?.is_some() {
        return Err(StoreError::Exists { what: "a credential", name: credential.name });
    }
    sqlx::query(PUT)
        .bind(credential.name)
        .bind(credential.provider.as_str())
        .bind(credential.kind.as_str())
        .bind(credential.created.as_millis())
        .bind(credential.key.as_bytes())
        .bind(credential.sealed)
        .execute(connection)
        .await?;
    Ok(())
}

/// Removes a credential, which must still be as it was read.
async fn take(connection: &mut SqliteConnection, credential: &SealedCredential) -> Result<()> {
    let taken = sqlx::query(TAKE).bind(&credential.name).bind(&credential.sealed).execute(connection).await?;
    if taken.rows_affected() == 1 { Ok(()) } else { Err(StoreError::Conflict("the credential")) }
}

fn read(row: &SqliteRow) -> Result<SealedCredential> {
    let name = |column: &str| -> Result<Name> {
        row.try_get::<&str, _>(column)?.parse().map_err(|error| broken("a credential", error))
    };
    Ok(SealedCredential {
        name: row.try_get("name")?,
        provider: name("provider")?,
        kind: name("kind")?,
        created: Timestamp::from_millis(row.try_get("created")?),
        key: KeyId::from_slice(row.try_get("key")?).ok_or_else(|| broken("a credential", "its key's id"))?,
        sealed: row.try_get("sealed")?,
    })
}
