//! A run on behalf of a caller: counted, told of in the log, and recorded before it is answered.

use std::sync::Arc;

use patchbay_runtime::{Invocation, Manifest};
use tracing::Span;

use super::Service;
use super::invoke::Answer;
use super::load::Place;
use super::problem::Problem;
use crate::keys::Access;
use crate::store::{Recordable, RunId, record};

impl Service {
    /// Runs a node. Once this returns, a killed process does not lose the run's record.
    ///
    /// # Errors
    /// The node can not be loaded.
    pub async fn run_recorded(
        &self,
        id: RunId,
        invocation: Invocation,
        manifest: &Arc<Manifest>,
        access: &Access,
        place: Place,
    ) -> Result<Answer, Problem> {
        let credential = invocation.credential.clone();
        let (inputs, options) = (invocation.inputs.clone(), invocation.options.clone());
        let run = self.runtime.invoke(invocation).await.map_err(|error| Problem::internal(&error))?;
        Span::current().record("status", run.envelope.status_code);
        self.metrics.ran(&manifest.id, &run, place.waited);
        let credential = credential.as_ref().map(|credential| credential.name());
        tracing::info!(
            credential,
            key = access.key_name(),
            status = run.envelope.status_code,
            attempts = run.attempts,
            exchanges = run.exchanges.len(),
            took_ms = run.took.as_millis() as u64,
            "invoked"
        );
        let written = self.writer.write(record(&Recordable {
            id,
            manifest,
            credential,
            api_key: access.key_name(),
            inputs: &inputs,
            options: &options,
            run: &run,
            contents: self.config.runs.contents,
        }));
        // Its place is held until then: so records come no faster than they can be stored.
        if !written.stored().await {
            tracing::warn!("the run has no record");
        }
        drop(place);
        Ok(Answer { run: id, envelope: run.envelope, is_replay: false })
    }
}
