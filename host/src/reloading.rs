//! Reads nodes and settings anew while a service runs: at SIGHUP, and when their files change where `serve.watch` is set.
//! Runs that are under way keep the node that they began with.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use notify::{RecommendedWatcher, RecursiveMode};
use patchbay_runtime::Runtime;
use patchbay_settings::Flags;
use patchbay_state::State;
use patchbay_state::audit::{Action, Actor};
use serde_json::Value;
use tokio::sync::Notify;

use crate::commands::loading;
use crate::places::{Arguments, Places};
#[cfg(unix)]
use crate::stop::Terminal;
use crate::telemetry::Telemetry;
use crate::watching;

/// Changes that come together are one: a component is written in many steps.
const TOGETHER: Duration = Duration::from_millis(500);
/// So long changes are waited for that come one after the other.
const LONGEST: Duration = Duration::from_secs(10);

/// What a service was started with, to be read again.
pub struct Reloading<'process> {
    /// Where the settings stand.
    pub arguments: &'process Arguments,
    /// The settings that the command line gave.
    pub flags: Flags,
    /// Takes another value of `log`.
    pub telemetry: &'process Telemetry,
}

impl Reloading<'_> {
    /// Reads anew whenever it is asked to, as long as it is polled. It listens from its first poll on.
    ///
    /// # Errors
    /// Signals can not be listened to, or the files not be watched.
    pub async fn keep(self, places: &Places, runtime: Arc<Runtime>, state: State) -> Result<Infallible> {
        let mut asked = Asked::listen()?;
        let changed = Arc::new(Notify::new());
        let _watcher = if places.config.serve.watch { Some(self.watch(places, &changed)?) } else { None };
        let mut before = self.values();
        loop {
            let origin = tokio::select! {
                () = asked.next() => "SIGHUP",
                () = changed.notified() => {
                    let quiet = async { while tokio::time::timeout(TOGETHER, changed.notified()).await.is_ok() {} };
                    // What keeps changing is read as it is then, and again at its next change.
                    tokio::time::timeout(LONGEST, quiet).await.ok();
                    "file watch"
                }
            };
            before = self.settings(before);
            match runtime.reload().await {
                Ok(()) => loading::load(Arc::clone(&runtime)).await,
                Err(error) => tracing::error!("the nodes stay as they were: {error}"),
            }
            let nodes = runtime.snapshot().loaded().count();
            tracing::info!(nodes, "read anew");
            let actor = Actor { name: "operator".to_owned(), origin: origin.to_owned() };
            state.audit.done(&actor, Action::Reloaded, &format!("{nodes} nodes")).await;
        }
    }

    /// Reads the settings, applies what can be applied, and tells the rest. The values from now on.
    fn settings(&self, before: Option<Values>) -> Option<Values> {
        let loaded = match self.arguments.load(self.flags.clone()) {
            Ok(loaded) => loaded,
            Err(problems) => {
                tracing::error!("the settings stay as they were: {problems}");
                return before;
            }
        };
        let now = values(&loaded.settings);
        let had = before.unwrap_or_default();
        let changed: Vec<&str> =
            now.iter().filter(|(key, value)| had.get(*key) != Some(value)).map(|(key, _)| *key).collect();
        if changed.contains(&"log") {
            self.telemetry.log_as(loaded.config.process.log.as_deref());
        }
        let later: Vec<&str> = changed.into_iter().filter(|key| *key != "log").collect();
        if !later.is_empty() {
            tracing::warn!("changed, and in force when the service is started again: {}", later.join(", "));
        }
        // What is not in force yet is told again each time.
        Some(had.into_iter().chain(now.into_iter().filter(|(key, _)| *key == "log")).collect())
    }

    fn values(&self) -> Option<Values> {
        self.arguments.load(self.flags.clone()).ok().map(|loaded| values(&loaded.settings))
    }

    fn watch(&self, places: &Places, changed: &Arc<Notify>) -> Result<RecommendedWatcher> {
        let file = self.arguments.load(self.flags.clone()).ok().and_then(|loaded| loaded.file);
        let file = file.and_then(|file| std::path::absolute(file).ok());
        let folder = file.as_deref().and_then(Path::parent);
        let (nodes, settings, changed) = (absolute(&places.nodes), file.clone(), Arc::clone(changed));
        let is_ours = move |path: &Path| path.starts_with(&nodes) || settings.as_deref() == Some(path);
        // Beside the settings there may be all that the service writes: what lies deeper is no matter.
        let nodes_folder = (places.nodes.as_path(), RecursiveMode::Recursive);
        let folders = [nodes_folder].into_iter().chain(folder.map(|folder| (folder, RecursiveMode::NonRecursive)));
        watching::watch(folders, move |path| {
            if is_ours(&absolute(&path)) {
                changed.notify_one();
            }
        })
    }
}

type Values = BTreeMap<&'static str, Value>;

fn values(settings: &[patchbay_settings::Shown]) -> Values {
    settings.iter().map(|shown| (shown.key, shown.value.clone())).collect()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Who asks for it.
#[cfg(unix)]
struct Asked {
    hangup: tokio::signal::unix::Signal,
    terminal: Terminal,
}

#[cfg(unix)]
impl Asked {
    fn listen() -> Result<Self> {
        let hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
        Ok(Self { hangup, terminal: Terminal::of_this_process() })
    }

    async fn next(&mut self) {
        loop {
            self.hangup.recv().await;
            // Then the service stops: see `stop`.
            if !self.terminal.is_gone() {
                return;
            }
        }
    }
}

/// Nobody, where there is no such signal.
#[cfg(not(unix))]
struct Asked;

#[cfg(not(unix))]
impl Asked {
    fn listen() -> Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
