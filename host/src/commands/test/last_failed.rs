//! Which cases failed the last time, for `--last-failed`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use patchbay_build::write_whole;
use patchbay_replay::{Case, Outcome};

/// A file with a line for each case that failed when it was run last: its fixture file and its name, a tab between them.
pub struct LastFailed {
    file: PathBuf,
    cases: BTreeSet<(PathBuf, String)>,
}

impl LastFailed {
    /// Reads them. A file that is not there has none.
    ///
    /// # Errors
    /// The file can not be read.
    pub fn read(data: &Path) -> Result<Self> {
        let file = data.join("failed-fixtures");
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("{} can not be read", file.display())),
        };
        let case = |line: &str| line.split_once('\t').map(|(file, name)| (file.into(), name.to_owned()));
        Ok(Self { file, cases: text.lines().filter_map(case).collect() })
    }

    /// Whether this case is one of them.
    pub fn has(&self, case: &Case) -> bool {
        self.cases.contains(&(whole(&case.file), case.name.clone()))
    }

    /// Notes what became of the cases that were run; of others nothing changes, unless their file is gone.
    ///
    /// # Errors
    /// The file can not be written.
    pub fn note(mut self, outcomes: &[Outcome]) -> Result<()> {
        let before = self.cases.clone();
        for outcome in outcomes {
            let case = (whole(&outcome.case.file), outcome.case.name.clone());
            if outcome.problems.is_empty() {
                self.cases.remove(&case);
            } else {
                self.cases.insert(case);
            }
        }
        self.cases.retain(|(file, _)| file.is_file());
        if self.cases == before {
            return Ok(());
        }
        let line = |(file, name): &(PathBuf, String)| format!("{}\t{name}\n", file.display());
        let text: String = self.cases.iter().map(line).collect();
        if let Some(folder) = self.file.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("{} can not be made", folder.display()))?;
        }
        Ok(write_whole(&self.file, text.as_bytes())?)
    }
}

/// The path from the root: the command may be run in another folder the next time.
fn whole(file: &Path) -> PathBuf {
    file.canonicalize().unwrap_or_else(|_| file.to_owned())
}
