//! Ends of runs that callers wait for, written to a file before they are in the tables.
//!
//! What a caller waits for is that a killed process loses nothing, and for that it is enough to have handed the bytes to
//! the system: one `write` for all that came together, where a transaction costs many times as much. The tables get what
//! the file holds a little later, many runs in one transaction, and then the file begins anew.
//!
//! Each process writes a file of its own and holds a lock on it for as long as it lives. A file that nobody holds is what
//! a process left that was killed; whoever finds it first puts its runs into the tables and removes it. A run may be
//! stored twice so, which changes nothing.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::files;
use crate::runs::EndedRun;

/// How long an end waits for others to go into the tables with it, while they come. Another process sees it as late.
const LONGEST: Duration = Duration::from_millis(100);
/// How long it waits when no other comes.
const QUIET: Duration = Duration::from_millis(3);
/// The runs, and the bytes of their details, with which a transaction is large enough.
const TOGETHER: usize = 256;
const TOGETHER_BYTES: usize = 4 << 20;
/// The most that is held while the tables take nothing. What comes after it is not taken.
const MOST_BYTES: usize = 64 << 20;
/// The ending of a file's name once its process holds it.
const ENDING: &str = "journal";
/// The longest head of an entry: names and a message of a few hundred characters.
const LONGEST_HEAD: u32 = 64 << 10;

/// The journal of this process.
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole entries in the file.
    length: u64,
    /// The runs that the file holds and the tables do not.
    waiting: Vec<Arc<EndedRun>>,
    waiting_bytes: usize,
    /// When the first and the last of them came.
    since: Option<(Instant, Instant)>,
    buffer: Vec<u8>,
}

impl Journal {
    /// Makes this process's journal in a folder, which is made when it is not there.
    pub fn create(folder: &Path) -> io::Result<Self> {
        files::make_folder(folder)?;
        let name = Uuid::now_v7().simple().to_string();
        // It gets the name that others look for when it is held.
        let (new, path) = (folder.join(&name), folder.join(name).with_extension(ENDING));
        let file = files::make_file(&new)?;
        file.lock()?;
        fs::rename(&new, &path)?;
        let (waiting, buffer) = (Vec::new(), Vec::new());
        Ok(Self { path, file, length: 0, waiting, waiting_bytes: 0, since: None, buffer })
    }

    /// Writes the ends of runs. Once this returns, a killed process does not lose them.
    ///
    /// # Errors
    /// None of them is written.
    pub fn append(&mut self, runs: impl Iterator<Item = Arc<EndedRun>> + Clone) -> io::Result<()> {
        let bytes: usize = runs.clone().map(|run| run.size()).sum();
        if self.waiting_bytes + bytes > MOST_BYTES {
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, "too much waits to go into the tables"));
        }
        self.buffer.clear();
        for run in runs.clone() {
            encode(&run, &mut self.buffer)?;
        }
        if let Err(error) = self.file.write_all(&self.buffer) {
            // What of it is there is not whole.
            self.file.set_len(self.length)?;
            self.file.seek(io::SeekFrom::Start(self.length))?;
            return Err(error);
        }
        self.length += self.buffer.len() as u64;
        self.waiting.extend(runs);
        self.waiting_bytes += bytes;
        let now = Instant::now();
        self.since = Some((self.since.map_or(now, |(first, _)| first), now));
        // One large batch must not be remembered by its memory.
        if self.buffer.capacity() > TOGETHER_BYTES {
            self.buffer = Vec::new();
        }
        Ok(())
    }

    /// The runs that are to go into the tables.
    pub fn waiting(&self) -> &[Arc<EndedRun>] {
        &self.waiting
    }

    /// When they should; none when there are none.
    pub fn due(&self) -> Option<Instant> {
        let is_enough = self.waiting.len() >= TOGETHER || self.waiting_bytes >= TOGETHER_BYTES;
        self.since.map(|(first, last)| if is_enough { first } else { (first + LONGEST).min(last + QUIET) })
    }

    /// Begins anew: the tables have all of it.
    pub fn begin_anew(&mut self) -> io::Result<()> {
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.since = None;
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.length = 0;
        Ok(())
    }

    /// Removes the file, if it holds nothing that the tables do not have.
    pub fn close(self) {
        if self.waiting.is_empty() {
            remove(&self.path);
        }
    }
}

/// A journal that nobody holds.
pub struct Left {
    path: PathBuf,
    /// Keeps others from taking it as well.
    file: File,
}

impl Left {
    /// Its runs, up to where it is not whole: what comes after that, nobody was told to be stored.
    pub fn runs(&self) -> impl Iterator<Item = EndedRun> + '_ {
        let mut reader = BufReader::new(&self.file);
        std::iter::from_fn(move || decode(&mut reader))
    }

    /// Removes it, once the tables have its runs.
    pub fn remove(self) {
        remove(&self.path);
    }
}

/// The runs in all journals of a folder, held or not, up to where each is not whole at this moment.
///
/// # Errors
/// A journal can not be read. That there is no folder is no error.
pub fn held(folder: &Path) -> io::Result<Vec<EndedRun>> {
    let mut runs = Vec::new();
    for path in paths(folder)? {
        match File::open(path) {
            Ok(file) => {
                let mut reader = BufReader::new(file);
                runs.extend(std::iter::from_fn(|| decode(&mut reader)));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(runs)
}

/// The files of journals in a folder.
fn paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == ENDING));
    Ok(paths)
}

/// The journals in a folder that nobody holds.
///
/// # Errors
/// The folder can not be read. That there is none is no error.
pub fn left(folder: &Path) -> io::Result<Vec<Left>> {
    let mut left = Vec::new();
    for path in paths(folder)? {
        let file = match File::open(&path) {
            Ok(file) => file,
            // Its process has closed it meanwhile, or another one has taken it over.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => left.push(Left { path, file }),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(left)
}

/// Lengths of head and detail, the head as JSON, the detail.
fn encode(run: &EndedRun, to: &mut Vec<u8>) -> io::Result<()> {
    let start = to.len();
    to.extend_from_slice(&[0; 8]);
    serde_json::to_writer(&mut *to, run)?;
    let lengths = (u32::try_from(to.len() - start - 8), u32::try_from(run.detail.len()));
    let (Ok(head), Ok(detail)) = lengths else { return Err(io::ErrorKind::FileTooLarge.into()) };
    to[start..start + 4].copy_from_slice(&head.to_le_bytes());
    to[start + 4..start + 8].copy_from_slice(&detail.to_le_bytes());
    to.extend_from_slice(&run.detail);
    Ok(())
}

/// The next entry; none at the end, and where what follows is no whole one.
fn decode(reader: &mut impl Read) -> Option<EndedRun> {
    let mut length = || {
        let mut bytes = [0; 4];
        reader.read_exact(&mut bytes).ok().map(|()| u32::from_le_bytes(bytes))
    };
    let (head, detail) = (length()?, length()?);
    if head > LONGEST_HEAD || detail as usize > MOST_BYTES {
        return None;
    }
    let mut part = |length: u32| {
        let mut bytes = vec![0; length as usize];
        reader.read_exact(&mut bytes).ok().map(|()| bytes)
    };
    let (head, detail) = (part(head)?, part(detail)?);
    let run = serde_json::from_slice(&head).ok()?;
    Some(EndedRun { detail, ..run })
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "a journal whose runs are stored could not be removed");
    }
}
