//! The tables. Each file is applied once, in order; how many were stands in the database.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::error::{Result, StoreError};

/// Every change of the tables that there was.
pub const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_running.sql"),
    include_str!("migrations/0003_audit.sql"),
];

/// Brings the tables to this program's version.
pub fn run(connection: &mut Connection, file: &Path) -> Result<()> {
    let known = MIGRATIONS.len() as i64;
    if version(connection, file, known)? == known {
        return Ok(());
    }
    // Another process may do the same at this moment: whoever comes second finds it done.
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&change, file, known)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        change.execute_batch(migration)?;
    }
    change.pragma_update(None, "user_version", known)?;
    change.commit()?;
    Ok(())
}

/// The version of the tables; 0 where there are none.
///
/// # Errors
/// [`StoreError::Newer`] when it is newer than what is known.
pub fn version(connection: &Connection, file: &Path, known: i64) -> Result<i64> {
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > known {
        return Err(StoreError::Newer { path: file.to_owned(), found, known });
    }
    Ok(found)
}
