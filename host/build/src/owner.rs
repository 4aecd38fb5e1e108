//! Whose a folder of built nodes is: an id has one provider, and another one of the same id would take the place of all its
//! nodes.

use std::fs;
use std::path::{Path, PathBuf};

use patchbay_runtime::Name;

use crate::error::{Error, Result};
use crate::files::write_whole;

const FILE: &str = ".built-of";

/// Refuses a folder that was built of another provider's sources. Sources that are gone own nothing.
pub(crate) fn check(output: &Path, source: &Path, id: &Name) -> Result<()> {
    let Ok(owner) = fs::read_to_string(output.join(FILE)) else { return Ok(()) };
    let owner = PathBuf::from(owner);
    let is_other = owner.join("provider.toml").is_file() && owner.canonicalize().ok() != source.canonicalize().ok();
    if is_other {
        return Err(Error::Owned { id: id.clone(), owner, source_folder: source.to_owned() });
    }
    Ok(())
}

/// Notes whose it is.
pub(crate) fn put_on(output: &Path, source: &Path) -> Result<()> {
    let source = source.canonicalize().map_err(Error::read(source))?;
    write_whole(&output.join(FILE), source.as_os_str().as_encoded_bytes())
}
