//! The lease that a process holds on what it has under way, and what becomes of that when it ends.
//!
//! One row in `instances` stands for a process. It is written by the transaction that first needs it, renewed while
//! something is under way, and removed when the store is closed: a process that runs nothing writes nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use patchbay_runtime::Clock;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

use super::process;
use crate::error::Result;
use crate::time::Timestamp;

/// How long a lease is. A process that is slow for as long is not taken for one that ended.
const LENGTH: Duration = Duration::from_secs(15);
/// What must be left of a lease for it not to be renewed.
const ENOUGH: Duration = Duration::from_secs(10);

const WRITE: &str = "INSERT INTO instances (id, process, until) VALUES (?1, ?2, ?3) \
                     ON CONFLICT (id) DO UPDATE SET until = excluded.until";
const REMOVE: &str = "DELETE FROM instances WHERE id = ?1";
const ONE: &str = "SELECT until, process FROM instances WHERE id = ?1";
const OTHERS: &str = "SELECT id, until, process FROM instances WHERE id <> ?1";
const HAS_UNDER_WAY: &str = "SELECT EXISTS (SELECT 1 FROM runs WHERE state = 0 AND instance = ?1) \
                             OR EXISTS (SELECT 1 FROM calls WHERE envelope IS NULL AND instance = ?1)";
/// Runs of processes that have no row any more count as well.
const INTERRUPT: &str = "UPDATE runs SET state = 2 WHERE state = 0 AND instance NOT IN (SELECT id FROM instances)";

/// The lease of this process.
pub struct Lease {
    id: String,
    process: Option<String>,
    clock: Arc<dyn Clock>,
    /// Milliseconds since 1970 until which the lease holds, as far as it is known to be stored.
    until: AtomicI64,
}

impl Lease {
    /// A lease that holds nothing yet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { id: Uuid::now_v7().simple().to_string(), process: process::this(), clock, until: AtomicI64::new(0) }
    }

    /// The lease of a process of which nothing else is known.
    #[cfg(test)]
    pub fn of_another_machine(self) -> Self {
        Self { process: None, ..self }
    }

    /// The id of this process; no two have the same.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        Timestamp::now(&*self.clock)
    }

    /// Makes the lease hold for as long as a lease should, in a transaction that begins something.
    pub fn hold(&self, connection: &Connection) -> Result<()> {
        if self.has_enough() { Ok(()) } else { self.write(connection) }
    }

    /// Whether the lease is to be renewed, or what other processes left is to be given up.
    pub fn needs_care(&self, connection: &Connection) -> Result<bool> {
        let has_under_way = |connection: &Connection| -> Result<bool> {
            Ok(connection.prepare_cached(HAS_UNDER_WAY)?.query_row([&self.id], |row| row.get(0))?)
        };
        Ok(!self.over(connection)?.is_empty() || (!self.has_enough() && has_under_way(connection)?))
    }

    /// Writes the lease, whatever is left of it.
    pub fn write(&self, connection: &Connection) -> Result<()> {
        let until = self.now().after(LENGTH).as_millis();
        connection.prepare_cached(WRITE)?.execute((&self.id, &self.process, until))?;
        self.until.store(until, Ordering::Relaxed);
        Ok(())
    }

    /// Notes that a transaction was lost, and with it perhaps what it wrote of the lease.
    pub fn doubt(&self) {
        self.until.store(0, Ordering::Relaxed);
    }

    /// Gives the lease back, and with it what is still under way.
    pub fn give_back(&self, connection: &Connection) -> Result<()> {
        connection.prepare_cached(REMOVE)?.execute([&self.id])?;
        connection.prepare_cached(INTERRUPT)?.execute(())?;
        Ok(())
    }

    /// The end of another process's lease; none when it is over or the process is known to be gone.
    pub fn of_other(&self, connection: &Connection, id: &str) -> Result<Option<Timestamp>> {
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?));
        let found = connection.prepare_cached(ONE)?.query_row([id], read).optional()?;
        Ok(found
            .filter(|(until, process)| !self.is_over(*until, process.as_deref()))
            .map(|(until, _)| Timestamp::from_millis(until)))
    }

    /// Gives up what other processes left whose lease is over.
    pub fn settle(&self, connection: &Connection) -> Result<()> {
        let over = self.over(connection)?;
        for id in &over {
            connection.prepare_cached(REMOVE)?.execute([id])?;
        }
        if !over.is_empty() {
            connection.prepare_cached(INTERRUPT)?.execute(())?;
        }
        Ok(())
    }

    fn over(&self, connection: &Connection) -> Result<Vec<String>> {
        let mut others = connection.prepare_cached(OTHERS)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<String>>(2)?))
        };
        let mut over = Vec::new();
        for other in others.query_map([&self.id], read)? {
            let (id, until, process) = other?;
            if self.is_over(until, process.as_deref()) {
                over.push(id);
            }
        }
        Ok(over)
    }

    fn is_over(&self, until: i64, process: Option<&str>) -> bool {
        until <= self.now().as_millis() || process.is_some_and(process::is_gone)
    }

    fn has_enough(&self) -> bool {
        Timestamp::from_millis(self.until.load(Ordering::Relaxed)) >= self.now().after(ENOUGH)
    }
}
