//! The database's file, its folder, and connections to it.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrations;
use crate::error::{Result, StoreError};
use crate::files;

const FILE: &str = "patchbay.db";
/// The master key's file, where the settings name no other.
const KEY_FILE: &str = "master.key";
/// The folder of the processes' journals.
const JOURNALS: &str = "journals";
/// Names that Patchbay gives in a data directory: a folder that holds nothing else is its own. `instances` held files of
/// processes once.
const OWN: [&str; 12] = [
    FILE,
    "patchbay.db-wal",
    "patchbay.db-shm",
    "compiled",
    JOURNALS,
    "instances",
    KEY_FILE,
    "master.key.next",
    "master.key.lock",
    "patchbay.toml",
    "up.address",
    "lost+found",
];
/// How long a connection waits for another process to finish its change.
const LOCK_WAIT: Duration = Duration::from_secs(10);
/// How soon a database that was made has something in it.
const FILLED_AFTER: Duration = Duration::from_secs(1);
/// Statements that a connection keeps prepared: more than there are.
const STATEMENTS: usize = 64;
/// The log may grow to 16,000 pages (64 MB) before a commit copies what `checkpoints` has left of it, so that it begins
/// anew. With NORMAL a commit withstands the end of the process, with FULL that of the machine's power.
const PRAGMAS: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 16000;
    PRAGMA journal_size_limit = 67108864;
";

/// The database's file in a data directory.
pub fn path(data: &Path) -> PathBuf {
    data.join(FILE)
}

/// The folder of the journals that belong to a database.
pub fn journals(file: &Path) -> PathBuf {
    file.with_file_name(JOURNALS)
}

/// Makes the folder and the file, readable by their owner alone, with all tables as they should be. The connection writes.
pub fn prepare(data: &Path) -> Result<Connection> {
    let path = path(data);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Place { path, source }
    };
    let is_to_be_restricted = match data.is_dir() {
        true => is_own(data).map_err(failed(data))?,
        false => {
            files::make_folder(data).map_err(failed(data))?;
            false
        }
    };
    files::remove_leftovers(data);
    // SQLite gives its other files the permissions of this one.
    match files::make_file(&path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            files::restrict(&path);
            let key = data.join(KEY_FILE);
            if key.exists() && stays_empty(&path).map_err(failed(&path))? {
                return Err(StoreError::Lost { path, key });
            }
        }
        Err(error) => return Err(failed(&path)(error)),
    }
    // Once it is known that the folder can be used at all: else that is what there is to say.
    if is_to_be_restricted {
        files::restrict(data);
    }
    let is_new = fs::metadata(&path).map_err(failed(&path))?.len() == 0;
    let mut connection = connect(&path)?;
    if is_new {
        // It is a property of the file, which it has from its first page on or never; to ask for it again is a change.
        connection.execute_batch("PRAGMA auto_vacuum = INCREMENTAL")?;
    }
    connection.execute_batch(PRAGMAS)?;
    migrations::run(&mut connection, &path)?;
    Ok(connection)
}

/// The error, or where it says so that the database is damaged.
pub fn damaged(error: StoreError, path: &Path) -> StoreError {
    let StoreError::Failed(cause) = &error else { return error };
    let code = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    match code {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Damaged { path: path.to_owned(), reason: error.reason() }
        }
        _ => error,
    }
}

/// A connection that writes, to a database that is there.
pub fn writing(path: &Path) -> Result<Connection> {
    let connection = connect(path)?;
    connection.execute_batch(PRAGMAS)?;
    Ok(connection)
}

/// A connection that only reads. It can write nothing but what SQLite itself needs beside the database.
pub fn reading(path: &Path) -> Result<Connection> {
    let connection = writing(path)?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection> {
    // Each connection is used by one thread at a time, which needs no locks of SQLite's own.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

/// Whether a file is empty, and not because another process has made it at this moment and is about to fill it.
fn stays_empty(path: &Path) -> io::Result<bool> {
    let began = Instant::now();
    while fs::metadata(path)?.len() == 0 {
        if began.elapsed() > FILLED_AFTER {
            return Ok(true);
        }
        std::thread::sleep(FILLED_AFTER / 20);
    }
    Ok(false)
}

/// Whether a folder holds nothing but what Patchbay makes. Any other folder keeps its permissions: the one who named it
/// may have meant something else.
fn is_own(data: &Path) -> io::Result<bool> {
    let own: BTreeSet<&str> = OWN.into();
    for entry in fs::read_dir(data)? {
        if !entry?.file_name().to_str().is_some_and(|name| own.contains(name)) {
            return Ok(false);
        }
    }
    Ok(true)
}
