//! Files that change.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

/// Tells of each change in these folders, as deep as is said of each, until the watcher is dropped.
///
/// # Errors
/// A folder can not be watched.
pub fn watch<'folder>(
    folders: impl IntoIterator<Item = (&'folder Path, RecursiveMode)>,
    changed: impl Fn(PathBuf) + Send + 'static,
) -> Result<RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let Ok(event) = event else { return };
        if !matches!(event.kind, EventKind::Access(_)) {
            event.paths.into_iter().for_each(&changed);
        }
    })?;
    for (folder, depth) in folders {
        watcher.watch(folder, depth).with_context(|| format!("{} can not be watched", folder.display()))?;
    }
    Ok(watcher)
}
