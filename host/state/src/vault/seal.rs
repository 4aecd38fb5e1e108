//! Sealing: XChaCha20-Poly1305, a random nonce for each sealing, and what the credential is bound to as associated data.
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | version of this format |
//! | 24 | nonce; long enough that random ones do not meet |
//! | rest | the fields as a JSON object, encrypted, and the tag |

use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use patchbay_runtime::Name;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::master_key::{KeyId, MasterKey};
use crate::time::Timestamp;

const VERSION: u8 = 1;
const NONCE: usize = 24;

/// The values of a credential's fields, by name.
pub type Fields = BTreeMap<String, SecretString>;

/// A credential as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedCredential {
    /// The name it is chosen by.
    pub name: String,
    /// The provider it belongs to.
    pub provider: Name,
    /// Which of the provider's kinds it is.
    pub kind: Name,
    /// When it was stored.
    pub created: Timestamp,
    /// The master key that it is sealed under.
    pub key: KeyId,
    /// Its fields, encrypted.
    pub sealed: Vec<u8>,
}

/// A credential before and after it was sealed anew.
#[derive(Debug, Clone)]
pub struct Resealed {
    /// As it was read.
    pub before: SealedCredential,
    /// What it is to be.
    pub after: SealedCredential,
}

/// It is not what was sealed: another key, another name, provider or kind, or changed bytes.
#[derive(Debug)]
pub struct NotAuthentic;

impl SealedCredential {
    /// Seals fields.
    pub(super) fn seal(
        key: &MasterKey,
        (name, provider, kind): (&str, &Name, &Name),
        created: Timestamp,
        fields: &Fields,
    ) -> Result<Self, getrandom::Error> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce)?;
        let exposed: BTreeMap<&str, &str> =
            fields.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        // Enough not to grow: what a growing vector leaves behind is not wiped.
        let room = exposed.iter().map(|(name, value)| 6 * (name.len() + value.len()) + 8).sum::<usize>() + 2;
        let mut plain = Zeroizing::new(Vec::with_capacity(room));
        let mut sealed = vec![VERSION];
        sealed.extend(nonce);
        // Texts always become JSON, and encryption fails only past 256 GB: there is nothing for a caller to decide.
        if serde_json::to_writer(&mut *plain, &exposed).is_ok() {
            let payload = Payload { msg: &plain, aad: &bound_to(name, provider, kind) };
            if let Ok(encrypted) = cipher(key).encrypt(&XNonce::from(nonce), payload) {
                sealed.extend(encrypted);
            }
        }
        let (provider, kind) = (provider.clone(), kind.clone());
        Ok(Self { name: name.to_owned(), provider, kind, created, key: key.id(), sealed })
    }

    /// Its fields, when it is what was sealed.
    pub(super) fn open(&self, key: &MasterKey) -> Result<Fields, NotAuthentic> {
        let (version, rest) = self.sealed.split_first().ok_or(NotAuthentic)?;
        let (nonce, encrypted) = rest.split_at_checked(NONCE).ok_or(NotAuthentic)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| NotAuthentic)?;
        if *version != VERSION {
            return Err(NotAuthentic);
        }
        let payload = Payload { msg: encrypted, aad: &bound_to(&self.name, &self.provider, &self.kind) };
        let plain = cipher(key).decrypt(&XNonce::from(nonce), payload).map_err(|_| NotAuthentic)?;
        let plain = Zeroizing::new(plain);
        let fields: BTreeMap<String, String> = serde_json::from_slice(&plain).map_err(|_| NotAuthentic)?;
        Ok(fields.into_iter().map(|(name, value)| (name, value.into())).collect())
    }
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

/// What the ciphertext belongs to, each part with its length in front so that no two lists read the same.
fn bound_to(name: &str, provider: &Name, kind: &Name) -> Vec<u8> {
    let mut bound = b"patchbay credential".to_vec();
    bound.push(VERSION);
    for part in [name, provider.as_str(), kind.as_str()] {
        bound.extend((part.len() as u64).to_le_bytes());
        bound.extend(part.as_bytes());
    }
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(key: &MasterKey) -> SealedCredential {
        let fields =
            Fields::from([("AppKey".to_owned(), "key".into()), ("AppSecret".to_owned(), "canary-\"5\"".into())]);
        let (provider, kind) = ("sample".parse().unwrap(), "application".parse().unwrap());
        SealedCredential::seal(key, ("main", &provider, &kind), Timestamp::from_millis(1), &fields).unwrap()
    }

    #[test]
    fn what_was_sealed_is_opened_and_is_not_in_the_sealed_bytes() {
        let key = MasterKey::random().unwrap();
        let sealed = sealed(&key);
        assert_eq!(sealed.open(&key).unwrap()["AppSecret"].expose_secret(), "canary-\"5\"");
        assert!(!String::from_utf8_lossy(&sealed.sealed).contains("canary"));
        assert!(!format!("{sealed:?} {:?}", sealed.open(&key)).contains("canary"));
    }

    #[test]
    fn two_sealings_of_the_same_have_nothing_in_common() {
        let key = MasterKey::random().unwrap();
        assert_ne!(sealed(&key).sealed[1..], sealed(&key).sealed[1..]);
    }

    #[test]
    fn another_key_name_provider_kind_or_byte_does_not_open() {
        let key = MasterKey::random().unwrap();
        let whole = sealed(&key);
        assert!(whole.open(&MasterKey::random().unwrap()).is_err(), "another key");
        assert!(SealedCredential { name: "other".into(), ..whole.clone() }.open(&key).is_err(), "another name");
        let other: Name = "other".parse().unwrap();
        assert!(SealedCredential { provider: other.clone(), ..whole.clone() }.open(&key).is_err(), "another provider");
        assert!(SealedCredential { kind: other, ..whole.clone() }.open(&key).is_err(), "another kind");
        for place in 0..whole.sealed.len() {
            let mut torn = whole.clone();
            torn.sealed[place] ^= 1;
            assert!(torn.open(&key).is_err(), "byte {place}");
            torn.sealed.truncate(place);
            assert!(torn.open(&key).is_err(), "cut at {place}");
        }
    }
}
