//! Files.

use std::io;
use std::path::Path;

use crate::error::{Error, Result};

/// Writes a file whole or not at all.
///
/// # Errors
/// [`Error::Write`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let written = || -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        io::Write::write_all(&mut temporary, bytes)?;
        // A temporary file is its owner's alone; what is written is for all who may read the folder.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            temporary.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
        }
        temporary.persist(path)?;
        Ok(())
    };
    written().map_err(Error::write(path))
}
