//! The database's file, its folder, and connections to it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use super::super::error::{Result, StoreError};
use super::migrations;

const FILE: &str = "patchbay.db";
/// Names that Patchbay gives in a data directory: a folder that holds nothing else is its own.
const OWN: [&str; 10] = [
    FILE,
    "patchbay.db-wal",
    "patchbay.db-shm",
    "compiled",
    "instances",
    "master.key",
    "master.key.next",
    "master.key.lock",
    "patchbay.toml",
    "lost+found",
];
/// How long a connection waits for another process to finish its change.
const LOCK_WAIT: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
/// Pages in the log before a commit copies what `checkpoints` has left of them, so that the log begins anew: 64 MB.
const LOG_PAGES: &str = "16000";

/// The database's file in a data directory.
pub fn path(data: &Path) -> PathBuf {
    data.join(FILE)
}

/// Makes the folder and the file, readable by their owner alone.
pub fn prepare(data: &Path) -> Result<PathBuf> {
    let path = path(data);
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| StoreError::Place { path, source }
    };
    if data.is_dir() {
        if is_own(data).map_err(failed(data))? {
            restrict(data, 0o700);
        }
    } else {
        make_folder(data).map_err(failed(data))?;
    }
    // SQLite gives its other files the permissions of this one.
    match new_file(&path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => restrict(&path, 0o600),
        Err(error) => return Err(failed(&path)(error)),
    }
    Ok(path)
}

/// The one connection that writes, with all tables as they should be.
pub async fn writing(file: &Path) -> Result<SqliteConnection> {
    let mut connection = options(file).connect().await?;
    migrations::run(&mut connection, file).await?;
    Ok(connection)
}

/// Another connection to a database that has its tables.
pub async fn further(file: &Path) -> Result<SqliteConnection> {
    Ok(options(file).connect().await?)
}

/// Connections that only read.
pub fn reading(file: &Path) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options(file).pragma("query_only", "ON"))
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .busy_timeout(LOCK_WAIT)
        .pragma("wal_autocheckpoint", LOG_PAGES)
        .pragma("journal_size_limit", "67108864")
        .disable_statement_logging()
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

/// Takes a path's permissions from others. Where it is another's, as a volume may be, it stays as it is: the files in it
/// are still restricted.
fn restrict(path: &Path, mode: u32) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let open = fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
        if open && let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(mode)) {
            tracing::warn!(path = %path.display(), %error, "others may be able to read what is in it");
        }
    }
    #[cfg(not(unix))]
    let _ = (path, mode);
}

/// Makes a folder, and those above it that are missing.
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)
}
