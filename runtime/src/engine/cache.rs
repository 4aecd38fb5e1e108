//! Compiled components on disk, so that a component is compiled once per machine.
//!
//! A compiled component is native code that the host will run: it is read only from a directory that nobody else may
//! write, and only under the digest of the component that it was made from. Beside it stands its own digest: a form that
//! differs from what was written is compiled anew.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::component::Component;

use crate::error::{Error, Result};

/// A directory of compiled components.
pub(super) struct CompileCache {
    directory: PathBuf,
}

impl CompileCache {
    /// Opens the directory, and makes it when it is absent.
    pub fn open(directory: &Path) -> Result<Self> {
        let refuse = |reason: String| Error::Cache { path: directory.to_owned(), reason };
        make_private(directory).map_err(|error| refuse(error.to_string()))?;
        check_private(directory).map_err(refuse)?;
        Ok(Self { directory: directory.to_owned() })
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The compiled form of a component, when it is kept, as it was when it was written.
    pub fn kept(&self, engine: &wasmtime::Engine, component: &[u8]) -> Option<Component> {
        let file = self.directory.join(file_name(engine, component));
        let compiled = fs::read(&file).ok()?;
        let digest = fs::read_to_string(digest_file(&file)).unwrap_or_default();
        if digest != hexadecimal(&Sha256::digest(&compiled)) {
            tracing::warn!(file = %file.display(), "compiling anew, the kept form is not as it was written");
            return None;
        }
        // SAFETY: the bytes are what `keep` below wrote of the output of wasmtime's compiler: the directory is writable by
        // this user alone, which was checked when it was opened, and their digest is the one that was taken then. Wasmtime
        // itself checks that its version and settings are those that they were made with.
        match unsafe { Component::deserialize(engine, &compiled) } {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(file = %file.display(), "compiling anew, the kept form is unusable: {error:#}");
                None
            }
        }
    }

    /// Keeps the compiled form of a component. Where that fails it is compiled again the next time.
    pub fn keep(&self, engine: &wasmtime::Engine, component: &[u8], compiled: &[u8]) {
        let file = self.directory.join(file_name(engine, component));
        let digest = hexadecimal(&Sha256::digest(compiled));
        // A form whose digest is not there yet, or is of another one, is not used.
        let written = self.write(&file, compiled).and_then(|()| self.write(&digest_file(&file), digest.as_bytes()));
        if let Err(error) = written {
            tracing::warn!(file = %file.display(), "the compiled component could not be kept: {error}");
        }
    }

    /// Writes the file whole or not at all, also when the machine stops in between.
    fn write(&self, file: &Path, content: &[u8]) -> std::io::Result<()> {
        let mut temporary = tempfile::NamedTempFile::new_in(&self.directory)?;
        temporary.write_all(content)?;
        temporary.as_file().sync_all()?;
        temporary.persist(file)?;
        Ok(())
    }
}

fn digest_file(file: &Path) -> PathBuf {
    file.with_extension("sha256")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names a compiled component by what it was made from and what it was made for.
fn file_name(engine: &wasmtime::Engine, bytes: &[u8]) -> String {
    use std::hash::{Hash, Hasher};
    /// Feeds a hash into SHA-256: wasmtime describes its compatibility as a `Hash` only.
    struct Sha(Sha256);
    impl Hasher for Sha {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut sha = Sha(Sha256::new_with_prefix(bytes));
    engine.precompile_compatibility_hash().hash(&mut sha);
    hexadecimal(&sha.0.finalize()) + ".cwasm"
}

#[cfg(unix)]
fn make_private(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

#[cfg(unix)]
fn check_private(directory: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(directory).map_err(|error| error.to_string())?;
    if metadata.mode() & 0o022 != 0 {
        return Err("others may write to it, and its files are run as native code; run `chmod 700` on it".to_owned());
    }
    // A probe tells whose files this process makes, without asking the system for user ids.
    let probe = tempfile::NamedTempFile::new_in(directory).map_err(|error| error.to_string())?;
    let own = probe.as_file().metadata().map_err(|error| error.to_string())?.uid();
    if own != metadata.uid() {
        return Err("it belongs to another user, and its files are run as native code".to_owned());
    }
    Ok(())
}

#[cfg(not(unix))]
fn make_private(directory: &Path) -> std::io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(not(unix))]
fn check_private(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_directory_that_others_may_write_to_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let error = CompileCache::open(directory.path()).err().unwrap().to_string();
        assert!(error.contains("chmod 700"), "{error}");
    }

    #[test]
    fn a_kept_form_that_differs_from_what_was_written_is_not_used() {
        let directory = tempfile::tempdir().unwrap();
        let cache = CompileCache::open(&directory.path().join("compiled")).unwrap();
        assert_eq!(fs::metadata(&cache.directory).unwrap().permissions().mode() & 0o777, 0o700);
        let engine = wasmtime::Engine::default();
        let component = b"\0asm\x0d\0\x01\0";
        assert!(cache.kept(&engine, component).is_none());
        let compiled = engine.precompile_component(component).unwrap();
        cache.keep(&engine, component, &compiled);
        assert!(cache.kept(&engine, component).is_some());

        let file = cache.directory.join(file_name(&engine, component));
        let mut changed = compiled.clone();
        *changed.last_mut().unwrap() ^= 1;
        for damaged in [&b"damaged"[..], &changed] {
            fs::write(&file, damaged).unwrap();
            assert!(cache.kept(&engine, component).is_none());
        }
        fs::write(&file, &compiled).unwrap();
        fs::remove_file(digest_file(&file)).unwrap();
        assert!(cache.kept(&engine, component).is_none(), "also without a digest");
        cache.keep(&engine, component, &compiled);
        assert!(cache.kept(&engine, component).is_some());
    }
}
