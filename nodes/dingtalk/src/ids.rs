//! The ids that nodes of several products take. Each is opaque text; what distinguishes them is where they come from.

use patchbay_node::{api::Call, id};

id! {
    /// A person in the organisation's directory.
    UserId, example: "manager001"
}

id! {
    /// unionId of the person in whose name the call is made and whose rights are checked. Not a userId: Get User gives the
    /// unionId of a userId.
    OperatorId, example: "kQm7hRzV2nTfGdXcLpYwBsAiEiE"
}

/// A call in a person's name.
pub trait InTheNameOf: Sized {
    /// Says that the call names an OperatorId. A refusal then says that a userId may stand where a unionId is needed.
    fn names_operator(self) -> Self;

    /// Makes the call in this person's name, in its query.
    fn operator(self, operator: &OperatorId) -> Self;
}

impl InTheNameOf for Call {
    fn names_operator(self) -> Self {
        self.suspect("OperatorId must be a unionId; if it is a userId, Get User gives its unionid.")
    }

    fn operator(self, operator: &OperatorId) -> Self {
        self.names_operator().query("operatorId", operator)
    }
}
