//! Loading all nodes of a service, and how far it is.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use patchbay_runtime::{Runtime, chain};

/// Components that were compiled before are loaded in less; then there is nothing worth a word.
const SILENT_FOR: Duration = Duration::from_millis(300);
/// How often it is said how far it is.
const TICK: Duration = Duration::from_millis(120);

/// Loads all nodes, and tells of those that can not be. What has to be compiled takes its time once, and says so.
pub async fn load(runtime: Arc<Runtime>) {
    let all = {
        let loading = runtime.load_all();
        let mut loading = std::pin::pin!(loading);
        match tokio::time::timeout(SILENT_FOR, &mut loading).await {
            Ok(all) => all,
            Err(_) => {
                let progress = Progress::begin(&runtime);
                tokio::select! {
                    all = &mut loading => all,
                    never = progress.tell(&runtime) => match never {},
                }
            }
        }
    };
    for left_out in all.left_out() {
        tracing::error!("{} is left out: {}", left_out.name, chain(&left_out.error));
    }
}

/// A moving line on a terminal, and one line elsewhere.
struct Progress {
    bar: ProgressBar,
    nodes: usize,
}

impl Progress {
    fn begin(runtime: &Runtime) -> Self {
        let nodes = runtime.node_ids().len();
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        let progress = Self { bar, nodes };
        if progress.bar.is_hidden() {
            tracing::info!("compiling {nodes} nodes, once");
        }
        progress
    }

    fn text(&self, runtime: &Runtime) -> String {
        let done = self.nodes.saturating_sub(runtime.snapshot().loading());
        format!("compiling {} nodes, once: {done} done", self.nodes)
    }

    async fn tell(&self, runtime: &Runtime) -> std::convert::Infallible {
        loop {
            self.bar.set_message(self.text(runtime));
            self.bar.tick();
            tokio::time::sleep(TICK).await;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
