//! Query parameters that a node may not set.

use percent_encoding::percent_decode_str;
use url::Url;

use super::{AUTHOR, Refusal, refuse};
use crate::provider::Slot;

/// Refuses a parameter that a slot adds where the request goes, in any spelling in which a service may take it for that.
pub(super) fn admit<'slot>(url: &Url, covering: impl Iterator<Item = &'slot Slot>) -> Result<(), Refusal> {
    let signed: Vec<String> = covering.flat_map(|slot| slot.sign.queries()).map(plain).collect();
    // Some services part parameters at semicolons too.
    let names =
        url.query().unwrap_or_default().split(['&', ';']).map(|pair| pair.split('=').next().unwrap_or_default());
    for name in names {
        let decoded = percent_decode_str(name).decode_utf8_lossy();
        if signed.contains(&plain(&decoded)) {
            return Err(refuse(format!("the query parameter `{decoded}` is the host's to add"), AUTHOR));
        }
    }
    Ok(())
}

/// A parameter's name without what services overlook in it: case, hyphens and underscores, and what makes it a list.
fn plain(name: &str) -> String {
    let name = name.split(['[', '.']).next().unwrap_or_default();
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
