//! Makes a component of a core module.

use std::fs;
use std::path::Path;

use patchbay_runtime::NodeId;
use wit_component::ComponentEncoder;

use crate::error::{Error, Result};
use crate::files::write_whole;

/// Writes the component of a module; its size in bytes. The module carries its interface in a custom section that
/// `wit-bindgen` put there.
pub(crate) fn make(id: &NodeId, module: &Path, component: &Path) -> Result<usize> {
    let bytes = fs::read(module).map_err(Error::read(module))?;
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|mut encoder| encoder.encode())
        .map_err(|source| Error::Component { id: id.clone(), source })?;
    write_whole(component, &encoded)?;
    Ok(encoded.len())
}
