//! The tables. Each file is applied once, in order; how many were stands in the database.

use std::path::Path;

use sqlx::{Connection, SqliteConnection};

use super::super::error::{Result, StoreError};

const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_first.sql")];

/// Brings the tables to this program's version.
pub async fn run(connection: &mut SqliteConnection, file: &Path) -> Result<()> {
    let known = MIGRATIONS.len() as i64;
    if version(connection, file, known).await? == known {
        return Ok(());
    }
    // Another process may do the same at this moment: whoever comes second finds it done.
    let mut change = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut found = version(&mut change, file, known).await?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        sqlx::raw_sql(*migration).execute(&mut *change).await?;
        found += 1;
    }
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {found}"))).execute(&mut *change).await?;
    change.commit().await?;
    Ok(())
}

async fn version(connection: &mut SqliteConnection, file: &Path, known: i64) -> Result<i64> {
    let found: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(connection).await?;
    if found > known {
        return Err(StoreError::Newer { path: file.to_owned(), found, known });
    }
    Ok(found)
}
