//! What a node says of itself.

use serde::Serialize;
use serde_json::Value;

use crate::rule::Rule;
use crate::{
    FailureKind,
    api::{self, Code},
    given::Run,
    schema,
};

/// What a request, or a whole node, does to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Changes nothing; may be repeated.
    Read,
    /// Changes something; is never repeated after it may have been executed.
    Write,
}

/// Where the StatusCode of a failed run comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The service's HTTP status, or the one that fits the failure's kind.
    #[default]
    Http,
    /// 500 for every failure past validation.
    Operation,
}

/// Whether a call may be repeated after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// It would fail again.
    Never,
    /// The cause may pass, but the call may have been executed: only if it reads.
    IfRead,
    /// The call was refused before it was executed, and the cause passes.
    Always,
}

/// What neighbouring nodes say of themselves alike.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    pub(crate) status: Status,
    pub(crate) exclusive: &'static [&'static str],
    pub(crate) errors: &'static [Code],
}

impl Group {
    /// Says nothing.
    pub const NONE: Self = Self { status: Status::Http, exclusive: &[], errors: &[] };

    /// Nodes that know these codes; what one of them says itself goes before.
    pub const fn of(errors: &'static [Code]) -> Self {
        Self { errors, ..Self::NONE }
    }

    /// Where the StatusCode of their failed runs comes from.
    pub const fn status(self, status: Status) -> Self {
        Self { status, ..self }
    }

    /// Runs with the same values of these inputs wait for each other, whichever of the nodes they run.
    pub const fn exclusive(self, inputs: &'static [&'static str]) -> Self {
        Self { exclusive: inputs, ..self }
    }
}

/// The name that `schemas/node.wit` has for a kind.
fn kind_name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::InvalidInput => "invalid-input",
        FailureKind::Auth => "auth",
        FailureKind::Permission => "permission",
        FailureKind::IpWhitelist => "ip-whitelist",
        FailureKind::NotFound => "not-found",
        FailureKind::Conflict => "conflict",
        FailureKind::InvalidParameter => "invalid-parameter",
        FailureKind::RateLimit => "rate-limit",
        FailureKind::System => "system",
        FailureKind::Network => "network",
        FailureKind::Timeout => "timeout",
        FailureKind::Refused => "refused",
    }
}

/// What [`node!`](crate::node!) was given.
#[derive(Debug)]
#[doc(hidden)]
pub struct Declaration {
    pub id: &'static str,
    pub title: Option<&'static str>,
    pub resource: &'static str,
    /// Lines.
    pub description: &'static [&'static str],
    pub effect: Effect,
    pub slots: &'static [&'static str],
    pub idempotent: Option<bool>,
    pub confirm_with: Option<&'static str>,
    pub rules: &'static [Rule],
    pub group: Group,
    pub errors: &'static [Code],
}

/// The JSON that a component's `manifest()` answers, as `schemas/manifest.json` describes it.
#[derive(Serialize)]
struct Manifest {
    id: &'static str,
    title: String,
    resource: &'static str,
    description: String,
    effect: Effect,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    slots: &'static [&'static str],
    idempotent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirm_with: Option<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    rules: &'static [Rule],
    status: Status,
    exclusive: &'static [&'static str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<KnownError>,
    inputs: Value,
    options: Value,
    outputs: Value,
}

/// An error code of the service that the node knows to mean something of its own.
#[derive(Serialize)]
struct KnownError {
    code: &'static str,
    kind: &'static str,
    retry: Retry,
}

impl Declaration {
    /// The manifest of a node with this function.
    ///
    /// # Panics
    /// When `exclusive` names something that is not an input. The author sees it when the component is built.
    pub(crate) fn manifest<A, F: Run<A>>(&self, run: F) -> String {
        let Self { id, resource, effect, group, .. } = *self;
        let (inputs, options) = run.schemas();
        let (inputs, options) = (inputs.to_value(), options.to_value());
        for name in group.exclusive {
            let known = inputs["properties"].get(name).is_some();
            assert!(known, "exclusive names `{name}`, which is not an input of {id}");
        }
        let manifest = Manifest {
            id,
            title: self.title.map_or_else(|| title_of(id), str::to_owned),
            resource,
            description: schema::one_line(&self.description.concat()),
            effect,
            slots: self.slots,
            idempotent: self.idempotent.unwrap_or(effect == Effect::Read),
            confirm_with: self.confirm_with,
            rules: self.rules,
            status: group.status,
            exclusive: group.exclusive,
            errors: self.known_errors(),
            inputs,
            options,
            outputs: schema::given::<F::Outputs>().to_value(),
        };
        serde_json::to_string(&manifest)
            .unwrap_or_else(|error| panic!("the manifest of {id} has no JSON form: {error}"))
    }

    /// The node's own codes, then those of its group that it does not say otherwise.
    fn known_errors(&self) -> Vec<KnownError> {
        let is_own = |code: &Code| self.errors.iter().any(|own| own.code == code.code);
        let group = self.group.errors.iter().filter(|code| !is_own(code));
        let known = |code: &Code| KnownError { code: code.code, kind: kind_name(code.kind), retry: code.retry };
        self.errors.iter().chain(group).map(known).collect()
    }

    /// What the node or its group says of a code.
    pub(crate) fn code(&self, code: &str) -> Option<&'static Code> {
        api::find(code, self.errors).or_else(|| api::find(code, self.group.errors))
    }
}

/// "Create Chat" of `create-chat`.
fn title_of(id: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    id.split('-').map(capital).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_str, json};

    use super::*;
    use crate::{Outcome, Result, api::codes::*, inputs, outputs};

    #[inputs]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Inputs {
        book_id: String,
    }

    #[outputs]
    struct Outputs {}

    fn run(_: Inputs) -> Result<Outcome<Outputs>> {
        Ok(Outcome::new(Outputs {}))
    }

    const SHELF: Group =
        Group::of(&[parameter("a", "A."), permission("b", "B.")]).status(Status::Operation).exclusive(&["BookId"]);

    fn node(effect: Effect, group: Group) -> Declaration {
        Declaration {
            id: "read-the-book",
            title: None,
            resource: "Book",
            description: &[" Reads a book,", " line by line."],
            effect,
            slots: &[],
            idempotent: None,
            confirm_with: None,
            rules: &[],
            group,
            errors: const { &[not_found("b", "No b.")] },
        }
    }

    #[test]
    fn what_is_not_said_follows_from_what_is() {
        let manifest: Value = from_str(&node(Effect::Read, SHELF).manifest(run)).unwrap();
        for (member, expected) in [
            ("title", json!("Read The Book")),
            ("description", json!("Reads a book, line by line.")),
            ("idempotent", json!(true)),
            ("status", json!("operation")),
            ("exclusive", json!(["BookId"])),
            (
                "errors",
                json!([
                    { "code": "b", "kind": "not-found", "retry": "never" },
                    { "code": "a", "kind": "invalid-parameter", "retry": "never" }
                ]),
            ),
        ] {
            assert_eq!(manifest[member], expected, "{member}");
        }
        let manifest: Value = from_str(&node(Effect::Write, Group::NONE).manifest(run)).unwrap();
        assert_eq!((&manifest["idempotent"], &manifest["status"]), (&json!(false), &json!("http")));
    }

    #[test]
    fn a_nodes_own_word_on_a_code_goes_before_its_groups() {
        let node = node(Effect::Read, SHELF);
        assert_eq!(node.code("b").map(|code| code.hint), Some("No b."));
        assert_eq!(node.code("a").map(|code| code.hint), Some("A."));
        assert!(node.code("c").is_none());
    }
}
