//! One connection writes, in one task. Changes that come while a transaction is being committed share the next one, so
//! that a hundred callers who each wait for their own commit wait for one.

use std::future::Future;
use std::pin::Pin;

use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::super::error::{Result, StoreError};
use super::checkpoints::Checkpoints;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Changes that may wait to be taken into a transaction; past it a caller waits for room.
const WAITING: usize = 1_024;
/// The most changes of one transaction.
const TOGETHER: usize = 256;
/// Pages given back to the file system in one step.
const SHRINK: &str = "PRAGMA incremental_vacuum(2000)";

/// What a committed change withstands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// The end of the process.
    Process,
    /// The end of the machine's power: the log is flushed to the disk.
    Machine,
}

/// The way to the writing connection.
pub struct Commits {
    sender: mpsc::Sender<Message>,
}

enum Message {
    Change(Box<dyn Change>),
    Shrink(oneshot::Sender<Result<()>>),
    Close(oneshot::Sender<()>),
}

/// A change of a result type that the task need not know.
trait Change: Send {
    fn durability(&self) -> Durability;
    /// Makes the change; whether it is to be kept.
    fn make<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, bool>;
    /// Answers its caller, once the transaction is over.
    fn answer(self: Box<Self>, committed: Result<(), &str>);
}

struct Pending<T, F> {
    durability: Durability,
    change: Option<F>,
    made: Result<T>,
    caller: oneshot::Sender<Result<T>>,
}

impl<T, F> Change for Pending<T, F>
where
    T: Send,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send,
{
    fn durability(&self) -> Durability {
        self.durability
    }

    fn make<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            if let Some(change) = self.change.take() {
                self.made = change(connection).await;
            }
            self.made.is_ok()
        })
    }

    fn answer(self: Box<Self>, committed: Result<(), &str>) {
        let answer = match committed {
            Ok(()) => self.made,
            Err(reason) => self.made.and(Err(StoreError::Failed(reason.into()))),
        };
        // A caller who no longer waits has no use for it.
        drop(self.caller.send(answer));
    }
}

impl Commits {
    /// Takes over the connection that writes.
    pub fn start(connection: SqliteConnection, checkpoints: Checkpoints) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(Task { connection, checkpoints, durability: Durability::Process }.run(receiver));
        Self { sender }
    }

    /// Makes a change, and returns once it is committed with others.
    pub async fn change<T: Send + 'static>(
        &self,
        durability: Durability,
        change: impl for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let (caller, answer) = oneshot::channel();
        let pending = Pending { durability, change: Some(change), made: Err(StoreError::Closed), caller };
        self.sender.send(Message::Change(Box::new(pending))).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Gives pages that are not used back to the file system.
    pub async fn shrink(&self) -> Result<()> {
        let (caller, answer) = oneshot::channel();
        self.sender.send(Message::Shrink(caller)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Finishes what was handed over before, and closes the connection.
    pub async fn close(&self) {
        let (caller, answer) = oneshot::channel();
        if self.sender.send(Message::Close(caller)).await.is_ok() {
            // Closed either way.
            answer.await.unwrap_or_default();
        }
    }
}

struct Task {
    connection: SqliteConnection,
    checkpoints: Checkpoints,
    durability: Durability,
}

impl Task {
    async fn run(mut self, mut receiver: mpsc::Receiver<Message>) {
        while let Some(first) = receiver.recv().await {
            let mut together: Vec<Box<dyn Change>> = Vec::new();
            let mut next = Some(first);
            let mut other = None;
            while let Some(message) = next {
                match message {
                    Message::Change(change) => together.push(change),
                    message => {
                        other = Some(message);
                        break;
                    }
                }
                next = if together.len() < TOGETHER { receiver.try_recv().ok() } else { None };
            }
            self.commit(together).await;
            match other {
                Some(Message::Shrink(caller)) => drop(caller.send(self.shrink().await)),
                Some(Message::Close(caller)) => {
                    // The connection that is closed last copies what is left of the log.
                    self.checkpoints.stop().await;
                    if let Err(error) = self.connection.close().await {
                        tracing::warn!(%error, "the store did not close as it should");
                    }
                    caller.send(()).unwrap_or_default();
                    return;
                }
                Some(Message::Change(_)) | None => {}
            }
        }
    }

    /// Makes changes in one transaction. One that fails takes nothing of the others with it.
    async fn commit(&mut self, mut together: Vec<Box<dyn Change>>) {
        let Some(durability) = together.iter().map(|change| change.durability()).max() else { return };
        let committed = self.transaction(durability, &mut together).await.map_err(|error| error.to_string());
        self.checkpoints.changed();
        if let Err(error) = &committed {
            tracing::error!(error, changes = together.len(), "the store could not be written");
        }
        for change in together {
            change.answer(committed.as_ref().copied().map_err(String::as_str));
        }
    }

    async fn transaction(&mut self, durability: Durability, together: &mut [Box<dyn Change>]) -> sqlx::Result<()> {
        self.become_durable(durability).await?;
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        if let [only] = together {
            // Nothing stands beside it that its failure could undo.
            return match only.make(&mut transaction).await {
                true => transaction.commit().await,
                false => transaction.rollback().await,
            };
        }
        for change in together {
            // Each may be undone for itself.
            let mut alone = transaction.begin().await?;
            match change.make(&mut alone).await {
                true => alone.commit().await?,
                false => alone.rollback().await?,
            }
        }
        transaction.commit().await
    }

    async fn become_durable(&mut self, durability: Durability) -> sqlx::Result<()> {
        if self.durability != durability {
            let pragma = match durability {
                Durability::Process => "PRAGMA synchronous = NORMAL",
                Durability::Machine => "PRAGMA synchronous = FULL",
            };
            sqlx::query(pragma).execute(&mut self.connection).await?;
            self.durability = durability;
        }
        Ok(())
    }

    async fn shrink(&mut self) -> Result<()> {
        // The pragma gives a row for each step.
        sqlx::query(SHRINK).fetch_all(&mut self.connection).await?;
        Ok(())
    }
}
