//! Where names, tokens and ids come from: a small deterministic generator.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

const DIGITS: &[u8; 10] = b"0123456789";
const HEX: &[u8; 16] = b"0123456789abcdef";
const LOWER_ALPHANUMERIC: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const ALPHANUMERIC: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Splits one seed into independent sequences.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Purpose {
    People = 1,
    Token,
    Chat,
    RequestId,
    Fault,
    Sheet,
    User,
    DepartmentGroup,
    Wiki,
    BuiltInWiki,
}

/// The SplitMix64 generator: good enough to look random, the same on every machine.
#[derive(Debug)]
pub(crate) struct Generator {
    state: u64,
}

impl Generator {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        let mut generator = Self { state: seed ^ ((purpose as u64) << 56) };
        Self { state: generator.next() }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is above 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// A number from 0 up to but not including 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        // The 53 bits that a double holds.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of the items.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, items: &[T; N]) -> T {
        const { assert!(N > 0) };
        items[(self.next() % N as u64) as usize]
    }

    /// A unionId as the service makes them: 22 letters and digits and a fixed ending.
    pub(crate) fn union_id(&mut self) -> String {
        self.text(ALPHANUMERIC, 22) + "iEiE"
    }

    fn text<const N: usize>(&mut self, alphabet: &[u8; N], length: usize) -> String {
        let letters = (0..length).map(|_| char::from(self.pick(alphabet)));
        letters.collect()
    }
}

/// Makes ids of one kind: the same for the same seed and the same number of ids made before.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Mint {
    seed: u64,
    purpose: Purpose,
    made: AtomicU64,
}

impl Mint {
    pub(crate) fn new(seed: u64, purpose: Purpose) -> Self {
        Self { seed, purpose, made: AtomicU64::new(0) }
    }

    /// 32 hexadecimal digits, as in an access token or a chatid. They come from seed and count alone, so nothing of the
    /// application's secret is in a token.
    pub(crate) fn hexadecimal(&self) -> String {
        self.generator().text(HEX, 32)
    }

    /// What follows `cid` in an openConversationId: 16 bytes in base64, where `+` and `/` occur.
    pub(crate) fn conversation(&self) -> String {
        self.generator().text(BASE64, 22) + "=="
    }

    /// The id of a sheet: `st-`, 8 hexadecimal digits, a dash and 5 digits.
    pub(crate) fn sheet_id(&self) -> String {
        let mut generator = self.generator();
        let name = generator.text(HEX, 8);
        format!("st-{name}-{}", 10_000 + generator.below(90_000))
    }

    /// So many decimal digits, as in a userId that the service finds itself.
    pub(crate) fn digits(&self, length: usize) -> String {
        self.generator().text(DIGITS, length)
    }

    /// A unionId: 22 letters and digits and a fixed ending.
    pub(crate) fn union_id(&self) -> String {
        self.generator().union_id()
    }

    /// So many letters and digits, as in the id of a document.
    pub(crate) fn alphanumeric(&self, length: usize) -> String {
        self.generator().text(ALPHANUMERIC, length)
    }

    /// A request id of the older API: 12 lower-case letters and digits.
    pub(crate) fn short_id(&self) -> String {
        self.generator().text(LOWER_ALPHANUMERIC, 12)
    }

    /// A request id of the newer API: an upper-case UUID.
    pub(crate) fn uuid(&self) -> String {
        let mut generator = self.generator();
        let (high, low) = (generator.next(), generator.next());
        format!(
            "{:08X}-{:04X}-7{:03X}-{:04X}-{:012X}",
            high >> 32,
            (high >> 16) & 0xFFFF,
            high & 0xFFF,
            ((low >> 48) & 0x3FFF) | 0x8000,
            low & 0xFFFF_FFFF_FFFF,
        )
    }

    fn generator(&self) -> Generator {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut generator = Generator::new(self.seed, self.purpose);
        generator.state ^= number.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        generator
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        let ids = |seed| {
            let mint = Mint::new(seed, Purpose::Token);
            [mint.hexadecimal(), mint.hexadecimal()]
        };

        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        let [first, second] = ids(1);
        assert_ne!(first, second);
    }

    #[test]
    fn a_request_id_of_the_newer_api_is_an_upper_case_uuid() {
        let uuid = Mint::new(1, Purpose::RequestId).uuid();

        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(uuid.chars().all(|letter| matches!(letter, '-' | '0'..='9' | 'A'..='F')));
    }
}
