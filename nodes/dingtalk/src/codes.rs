//! The codes that mean the same in all operations of an API's family: what each means, whether to try again, what to do.

mod newer;
mod older;

pub(crate) use newer::NEWER;
pub(crate) use older::OLDER;
use patchbay_node::{Retry, api::codes::*};
use serde_json::{Map, Value};

/// The hint after an answer of a status that has no code.
const TOKEN: &str = "A renewed token was refused too: check AppKey and AppSecret of the credential.";
const REPORT: &str = "The operation is not called as DingTalk documents it: report this.";

const UNLISTED_401: Code = auth("HTTP 401", TOKEN);
const UNLISTED_405: Code = parameter("HTTP 405", REPORT);
const UNLISTED: Code =
    failed("HTTP 200", "The code is not a known one: look it up in DingTalk's list of server error codes.")
        .retry(Retry::Never);

/// DingTalk's firewall answers instead of its API, by its own mark `{"status":1111,..}`: this machine's address is banned.
pub(crate) fn ban(body: &Map<String, Value>) -> Option<Code> {
    const BAN: Code = rate_limit(
        "status 1111: this machine's address is banned",
        "This machine's address sent more than 10000 calls in 20 seconds. Stop all calls from it for 5 minutes, then run again.",
    );
    let is_regular = ["errcode", "code", "Code"].iter().any(|member| body.contains_key(*member));
    let status = body.get("status").and_then(patchbay_node::api::text);
    (!is_regular && status.as_deref() == Some("1111")).then_some(BAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_says_what_to_do() {
        for table in [OLDER, NEWER] {
            for (index, entry) in table.iter().enumerate() {
                assert!(entry.hint().ends_with('.'), "{}: {}", entry.as_str(), entry.hint());
                let is_same = |other: &&Code| other.as_str().eq_ignore_ascii_case(entry.as_str());
                assert!(!table.iter().skip(index + 1).any(|other| is_same(&other)), "{} stands twice", entry.as_str());
            }
        }
    }
}
