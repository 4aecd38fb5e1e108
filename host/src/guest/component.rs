//! Makes a component of a core module.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use wit_component::ComponentEncoder;

/// Writes the component of a module; its size in bytes. The module carries its interface in a custom section that
/// `wit-bindgen` put there.
pub(super) fn make(module: &Path, component: &Path) -> Result<usize> {
    let bytes = fs::read(module).with_context(|| format!("{} can not be read", module.display()))?;
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|mut encoder| encoder.encode())
        .context("it can not be made a component; does it declare itself with `node!`?")?;
    crate::files::write_whole(component, &encoded)?;
    Ok(encoded.len())
}
