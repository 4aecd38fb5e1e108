//! `patchbay backup`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use patchbay_state::audit::Action;
use patchbay_state::vault::MasterKeySource;

use crate::places::{Places, person};

/// Copy the store to a file, while a service uses it
///
/// Runs, credentials, keys and the audit log, as they are at one moment. Credentials stay sealed: the master key is not in
/// the file, and without it they can not be opened.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay backup /backup/patchbay-2027-01-31.db

To restore: stop the service, put the file into the data directory as patchbay.db,
remove patchbay.db-wal, patchbay.db-shm and journals/ there, put the master key back
where it was, and start the service.")]
pub struct Backup {
    /// The file to write; it must not be there yet
    file: PathBuf,
}

impl Backup {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        let state = places.open_state().await?;
        let copied = state.copy_to(&self.file).await;
        let copied = copied.with_context(|| format!("no backup was written to {}", self.file.display()))?;
        state.audit.done(&person(), Action::BackedUp, &self.file.display().to_string()).await;
        state.close().await;
        eprintln!(
            "wrote {}: {} runs, {} credentials, {} keys",
            self.file.display(),
            copied.runs,
            copied.credentials,
            copied.keys
        );
        if copied.credentials > 0 {
            let settings = &places.config.master_key;
            let key = match (settings.source, &settings.file) {
                (MasterKeySource::Keyring, _) => "in the keyring".to_owned(),
                (MasterKeySource::Variable, _) => "in PATCHBAY_MASTER_KEY".to_owned(),
                (_, Some(file)) => file.display().to_string(),
                (_, None) if std::env::var_os("PATCHBAY_MASTER_KEY").is_some() => "in PATCHBAY_MASTER_KEY".to_owned(),
                (_, None) => places.data.join("master.key").display().to_string(),
            };
            eprintln!("the master key is not in it: keep a copy of it apart ({key})");
        }
        Ok(ExitCode::SUCCESS)
    }
}
