//! A copy of the database, taken while others use it.

use std::fs;
use std::io;
use std::path::Path;

use rusqlite::Connection;

use super::{journal, open, writer};
use crate::error::{Result, StoreError};
use crate::files;
use crate::health::Copied;

/// One transaction sees one state, whatever others write meanwhile.
const COPY: &str = "VACUUM INTO ?1";
const COUNTS: &str =
    "SELECT (SELECT runs FROM totals), (SELECT count(*) FROM credentials), (SELECT count(*) FROM api_keys)";
/// The copy is one file, without a log beside it.
const ALONE: &str = "PRAGMA journal_mode = DELETE";

/// Copies the database to a file that is not there yet, readable by its owner alone. What ended before this began is in it.
///
/// # Errors
/// There is such a file, or it can not be written; then there is none afterwards.
pub fn copy(database: &Path, to: &Path) -> Result<Copied> {
    let place = |source: io::Error| StoreError::Place { path: to.to_owned(), source };
    // SQLite fills an empty file, and gives a new one the permissions of everybody's.
    drop(files::make_file(to).map_err(place)?);
    let copied = fill(database, to);
    if copied.is_err()
        && let Err(error) = fs::remove_file(to)
    {
        tracing::warn!(path = %to.display(), %error, "a copy that is not whole could not be removed");
    }
    copied
}

fn fill(database: &Path, to: &Path) -> Result<Copied> {
    let place = |source: io::Error| StoreError::Place { path: to.to_owned(), source };
    // First what is in journals alone: what leaves them meanwhile is in the tables then.
    let ended = journal::held(&open::journals(database)).map_err(place)?;
    let path = to.to_str().ok_or_else(|| place(io::Error::new(io::ErrorKind::InvalidInput, "its name is not text")))?;
    open::writing(database)?.execute(COPY, [path])?;
    let mut copy = open::writing(to)?;
    let change = copy.transaction()?;
    writer::insert(&change, ended.iter())?;
    change.commit()?;
    let counts = counts(&copy)?;
    copy.execute_batch(ALONE)?;
    copy.close().map_err(|(_, error)| error)?;
    fs::File::open(to).and_then(|file| file.sync_all()).map_err(place)?;
    files::sync_folder_of(to).map_err(place)?;
    Ok(counts)
}

fn counts(connection: &Connection) -> Result<Copied> {
    let count = |row: &rusqlite::Row<'_>, index| -> rusqlite::Result<u64> {
        Ok(u64::try_from(row.get::<_, i64>(index)?).unwrap_or_default())
    };
    Ok(connection.query_row(COUNTS, (), |row| {
        Ok(Copied { runs: count(row, 0)?, credentials: count(row, 1)?, keys: count(row, 2)? })
    })?)
}
