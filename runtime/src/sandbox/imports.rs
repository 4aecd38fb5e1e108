//! What a node's imports do: requests and files go to the gate, lines into the journal. Each version of the boundary has
//! the same behind it.

use wasmtime::component::{HasSelf, Linker};

use super::State;
use crate::bindings::{v0_1, v0_2};
use crate::excerpt::escape_controls;
use crate::files::FileInfo;
use crate::gate::message::{Request, Response, SendError, SendErrorKind};
use crate::vocabulary::LogLevel;

/// The target of nodes' own lines in the host's log.
const NODE: &str = "patchbay_runtime::node";

/// Puts the imports of every version in place.
pub(super) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    v0_1::http::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    v0_1::log::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    v0_2::http::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    v0_2::files::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    v0_2::log::add_to_linker::<_, HasSelf<State>>(linker, |state| state)?;
    v0_2::types::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

type Sent = Result<Response, SendError>;

impl State {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Sent> {
        let Some(passage) = &self.passage else { return Ok(Err(while_reading_the_manifest())) };
        let memory = self.budget.memory.for_call();
        memory.take(request.size())?;
        let _in_gate = passage.journal.in_gate();
        Ok(passage.send(request).await?)
    }

    async fn send_all(&mut self, requests: Vec<Request>) -> wasmtime::Result<Vec<Sent>> {
        let Some(passage) = &self.passage else {
            return Ok(requests.iter().map(|_| Err(while_reading_the_manifest())).collect());
        };
        let memory = self.budget.memory.for_call();
        memory.take(requests.iter().map(Request::size).sum())?;
        let _in_gate = passage.journal.in_gate();
        Ok(passage.send_all(requests).await?)
    }

    async fn describe(&mut self, id: &str) -> Option<FileInfo> {
        let passage = self.passage.as_ref()?;
        let _in_gate = passage.journal.in_gate();
        passage.describe(id).await
    }

    fn log(&mut self, level: LogLevel, message: String) {
        let Some(passage) = &self.passage else { return };
        // The host's log gets what the record keeps, so that a node can flood neither.
        let Some(message) = passage.journal.log(level, message) else { return };
        let message = escape_controls(&message);
        match level {
            LogLevel::Debug => tracing::debug!(target: NODE, "{message}"),
            LogLevel::Info => tracing::info!(target: NODE, "{message}"),
            LogLevel::Warn => tracing::warn!(target: NODE, "{message}"),
            LogLevel::Error => tracing::error!(target: NODE, "{message}"),
        }
    }
}

impl v0_1::http::Host for State {
    async fn send(
        &mut self,
        request: v0_1::http::Request,
    ) -> wasmtime::Result<Result<v0_1::http::Response, v0_1::http::SendError>> {
        Ok(State::send(self, request.into()).await?.map(Into::into).map_err(Into::into))
    }

    async fn send_all(
        &mut self,
        requests: Vec<v0_1::http::Request>,
    ) -> wasmtime::Result<Vec<Result<v0_1::http::Response, v0_1::http::SendError>>> {
        let answers = State::send_all(self, requests.into_iter().map(Into::into).collect()).await?;
        Ok(answers.into_iter().map(|answer| answer.map(Into::into).map_err(Into::into)).collect())
    }
}

impl v0_1::log::Host for State {
    fn log(&mut self, level: v0_1::log::Level, message: String) -> wasmtime::Result<()> {
        State::log(self, level.into(), message);
        Ok(())
    }
}

impl v0_2::http::Host for State {
    async fn send(
        &mut self,
        request: v0_2::http::Request,
    ) -> wasmtime::Result<Result<v0_2::http::Response, v0_2::http::SendError>> {
        Ok(State::send(self, request.into()).await?.map(Into::into).map_err(Into::into))
    }

    async fn send_all(
        &mut self,
        requests: Vec<v0_2::http::Request>,
    ) -> wasmtime::Result<Vec<Result<v0_2::http::Response, v0_2::http::SendError>>> {
        let answers = State::send_all(self, requests.into_iter().map(Into::into).collect()).await?;
        Ok(answers.into_iter().map(|answer| answer.map(Into::into).map_err(Into::into)).collect())
    }
}

impl v0_2::files::Host for State {
    async fn describe(&mut self, id: String) -> wasmtime::Result<Option<v0_2::files::File>> {
        Ok(State::describe(self, &id).await.map(Into::into))
    }
}

impl v0_2::log::Host for State {
    fn log(&mut self, level: v0_2::log::Level, message: String) -> wasmtime::Result<()> {
        State::log(self, level.into(), message);
        Ok(())
    }
}

impl v0_2::types::Host for State {}

fn while_reading_the_manifest() -> SendError {
    SendError::new(
        SendErrorKind::Refused,
        "a node sends nothing while its manifest is read",
        "This is a mistake in the node: report it to the node's author.",
    )
}
