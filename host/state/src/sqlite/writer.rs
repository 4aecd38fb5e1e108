//! One connection writes, on a thread of its own. Changes that come while a transaction is being committed share the next
//! one, so that a hundred callers who each wait for their own commit wait for one.
//!
//! The end of a run without a key does not wait for a transaction: it is in the [`journal`](super::journal) when its caller
//! goes on, and goes into the tables with others. Whoever reads asks for that first.
//!
//! A transaction that fails is rolled back, or its connection is opened anew, and the store counts as down from then on:
//! [`Writer::available`] says so without asking anybody. Every transaction tries all the same, and when none comes the
//! thread tries one by itself, so that the store is up again as soon as there is room.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::checkpoints::Checkpoints;
use super::journal::{self, Journal};
use super::lease::Lease;
use super::{open, runs};
use crate::error::{Result, StoreError, Unavailable};
use crate::runs::{EndedRun, RunId, StartedRun};

/// KiB of changes that may wait to be taken into a transaction; past it a caller waits for room.
const WAITING_KIB: u32 = 64 << 10;
/// The most changes of one transaction.
const TOGETHER: usize = 256;
/// The bytes after which a transaction takes no more changes: a large one would hold up what else is to be stored.
const TOGETHER_BYTES: usize = 4 << 20;
/// How long the row of a run that began waits for others' commits, or for the run's end, which makes it needless.
const YOUNG: Duration = Duration::from_millis(50);
/// How often leases are looked at.
const LEASES: Duration = Duration::from_secs(5);
/// How often a store that is down is tried.
const PROBE: Duration = Duration::from_secs(1);
/// What a caller is told whose change shared a transaction with what the store failed at.
const LOST: &str = "the transaction was lost";
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

/// What is to be known of a change before it is made.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// What it withstands once it is committed.
    pub durability: Durability,
    /// Bytes that it holds.
    pub size: usize,
    /// The run whose end it is.
    pub ends: Option<RunId>,
}

/// The way to the writing connection.
pub struct Writer {
    sender: mpsc::Sender<Message>,
    room: Arc<Semaphore>,
    status: Arc<Status>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Makes a change; without a connection it is not made.
type Make = Box<dyn FnOnce(Option<&Connection>) -> Made + Send>;

/// Tells a caller how the transaction of its change ended.
type Answer = Box<dyn FnOnce(Result<(), &str>) + Send>;

enum Message {
    Change(Change),
    Started(StartedRun, OwnedSemaphorePermit),
    Ended(Ended),
    /// The journal's runs are to go into the tables; answered with those that did not.
    Index(oneshot::Sender<Vec<Arc<EndedRun>>>),
    Shrink(oneshot::Sender<Result<()>>),
    Close,
}

struct Change {
    kind: Kind,
    /// Makes the change; without a connection it is not made, and its caller is told so.
    make: Make,
    _room: OwnedSemaphorePermit,
}

/// The end of a run without a key.
struct Ended {
    run: Arc<EndedRun>,
    caller: oneshot::Sender<Result<()>>,
    room: OwnedSemaphorePermit,
}

/// A change that was made in a transaction that is not over.
struct Made {
    /// Whether and how it failed.
    failure: Option<Failure>,
    /// Answers its caller, once the transaction is over.
    answer: Answer,
}

/// Why a change is not to be kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// It can not be made: a name that is taken.
    Own,
    /// The store failed.
    OfStore,
}

/// Whether the store takes changes.
#[derive(Default)]
struct Status {
    is_down: AtomicBool,
    reason: Mutex<String>,
    /// Callers may no longer hand anything over.
    is_closed: AtomicBool,
    /// Runs that are in the journal and not in the tables.
    journalled: AtomicUsize,
}

impl Writer {
    /// Starts the thread, which takes over the connection.
    pub fn start(file: PathBuf, connection: Connection, checkpoints: Checkpoints, lease: Arc<Lease>) -> Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let status = Arc::new(Status::default());
        let thread = Thread {
            connection: Some(connection),
            durability: Durability::Process,
            checkpoints,
            lease,
            young: BTreeMap::new(),
            journal: None,
            journals: open::journals(&file),
            status: Arc::clone(&status),
            file,
        };
        let spawned = std::thread::Builder::new().name("store".to_owned()).spawn(move || thread.run(&receiver));
        let thread = spawned.map_err(|error| StoreError::Failed(error.into()))?;
        let room = Arc::new(Semaphore::new(WAITING_KIB as usize));
        Ok(Self { sender, room, status, thread: Mutex::new(Some(thread)) })
    }

    /// Makes a change, and returns once it is committed with others. It is made also when the caller no longer waits.
    pub async fn change<T: Send + 'static>(
        &self,
        kind: Kind,
        change: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let room = Arc::clone(&self.room).acquire_many_owned(kibibytes(kind.size)).await;
        let room = room.map_err(|_| StoreError::Closed)?;
        let (caller, answer) = oneshot::channel();
        self.send(Message::Change(Change { kind, make: making(caller, change), _room: room }))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Tells that a run began. Where too much waits it is not told: the run's end tells all.
    pub fn started(&self, run: StartedRun) {
        if let Ok(room) = Arc::clone(&self.room).try_acquire_owned()
            && let Err(error) = self.send(Message::Started(run, room))
        {
            tracing::debug!(%error, "a run that began was not noted");
        }
    }

    /// Stores the end of a run, and returns once a killed process does not lose it.
    pub async fn ended(&self, run: Arc<EndedRun>) -> Result<()> {
        let room = Arc::clone(&self.room).acquire_many_owned(kibibytes(run.size())).await;
        let room = room.map_err(|_| StoreError::Closed)?;
        let (caller, answer) = oneshot::channel();
        self.send(Message::Ended(Ended { run, caller, room }))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Brings into the tables what this process has only in the journal, so that what is read there is all. What stays in
    /// the journal because the store is down is given back.
    pub async fn settle(&self) -> Vec<Arc<EndedRun>> {
        if self.status.journalled.load(Ordering::Acquire) == 0 {
            return Vec::new();
        }
        let (caller, answer) = oneshot::channel();
        match self.send(Message::Index(caller)) {
            Ok(()) => answer.await.unwrap_or_default(),
            // A thread that has ended has settled everything.
            Err(_) => Vec::new(),
        }
    }

    /// Gives pages that are not used back to the file system.
    pub async fn shrink(&self) -> Result<()> {
        let (caller, answer) = oneshot::channel();
        self.send(Message::Shrink(caller))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Whether changes are taken at present, by what became of the last ones.
    pub fn available(&self) -> Result<(), Unavailable> {
        if !self.status.is_down.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Unavailable(self.status.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }

    /// Finishes what was handed over before, closes the connection and ends the thread.
    pub async fn close(&self) {
        self.status.is_closed.store(true, Ordering::Relaxed);
        self.room.close();
        // A thread that has ended needs no telling.
        drop(self.sender.send(Message::Close));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && !matches!(tokio::task::spawn_blocking(move || thread.join()).await, Ok(Ok(())))
        {
            tracing::error!("the store's thread broke");
        }
    }

    fn send(&self, message: Message) -> Result<()> {
        if self.status.is_closed.load(Ordering::Relaxed) {
            return Err(StoreError::Closed);
        }
        self.sender.send(message).map_err(|_| StoreError::Closed)
    }
}

impl Status {
    fn down(&self, reason: &str) {
        reason.clone_into(&mut self.reason.lock().unwrap_or_else(PoisonError::into_inner));
        if !self.is_down.swap(true, Ordering::Relaxed) {
            tracing::error!(error = reason, "the store is down; it is tried again until it takes changes");
        }
    }

    fn up(&self) {
        if self.is_down.swap(false, Ordering::Relaxed) {
            tracing::info!("the store takes changes again");
        }
    }
}

struct Thread {
    file: PathBuf,
    /// None after a failure, until it is opened anew.
    connection: Option<Connection>,
    durability: Durability,
    checkpoints: Checkpoints,
    lease: Arc<Lease>,
    /// Runs that began and are not written, by their ids, which stand in the order in which they began.
    young: BTreeMap<RunId, (Instant, StartedRun)>,
    /// None until a run ends, and where none can be made: then ends are changes like any other.
    journal: Option<Journal>,
    /// The folder of all processes' journals.
    journals: PathBuf,
    status: Arc<Status>,
}

impl Thread {
    fn run(mut self, receiver: &Receiver<Message>) {
        let mut leases = Instant::now();
        let mut is_open = true;
        while is_open {
            let (mut changes, mut ended, mut bytes) = (Vec::new(), Vec::new(), 0);
            let (mut index, mut shrink) = (Vec::new(), None);
            let mut next = match receiver.recv_timeout(self.wait(leases)) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => Some(Message::Close),
            };
            while let Some(message) = next {
                match message {
                    Message::Change(change) => {
                        bytes += change.kind.size;
                        changes.push(change);
                    }
                    Message::Started(run, _room) => {
                        self.young.insert(run.id, (Instant::now(), run));
                    }
                    Message::Ended(end) => {
                        bytes += end.run.size();
                        ended.push(end);
                    }
                    Message::Index(caller) => index.push(caller),
                    Message::Shrink(caller) => shrink = Some(caller),
                    Message::Close => is_open = false,
                }
                let has_room =
                    changes.len() + ended.len() < TOGETHER && bytes < TOGETHER_BYTES && shrink.is_none() && is_open;
                next = if has_room { receiver.try_recv().ok() } else { None };
            }
            changes.extend(self.journal(ended));
            let is_due = self.journal.as_ref().and_then(Journal::due).is_some_and(|due| due <= Instant::now());
            self.commit(changes, is_due || !index.is_empty() || !is_open);
            for caller in index {
                let waiting = self.journal.as_ref().map_or_else(Vec::new, |journal| journal.waiting().to_vec());
                // A caller who no longer waits has no use for it.
                drop(caller.send(waiting));
            }
            if let Some(caller) = shrink {
                drop(caller.send(self.shrink()));
            }
            if self.status.is_down.load(Ordering::Relaxed) {
                leases = leases.min(Instant::now() + PROBE);
            }
            if Instant::now() >= leases {
                leases = Instant::now() + self.look_after_leases();
            }
        }
        self.close();
    }

    /// Writes ends of runs to the journal and answers their callers. What the journal does not take is to be a change.
    fn journal(&mut self, ended: Vec<Ended>) -> Vec<Change> {
        if ended.is_empty() {
            return Vec::new();
        }
        for end in &ended {
            self.young.remove(&end.run.started.id);
        }
        match self.append(&ended) {
            Ok(()) => {
                for end in ended {
                    // A caller who no longer waits has no use for it.
                    drop(end.caller.send(Ok(())));
                }
                Vec::new()
            }
            Err(error) => {
                tracing::debug!(%error, "ends of runs go into the tables at once: the journal does not take them");
                ended.into_iter().map(Ended::into_change).collect()
            }
        }
    }

    fn append(&mut self, ended: &[Ended]) -> std::io::Result<()> {
        let journal = match &mut self.journal {
            Some(journal) => journal,
            none => none.insert(Journal::create(&self.journals)?),
        };
        journal.append(ended.iter().map(|end| Arc::clone(&end.run)))?;
        self.status.journalled.store(journal.waiting().len(), Ordering::Release);
        Ok(())
    }

    /// How long nothing needs to be done unless something comes.
    fn wait(&self, leases: Instant) -> Duration {
        let young = self.young.values().next().map(|(began, _)| *began + YOUNG);
        // While the store is down it is tried with the leases.
        let is_up = !self.status.is_down.load(Ordering::Relaxed);
        let journalled = self.journal.as_ref().filter(|_| is_up).and_then(Journal::due);
        let first = [young, journalled].into_iter().flatten().fold(leases, Instant::min);
        first.saturating_duration_since(Instant::now())
    }

    /// Makes changes in one transaction, and in it notes the runs that began a while ago, and what the journal holds, if
    /// that is asked for. A change that fails takes nothing of the others with it, unless it is the store that failed.
    fn commit(&mut self, changes: Vec<Change>, index: bool) {
        for run in changes.iter().filter_map(|change| change.kind.ends) {
            self.young.remove(&run);
        }
        let mut grown = Vec::new();
        while let Some(first) = self.young.first_entry().filter(|first| first.get().0.elapsed() >= YOUNG) {
            grown.push(first.remove().1);
        }
        let mut journal = self.journal.take();
        let journalled = journal.as_ref().filter(|_| index).map_or(&[][..], Journal::waiting);
        if !changes.is_empty() || !grown.is_empty() || !journalled.is_empty() {
            let durability = changes.iter().map(|change| change.kind.durability).max().unwrap_or(Durability::Process);
            let mut answers = Vec::with_capacity(changes.len());
            let committed = self.attempt(durability, |connection, lease| {
                if !grown.is_empty() {
                    lease.hold(connection)?;
                }
                for run in &grown {
                    runs::start(connection, lease, run)?;
                }
                insert(connection, journalled.iter().map(|run| &**run))?;
                make(connection, changes, &mut answers)
            });
            let told = committed.as_ref().copied().map_err(String::as_str);
            answers.into_iter().for_each(|answer| answer(told));
            if committed.is_ok() && !journalled.is_empty() {
                journal = self.begin_anew(journal);
            }
        }
        self.journal = journal;
    }

    /// The journal, emptied; none when it can not be, and then the next end of a run makes another.
    fn begin_anew(&self, journal: Option<Journal>) -> Option<Journal> {
        let mut journal = journal?;
        let emptied = journal.begin_anew();
        self.status.journalled.store(0, Ordering::Release);
        match emptied {
            Ok(()) => Some(journal),
            Err(error) => {
                tracing::warn!(%error, "a journal whose runs are stored could not be emptied");
                None
            }
        }
    }

    /// Stores the runs that processes left in their journals that were killed.
    fn take_over(&mut self) {
        match journal::left(&self.journals) {
            Ok(left) => {
                for left in left {
                    if self.attempt(Durability::Process, |connection, _| insert(connection, left.runs())).is_ok() {
                        left.remove();
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "journals that processes left can not be looked for"),
        }
    }

    /// Does something in a transaction, and notes whether the store is up.
    fn attempt(
        &mut self,
        durability: Durability,
        act: impl FnOnce(&Connection, &Lease) -> Result<()>,
    ) -> Result<(), String> {
        match self.transaction(durability, act) {
            Ok(()) => {
                self.checkpoints.changed();
                self.status.up();
                Ok(())
            }
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// Gives up the connection, whatever state it is in, so that the next transaction gets a new one. The reason as a text.
    fn lost(&mut self, error: &StoreError) -> String {
        self.lease.doubt();
        self.connection = None;
        let reason = error.reason();
        self.status.down(&reason);
        reason
    }

    fn transaction(
        &mut self,
        durability: Durability,
        act: impl FnOnce(&Connection, &Lease) -> Result<()>,
    ) -> Result<()> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                self.durability = Durability::Process;
                none.insert(open::writing(&self.file)?)
            }
        };
        if self.durability != durability {
            connection.execute_batch(match durability {
                Durability::Process => "PRAGMA synchronous = NORMAL",
                Durability::Machine => "PRAGMA synchronous = FULL",
            })?;
            self.durability = durability;
        }
        run(connection, "BEGIN IMMEDIATE")?;
        act(connection, &self.lease)?;
        run(connection, "COMMIT")
    }

    /// Renews the lease, gives up what others left, tries a store that is down. How long until it is to be done again.
    fn look_after_leases(&mut self) -> Duration {
        self.take_over();
        if self.status.is_down.load(Ordering::Relaxed) {
            let tried = self.attempt(Durability::Process, |connection, lease| lease.write(connection));
            return if tried.is_ok() { LEASES } else { PROBE };
        }
        let needs_care = match &self.connection {
            Some(connection) => self.lease.needs_care(connection),
            None => Ok(true),
        };
        let looked = needs_care.and_then(|needs_care| {
            if !needs_care {
                return Ok(());
            }
            self.transaction(Durability::Process, |connection, lease| {
                lease.hold(connection)?;
                lease.settle(connection)
            })
        });
        match looked {
            Ok(()) => LEASES,
            Err(error) => {
                self.lost(&error);
                PROBE
            }
        }
    }

    fn shrink(&mut self) -> Result<()> {
        let Some(connection) = &self.connection else { return Ok(()) };
        // The pragma gives a row for each page.
        let mut shrink = connection.prepare_cached(SHRINK)?;
        let mut pages = shrink.query(())?;
        while pages.next()?.is_some() {}
        Ok(())
    }

    fn close(mut self) {
        // Runs that began and did not end: their rows say that they were interrupted.
        for (began, _) in self.young.values_mut() {
            *began = began.checked_sub(YOUNG).unwrap_or(*began);
        }
        self.commit(Vec::new(), true);
        if let Some(journal) = self.journal.take() {
            journal.close();
        }
        if let Err(reason) = self.attempt(Durability::Process, |connection, lease| lease.give_back(connection)) {
            tracing::warn!(reason, "the store did not close as it should");
        }
        // The connection that is closed last copies what is left of the log.
        self.checkpoints.stop();
        if let Some(Err((_, error))) = self.connection.take().map(Connection::close) {
            tracing::warn!(%error, "the store did not close as it should");
        }
    }
}

impl Ended {
    /// The same as a change of the tables, for which its caller waits.
    fn into_change(self) -> Change {
        let Self { run, caller, room } = self;
        let kind = Kind { durability: Durability::Process, size: run.size(), ends: Some(run.started.id) };
        Change { kind, make: making(caller, move |connection| runs::end(connection, &run)), _room: room }
    }
}

/// A change that tells its caller what it came to.
fn making<T: Send + 'static>(
    caller: oneshot::Sender<Result<T>>,
    change: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
) -> Make {
    Box::new(move |connection| {
        let made = connection.map_or_else(|| Err(StoreError::Failed(LOST.into())), change);
        Made {
            failure: made.as_ref().err().map(Failure::of),
            answer: Box::new(move |committed: Result<(), &str>| {
                let answer = match committed {
                    Ok(()) => made,
                    Err(reason) => made.and(Err(StoreError::Failed(reason.into()))),
                };
                // A caller who no longer waits has no use for it.
                drop(caller.send(answer));
            }),
        }
    })
}

/// Puts ends of runs into the tables. One that they can not take is told and left out: nobody waits for it any more.
pub(super) fn insert<R: std::borrow::Borrow<EndedRun>>(
    connection: &Connection,
    runs: impl Iterator<Item = R>,
) -> Result<()> {
    for run in runs {
        match runs::end(connection, run.borrow()) {
            Ok(()) => {}
            Err(error) if Failure::of(&error) == Failure::Own => {
                tracing::error!(run = %run.borrow().started.id, error = error.told(), "a record is lost: the store does not take it");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes changes, each so that it can be undone for itself, and collects what their callers are to be told. Past a failure
/// of the store, which takes the whole transaction with it, none is made.
fn make(connection: &Connection, changes: Vec<Change>, answers: &mut Vec<Answer>) -> Result<()> {
    let mut outcome = Ok(());
    for change in changes {
        if outcome.is_ok() {
            outcome = run(connection, "SAVEPOINT change");
        }
        let Made { failure, answer } = (change.make)(outcome.is_ok().then_some(connection));
        answers.push(answer);
        if outcome.is_ok() {
            outcome = match failure {
                None => run(connection, "RELEASE change"),
                Some(Failure::Own) => {
                    run(connection, "ROLLBACK TO change").and_then(|()| run(connection, "RELEASE change"))
                }
                Some(Failure::OfStore) => Err(StoreError::Failed(LOST.into())),
            };
        }
    }
    outcome
}

fn run(connection: &Connection, statement: &str) -> Result<()> {
    connection.prepare_cached(statement)?.execute(())?;
    Ok(())
}

impl Failure {
    fn of(error: &StoreError) -> Self {
        let StoreError::Failed(cause) = error else { return Self::Own };
        let code = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
        match code {
            Some(ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig) => Self::Own,
            _ => Self::OfStore,
        }
    }
}

fn kibibytes(size: usize) -> u32 {
    u32::try_from(size >> 10).unwrap_or(u32::MAX).clamp(1, WAITING_KIB)
}
