//! Which processes on the data directory are alive.
//!
//! Each holds a lock on a file of its own, `instances/<id>.lock`. The operating system lets go of it when the process
//! ends, however it ends: whoever can take another's lock knows that the other is gone.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::super::error::{Result, StoreError};
use super::open::make_folder;

const ENDING: &str = "lock";

/// This process on the data directory.
pub struct Instance {
    id: String,
    folder: PathBuf,
    /// Held as long as this lives.
    _lock: File,
}

impl Instance {
    /// Makes itself known, and takes away what processes that are gone have left.
    pub fn start(data: &Path) -> Result<Self> {
        let folder = data.join("instances");
        let id = Uuid::now_v7().simple().to_string();
        let lock = Self::lock(&folder, &id).map_err(|source| StoreError::Place { path: folder.clone(), source })?;
        let instance = Self { id, folder, _lock: lock };
        instance.clean();
        Ok(instance)
    }

    /// Its id; no two processes have the same.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether that process is alive.
    pub fn is_alive(&self, id: &str) -> bool {
        id == self.id || is_locked(&self.file(id))
    }

    /// Locked before it has its name: nobody sees it without its lock.
    fn lock(folder: &Path, id: &str) -> io::Result<File> {
        make_folder(folder)?;
        let file = tempfile::Builder::new().prefix("new").tempfile_in(folder)?;
        file.as_file().lock()?;
        file.persist(folder.join(id).with_extension(ENDING)).map_err(|error| error.error)
    }

    fn file(&self, id: &str) -> PathBuf {
        self.folder.join(id).with_extension(ENDING)
    }

    fn clean(&self) {
        let Ok(entries) = fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_other = path != self.file(&self.id) && path.extension().is_some_and(|ending| ending == ENDING);
            if is_other && !is_locked(&path) {
                // Another may clean too.
                fs::remove_file(path).unwrap_or_default();
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        fs::remove_file(self.file(&self.id)).unwrap_or_default();
    }
}

/// Whether somebody holds the lock of a file. A file that is gone is nobody's.
fn is_locked(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_is_alive_until_it_ends() {
        let data = tempfile::tempdir().unwrap();
        let one = Instance::start(data.path()).unwrap();
        let two = Instance::start(data.path()).unwrap();
        assert!(one.is_alive(two.id()) && two.is_alive(one.id()) && one.is_alive(one.id()));
        let gone = two.id().to_owned();
        drop(two);
        assert!(!one.is_alive(&gone) && !one.is_alive("never"));
    }

    #[test]
    fn what_a_killed_process_left_is_cleaned_up() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("instances");
        make_folder(&folder).unwrap();
        fs::write(folder.join("killed.lock"), "").unwrap();
        let one = Instance::start(data.path()).unwrap();
        assert!(!one.is_alive("killed") && !folder.join("killed.lock").exists());
    }
}
