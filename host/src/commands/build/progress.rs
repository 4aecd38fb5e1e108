//! How far a build is, for who waits for it: a moving line on a terminal, and a line for each node everywhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use patchbay_build::{Progress, Step};

/// How often the moving line moves.
const TICK: Duration = Duration::from_millis(120);

/// Lines on stderr.
pub struct Lines(ProgressBar);

impl Lines {
    pub fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn line(&self, text: &str) {
        if self.0.is_hidden() {
            eprintln!("{text}");
        } else {
            self.0.println(text);
        }
    }
}

impl Progress for Lines {
    fn reached(&self, step: Step<'_>) {
        match step {
            Step::AddingTarget { at_most } => {
                self.line(&format!("adding rustup's target for nodes (at most {} s)", at_most.as_secs()));
            }
            Step::Began { toolchain, nodes } => {
                let count = if nodes.len() == 1 { "1 node".to_owned() } else { format!("{} nodes", nodes.len()) };
                self.line(&format!("building {count} with {toolchain}"));
                self.0.enable_steady_tick(TICK);
            }
            Step::Compiled { crates, name } => self.0.set_message(format!("compiled {crates} crates, {name}")),
            Step::Node { id, bytes } => self.line(&format!("  {id}  {} KB", bytes.div_ceil(1000))),
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
