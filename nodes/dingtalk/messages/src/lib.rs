//! Messages: what the nodes of the product share.
#![deny(missing_docs)]

pub mod prelude;
pub mod status;

use patchbay_node::{Group, api::codes::*};

/// AgentId is refused as such.
pub const AGENT_IS_NOT_VALID: Code = parameter("40056", AGENT);

/// AgentId is one, but not of this application.
pub const AGENT_IS_OF_ANOTHER_APPLICATION: Code = not_found("70003", AGENT);

/// The nodes that ask for a notice that was sent. Which code a notice gets that is too old is not documented.
pub const SENT_NOTICE: Group = Group::of(&[
    parameter("40035", NOTICE),
    parameter("400002", NOTICE),
    AGENT_IS_NOT_VALID,
    AGENT_IS_OF_ANOTHER_APPLICATION,
]);

const AGENT: &str = "AgentId must be of the same application as the credential.";
const NOTICE: &str = "Give the AgentId and the task id of one and the same notice, sent within the last 24 hours.";

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_shows_recall_message_as_it_is() {
        let unindented = include_str!("../../../README.md").replace("\n   ", "\n");
        assert!(unindented.contains(include_str!("bin/recall-message.rs")), "copy it into nodes/README.md");
    }
}
