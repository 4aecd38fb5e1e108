//! The key that credentials are sealed under: 32 random bytes.
//!
//! | text of a key | outcome |
//! | --- | --- |
//! | 64 hexadecimal digits; Base64 of 32 bytes, either alphabet, padded or not | a key |
//! | nothing, another length, one byte repeated, a run of counted bytes, readable text | refused: nobody drew it at random |

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::keyring::{Keyring, SERVICE};
use crate::files;

/// The variable that holds the key.
pub const VARIABLE: &str = "PATCHBAY_MASTER_KEY";
/// The variable that holds the key to change to.
pub const NEXT_VARIABLE: &str = "PATCHBAY_MASTER_KEY_NEW";
/// What makes a good key.
const MAKE_ONE: &str = "make one with `head -c 32 /dev/urandom | base64`";
/// Of 32 random bytes hardly ever fewer than 20 are different; below this nobody drew them.
const FEWEST_DIFFERENT: usize = 12;

/// Where the settings say that the master key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasterKeySource {
    /// The variable when it is set, else the file.
    Auto,
    /// The variable PATCHBAY_MASTER_KEY.
    Variable,
    /// A file.
    File,
    /// The operating system's keyring.
    Keyring,
}

/// What the settings say of the master key.
#[derive(Debug, Clone)]
pub struct MasterKeySettings {
    /// Where it is.
    pub source: MasterKeySource,
    /// The file; `master.key` in the data directory when none.
    pub file: Option<PathBuf>,
}

/// Tells master keys apart without holding them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyId([u8; 8]);

/// A master key. Its `Debug` shows its id alone.
pub struct MasterKey {
    key: SecretBox<[u8; 32]>,
    id: KeyId,
}

/// Where the master key comes from.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// The environment.
    Environment(SecretString),
    /// A file, which is made when no key was ever used.
    File(PathBuf),
    /// The operating system's keyring, which gets an entry when no key was ever used.
    Keyring(Keyring),
}

/// Why there is no master key. Nothing of a key stands in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MasterKeyError {
    /// It is no key, or one that can be guessed.
    #[error("the master key in {place} {reason}; {MAKE_ONE}")]
    Refused {
        /// The variable or the file.
        place: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Others can read the file.
    #[error(
        "others can read the master key in {0}; run `chmod 600 {0}`, and `patchbay credential rotate-key` if they may have"
    )]
    Readable(String),
    /// The file is gone.
    #[error("the master key file {} is gone and credentials are sealed under it; put it back, or set {VARIABLE}", .0.display())]
    Gone(PathBuf),
    /// The file can not be read or written.
    #[error("the master key file {} can not be used", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The settings ask for a variable that is not set.
    #[error("master_key.source is `variable` and {VARIABLE} is not set; {MAKE_ONE} and set it")]
    NotSet,
    /// There is no keyring.
    #[error(
        "master_key.source is `keyring` and none answers ({0}); on a machine without one set it to `file`, or to \
         `variable` and set {VARIABLE}"
    )]
    NoKeyring(String),
    /// The keyring is locked, or does not let this process in.
    #[error("the keyring is locked or gives no access to the master key ({0}); unlock it and try again")]
    Locked(String),
    /// The entry is gone.
    #[error(
        "credentials are sealed under the master key {0}, and the keyring has no entry of service {SERVICE} and account \
         {0}; put it back, or remove the credentials and run `patchbay credential rotate-key`"
    )]
    NoEntry(KeyId),
    /// The keyring failed.
    #[error("the keyring can not be used: {0}")]
    Keyring(String),
    /// The machine gives no random bytes.
    #[error("the machine gives no random bytes")]
    Random(#[from] getrandom::Error),
}

impl KeySource {
    /// Where the settings say; `variable` is the value of [`VARIABLE`], if it is set.
    ///
    /// # Errors
    /// The settings ask for the variable and it is not set.
    pub fn find(
        settings: &MasterKeySettings,
        data: &Path,
        variable: Option<SecretString>,
    ) -> Result<Self, MasterKeyError> {
        let file = || Self::File(settings.file.clone().unwrap_or_else(|| data.join("master.key")));
        let environment = || variable.map(Self::Environment);
        match settings.source {
            MasterKeySource::Auto => Ok(environment().unwrap_or_else(file)),
            MasterKeySource::Variable => environment().ok_or(MasterKeyError::NotSet),
            MasterKeySource::File => Ok(file()),
            MasterKeySource::Keyring => Ok(Self::Keyring(Keyring::of_system(data))),
        }
    }
}

impl MasterKey {
    /// A key that nobody had before.
    pub fn random() -> Result<Self, MasterKeyError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self::of(&bytes))
    }

    /// Reads a key's text; `place` is where it stood.
    pub fn parse(text: &SecretString, place: &str) -> Result<Self, MasterKeyError> {
        let refuse = |reason| MasterKeyError::Refused { place: place.to_owned(), reason };
        let text = text.expose_secret().trim();
        if text.is_empty() {
            return Err(refuse("is empty"));
        }
        let decoded = decode(text).ok_or_else(|| refuse("is neither Base64 nor hexadecimal"))?;
        let bytes: &[u8; 32] = decoded.as_slice().try_into().map_err(|_| refuse("is not 32 bytes"))?;
        if bytes.iter().collect::<BTreeSet<_>>().len() < FEWEST_DIFFERENT {
            return Err(refuse("repeats a few bytes"));
        }
        let steps: BTreeSet<u8> = bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
        if steps.len() == 1 {
            return Err(refuse("counts up or down"));
        }
        if bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
            return Err(refuse("is a text and not random"));
        }
        Ok(Self::of(bytes))
    }

    fn of(bytes: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"patchbay master key id\0");
        hash.update(bytes);
        let digest: [u8; 32] = hash.finalize().into();
        let mut id = [0; 8];
        id.copy_from_slice(&digest[..8]);
        Self { key: SecretBox::new(Box::new(*bytes)), id: KeyId(id) }
    }

    /// Tells it apart from others.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// As it is written down.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes()))
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        self.key.expose_secret()
    }

    /// Reads a key file; none when there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, MasterKeyError> {
        let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => SecretString::from(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        if files::is_readable_by_others(path).map_err(failed)? {
            return Err(MasterKeyError::Readable(path.display().to_string()));
        }
        Self::parse(&text, &path.display().to_string()).map(Some)
    }

    /// Writes the key to a file that only its owner can read, whole or not at all. `is_new` leaves one that is there.
    pub(super) fn write(&self, path: &Path, is_new: bool) -> Result<(), MasterKeyError> {
        let text = Zeroizing::new(format!("{}\n", *self.text()));
        files::write_whole(path, text.as_bytes(), is_new)
            .map_err(|source| MasterKeyError::File { path: path.to_owned(), source })
    }
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let pairs = text.as_bytes().chunks_exact(2).map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        });
        return pairs.collect::<Option<Vec<u8>>>().map(Zeroizing::new);
    }
    let engines = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD];
    engines.iter().find_map(|engine| engine.decode(text).ok()).map(Zeroizing::new)
}

impl KeyId {
    /// As it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// From what was stored.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MasterKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "q83vEjRWeJASNFZ4kKvN7wEjRWeJq83vmHZUMhD+3LqYdg";

    fn parse(text: &str) -> Result<MasterKey, MasterKeyError> {
        MasterKey::parse(&text.to_owned().into(), VARIABLE)
    }

    fn random_bytes() -> [u8; 32] {
        *MasterKey::random().unwrap().bytes()
    }

    #[test]
    fn a_key_is_read_in_every_form() {
        let bytes = random_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let id = MasterKey::of(&bytes).id();
        for text in [
            hex.clone(),
            hex.to_uppercase(),
            STANDARD.encode(bytes),
            STANDARD_NO_PAD.encode(bytes),
            URL_SAFE.encode(bytes),
            format!("  {}\n", URL_SAFE_NO_PAD.encode(bytes)),
        ] {
            assert!(parse(&text).unwrap().id() == id, "{text}");
        }
    }

    #[test]
    fn a_key_that_nobody_drew_at_random_is_refused() {
        let counted: Vec<u8> = (0..32).collect();
        for text in [
            String::new(),
            "  \n".to_owned(),
            "changeme".to_owned(),
            GOOD.to_owned(),
            "0".repeat(64),
            "deadbeef".repeat(8),
            STANDARD.encode([7; 32]),
            STANDARD.encode(counted),
            STANDARD.encode("change me before you go live, ok"),
        ] {
            let error = parse(&text).unwrap_err().to_string();
            assert!(error.contains(VARIABLE) && error.contains("make one with"), "{text}: {error}");
            assert!(text.trim().is_empty() || !error.contains(text.trim()), "{error}");
        }
    }

    #[test]
    fn random_keys_are_not_refused() {
        for _ in 0..1_000 {
            let text = STANDARD.encode(random_bytes());
            assert!(parse(&text).is_ok(), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_key() {
        let bytes = random_bytes();
        let key = MasterKey::of(&bytes);
        let shown = format!("{key:?} {:?}", KeySource::Environment(STANDARD.encode(bytes).into()));
        assert!(!shown.contains(&STANDARD.encode(bytes)) && !shown.contains(&format!("{bytes:?}")), "{shown}");
    }
}
