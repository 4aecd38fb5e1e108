//! `patchbay test --watch`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use notify::{RecommendedWatcher, RecursiveMode};
use patchbay_runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Test;
use crate::places::Places;
use crate::watching;
use patchbay_replay::{CaseFile, Selection, is_fixture, report};

/// How long to wait after a change for those that come with it.
const TOGETHER: Duration = Duration::from_millis(150);

/// What changed.
#[derive(Default)]
struct Changes {
    fixtures: BTreeSet<PathBuf>,
    /// `provider/operation` of components; `provider` where its data changed.
    components: BTreeSet<String>,
}

impl Test {
    /// Runs everything once, then what changes.
    pub(super) async fn watch(&self, places: &Places) -> Result<ExitCode> {
        let mut runtime = Arc::new(places.runtime(Vec::new())?);
        let (mut changed, _watcher) = self.watcher(places)?;
        self.run_and_tell(places, &runtime, &self.select(places)?).await?;
        loop {
            report::print("\nwatching fixtures and components; Ctrl-C ends\n")?;
            let changes = tokio::select! {
                changes = next(&mut changed, places) => changes,
                stopped = tokio::signal::ctrl_c() => {
                    stopped.context("signals can not be listened to")?;
                    return Ok(ExitCode::SUCCESS);
                }
            };
            if !changes.components.is_empty() {
                match places.runtime(Vec::new()) {
                    Ok(anew) => runtime = Arc::new(anew),
                    Err(error) => report::print(&format!("{error:#}\n"))?,
                }
            }
            // A file may have come or gone meanwhile.
            let mut selection = self.select(places).unwrap_or_default();
            selection.files.retain(|file| changes.concern(file));
            selection.is_part = true;
            if !selection.files.is_empty() {
                report::print("\n")?;
                self.run_and_tell(places, &runtime, &selection).await?;
            }
        }
    }

    /// What is wrong with a fixture is told, and watching goes on.
    async fn run_and_tell(&self, places: &Places, runtime: &Arc<Runtime>, selection: &Selection) -> Result<()> {
        match self.run_cases(places, runtime, selection).await {
            Ok(results) => self.tell(&results),
            Err(error) => Ok(report::print(&format!("{error:#}\n"))?),
        }
    }

    fn watcher(&self, places: &Places) -> Result<(UnboundedReceiver<PathBuf>, RecommendedWatcher)> {
        let (sender, receiver) = unbounded_channel();
        let named = self.what.iter().map(PathBuf::from).filter(|path| path.exists());
        let own = places.sources();
        let folders: Vec<PathBuf> = named.chain(own).chain([places.nodes.clone()]).collect();
        // The receiver is gone when the command ends.
        let folders = folders.iter().map(|folder| (folder.as_path(), RecursiveMode::Recursive));
        let watcher = watching::watch(folders, move |path| drop(sender.send(path)))?;
        Ok((receiver, watcher))
    }
}

/// The next changes that matter, those that come together as one.
async fn next(changed: &mut UnboundedReceiver<PathBuf>, places: &Places) -> Changes {
    let mut changes = Changes::default();
    loop {
        let is_first = changes.fixtures.is_empty() && changes.components.is_empty();
        let path = if is_first {
            changed.recv().await
        } else {
            tokio::time::timeout(TOGETHER, changed.recv()).await.ok().flatten()
        };
        match path {
            Some(path) => changes.note(&path, places),
            None if is_first => std::future::pending().await,
            None => return changes,
        }
    }
}

impl Changes {
    fn note(&mut self, path: &Path, places: &Places) {
        if is_fixture(path) {
            self.fixtures.insert(absolute(path));
        } else if let Ok(component) = absolute(path).strip_prefix(absolute(&places.nodes)) {
            let is_node = component.extension().is_some_and(|extension| extension == "wasm");
            if is_node || component.ends_with("provider.toml") {
                let named = if is_node { component.with_extension("") } else { component.with_file_name("") };
                self.components.insert(named.to_string_lossy().trim_end_matches('/').to_owned());
            }
        }
    }

    fn concern(&self, file: &CaseFile) -> bool {
        let provider = file.node.split('/').next().unwrap_or_default();
        let changed = |path: &PathBuf| self.fixtures.contains(&absolute(path));
        changed(&file.path)
            || file.shared.iter().any(changed)
            || self.components.contains(&file.node)
            || self.components.contains(provider)
    }
}

fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().or_else(|_| std::path::absolute(path)).unwrap_or_else(|_| path.to_owned())
}
