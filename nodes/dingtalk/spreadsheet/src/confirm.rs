use patchbay_node::{Failure, Result, schemars::JsonSchema};
use serde::Deserialize;

/// Must be true, or nothing is sent: a guard against running this write by mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(crate = "patchbay_node::schemars", example = true)]
pub struct Confirm(bool);

impl Confirm {
    /// Refuses to go on without the user's word; called before the first request.
    pub fn check(self) -> Result<()> {
        if self.0 {
            return Ok(());
        }
        Err(Failure::invalid_input("Confirm", "must be true").hint("Set Confirm to true to run this write."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_goes_on_without_the_users_word() {
        assert!(Confirm(true).check().is_ok());
        let failure = Confirm(false).check().unwrap_err();
        assert_eq!(
            (failure.message(), failure.next_step()),
            ("Confirm must be true", "Set Confirm to true to run this write.")
        );
    }
}
