//! Pages of a list, and the tokens by which the next one is asked for.
//!
//! A token tells where to go on and belongs to one list: it is refused for another one, and so is a made-up text.
//! Entries are never removed, so a list goes on exactly where it stopped whatever was added in between.

use super::WikiError;

/// The length of each half of a token.
const DIGITS: usize = 16;

/// Which part of a list is wanted.
pub(crate) struct PageRequest<'a> {
    pub(crate) most: usize,
    /// The token of the page before; nothing for the first page.
    pub(crate) token: Option<&'a str>,
}

/// A part of a list.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// What to ask for the next page with; empty when this is the last one.
    pub(crate) next_token: String,
}

impl PageRequest<'_> {
    /// Reads a page of the list that `scope` names, from position `first` on. `find` gives what is at a position:
    /// nothing at the end of the list, and `Some(None)` for what is not shown.
    pub(super) fn answer<T>(
        &self,
        scope: &[&str],
        first: usize,
        next: impl Fn(usize) -> usize,
        find: impl Fn(usize) -> Option<Option<T>>,
    ) -> Result<Page<T>, WikiError> {
        let mut position = match self.token {
            Some(token) => read(scope, token).ok_or(WikiError::UnknownToken)?,
            None => first,
        };
        let mut items = Vec::new();
        while let Some(found) = find(position) {
            if let Some(item) = found {
                if items.len() == self.most {
                    return Ok(Page { items, next_token: write(scope, position) });
                }
                items.push(item);
            }
            position = next(position);
        }
        Ok(Page { items, next_token: String::new() })
    }
}

fn write(scope: &[&str], position: usize) -> String {
    let position = position as u64;
    format!("{:016x}{:016x}", position ^ fingerprint(scope, u64::MAX), fingerprint(scope, position))
}

fn read(scope: &[&str], token: &str) -> Option<usize> {
    let well_formed = token.len() == 2 * DIGITS && token.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !well_formed {
        return None;
    }
    let (place, seal) = token.split_at(DIGITS);
    let position = u64::from_str_radix(place, 16).ok()? ^ fingerprint(scope, u64::MAX);
    let seal = u64::from_str_radix(seal, 16).ok()?;
    (seal == fingerprint(scope, position)).then(|| usize::try_from(position).ok())?
}

/// A number that only this list and this position give: FNV-1a, mixed once more.
fn fingerprint(scope: &[&str], position: u64) -> u64 {
    let parts = scope.iter().flat_map(|part| part.bytes().chain([0]));
    let hash = parts
        .chain(position.to_le_bytes())
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3));
    (hash ^ (hash >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_for_the_list_it_was_made_for() {
        for position in [0, 1, 50, 1_000_000] {
            let token = write(&["nodes", "a"], position);

            assert_eq!(read(&["nodes", "a"], &token), Some(position));
            assert_eq!(read(&["nodes", "b"], &token), None);
            assert_eq!(read(&["nodesa", ""], &token), None);
        }
    }

    #[test]
    fn a_made_up_token_is_not_read() {
        let long = "0".repeat(32);
        for token in ["", "50", "eyJvIjo1MH0", "十六", long.as_str(), "+000000000000000+000000000000000"] {
            assert_eq!(read(&["nodes", "a"], token), None, "{token}");
        }
    }
}
