//! Files and folders that are their owner's alone.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder that only its owner can look into, and those above it that are missing.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// Makes a file that only its owner can read.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when there is one.
pub(crate) fn make_file(path: &Path) -> io::Result<File> {
    private().write(true).create_new(true).open(path)
}

/// Opens a file to lock it; makes it, readable by its owner alone, when it is not there.
pub(crate) fn open_lock(path: &Path) -> io::Result<File> {
    private().create(true).append(true).open(path)
}

/// Writes a file that only its owner can read, whole or not at all, and so that it lasts through a power failure. What is
/// there is replaced, unless `is_new`: then it is left, and that is no error.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], is_new: bool) -> io::Result<()> {
    let folder = folder_of(path);
    // Made with mode 0600, and removed again when it does not come to be the file.
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    let persisted = if is_new { file.persist_noclobber(path) } else { file.persist(path) };
    match persisted {
        Ok(_) => sync_folder_of(path),
        // Another process made one at the same moment: that one counts.
        Err(error) if is_new && error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

/// What the names of files begin with that are not whole yet.
pub(crate) const TEMPORARY: &str = ".patchbay-new-";

/// Makes a renaming in a file's folder last through a power failure.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder_of(path))?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path; // There a folder can not be opened.
    Ok(())
}

/// Whether others than its owner can read a file.
pub(crate) fn is_readable_by_others(path: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Ok(fs::metadata(path)?.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    fs::metadata(path).map(|_| false)
}

/// Takes a path's permissions from others; folders stay passable for their owner. Where the path is another user's, as a
/// volume may be, it stays as it is, and the log says so.
pub(crate) fn restrict(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Ok(found) = fs::metadata(path) else { return };
        let mode = if found.is_dir() { 0o700 } else { 0o600 };
        if found.permissions().mode() & 0o077 != 0
            && let Err(error) = fs::set_permissions(path, fs::Permissions::from_mode(mode))
        {
            tracing::warn!(path = %path.display(), %error, "others may be able to read what is in it");
        }
    }
    #[cfg(not(unix))]
    let _ = path; // There a user's own folders are closed to others by themselves.
}

/// Removes what a process left that was killed while it wrote a file whole: a temporary file may hold a key.
pub(crate) fn remove_leftovers(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let is_old = |entry: &fs::DirEntry| {
        let age = entry.metadata().and_then(|found| found.modified()).map(|time| time.elapsed().unwrap_or_default());
        age.is_ok_and(|age| age > LEFTOVER_AGE)
    };
    for entry in entries.flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(TEMPORARY.as_bytes())
            && is_old(&entry)
            && let Err(error) = fs::remove_file(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "what a killed process left could not be removed");
        }
    }
}

/// A file that is written whole is never temporary for so long.
const LEFTOVER_AGE: std::time::Duration = std::time::Duration::from_secs(10);

fn private() -> fs::OpenOptions {
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
