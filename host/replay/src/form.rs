//! What stands in a fixture file. `schemas/fixture.json` is made from these types.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU64;

use patchbay_runtime::{Effect, Name};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::case::{Answer, Fault};
use crate::expected::Expected;

/// The JSON Schema of a fixture file.
pub fn schema() -> Value {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<FixtureFile>().to_value()
}

/// The cases of one operation, `<anywhere below the provider>/fixtures/<operation>.yaml`; or the cases that hold of every
/// operation beside and below, `fixtures/every-operation.yaml`. Run by `patchbay test`.
///
/// Credential and tokens never stand in it: each run of a case makes up both, answers the requests for tokens by itself,
/// and checks that the gate signed every request with exactly what the slot asks for.
#[derive(JsonSchema)]
#[schemars(title = "Fixture", untagged)]
#[expect(
    dead_code,
    clippy::large_enum_variant,
    reason = "none is ever made: only its schema is used, as the file's name says which of the two it is"
)]
enum FixtureFile {
    Operation(OperationFile),
    EveryOperation(SharedFile),
}

/// Members in the order in which they stand in the file.
#[derive(Debug, Clone)]
pub struct Named<T>(pub Vec<(String, T)>);

/// The cases of one operation: a base, and cases that say only what is different.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationFile {
    /// Where this schema is, for editors.
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    /// The case that all others begin with. It is run too, as the case `base`.
    pub base: Says,
    /// The operation's words in cases of `every-operation.yaml`: `${outcome}` there is the text `outcome` here.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    /// What is different here in cases of `every-operation.yaml`, or that one does not hold, with the reason.
    #[serde(default)]
    pub shared: Named<Refinement>,
    /// The operation's own cases.
    #[serde(default)]
    pub cases: Named<Says>,
}

/// The cases that hold of every operation beside and below this file's folder, each run on the operation's base.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedFile {
    /// Where this schema is, for editors.
    #[serde(rename = "$schema")]
    _schema: Option<String>,
    /// Texts that a case means with `${name}`, where the operation has none of that name. `${request}` is the method and
    /// address of the base's first request.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
    /// The cases.
    pub cases: Named<Shared>,
}

/// A part of a fixture that says something of an exchange.
pub trait OfExchange {
    /// Whether it says anything.
    fn is_any(&self) -> bool;

    /// What it says.
    fn exchange(&self) -> ExchangeSays;
}

/// A part of a fixture that says something of a case.
pub trait OfCase {
    /// What it says, as any case does.
    fn says(&self) -> Says;
}

/// Declares a part of a fixture that says something of a case: its own members, then those of every case, then those
/// of an exchange, which are of the exchange that the base calls `main`.
macro_rules! says {
    ($(#[$about:meta])* $name:ident { $($(#[$member_about:meta])* $member:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $($(#[$member_about])* pub $member: $type,)*
            /// The method and the address without its query: `POST https://api.example.com/orders`.
            pub request: Option<Expected>,
            /// The signing slot that the node names. Whether the gate signed as it says is checked in any case.
            pub slot: Option<Name>,
            /// Whether the node calls the request a read or a write.
            pub effect: Option<Effect>,
            /// The query: each name with its value, decoded; a list where a name stands more than once. Compared whole.
            pub query: Option<Expected>,
            /// Headers that matter. Others may be sent besides.
            pub headers: Named<Expected>,
            /// The body, as JSON. Without `body` and `text`, no body may be sent.
            #[serde(deserialize_with = "present")]
            pub body: Option<Expected>,
            /// The body, as text that is not JSON.
            pub text: Option<Expected>,
            /// What the service answers. It takes the place of the base's answer as a whole.
            pub answer: Option<Answer>,
            /// What is different in the base's answer: members merge, null takes one away.
            pub answer_with: Option<Map<String, Value>>,
            /// One answer after the other: the same request is sent once for each, as after a refused token. An empty
            /// answer `{}` is the base's.
            #[schemars(length(min = 1))]
            pub answers: Option<Vec<Again>>,
            /// How the service fails to answer.
            pub fault: Option<Fault>,
        }

        impl OfExchange for $name {
            fn is_any(&self) -> bool {
                self.request.is_some()
                    || self.slot.is_some()
                    || self.effect.is_some()
                    || self.query.is_some()
                    || !self.headers.0.is_empty()
                    || self.body.is_some()
                    || self.text.is_some()
                    || self.answer.is_some()
                    || self.answer_with.is_some()
                    || self.answers.is_some()
                    || self.fault.is_some()
            }

            fn exchange(&self) -> ExchangeSays {
                ExchangeSays {
                    request: self.request.clone(),
                    slot: self.slot.clone(),
                    effect: self.effect,
                    query: self.query.clone(),
                    headers: self.headers.clone(),
                    body: self.body.clone(),
                    text: self.text.clone(),
                    answer: self.answer.clone(),
                    answer_with: self.answer_with.clone(),
                    answers: self.answers.clone(),
                    fault: self.fault,
                    ..ExchangeSays::default()
                }
            }
        }
    };
}

/// Declares a part of a fixture that says something of a case as a whole.
macro_rules! case_says {
    ($(#[$about:meta])* $name:ident { $($(#[$member_about:meta])* $member:ident: $type:ty,)* }) => {
        impl OfCase for $name {
            fn says(&self) -> Says {
                Says {
                    about: self.about.clone(),
                    inputs: self.inputs.clone(),
                    options: self.options.clone(),
                    credential: self.credential.clone(),
                    timeout_ms: self.timeout_ms,
                    token: self.token.clone(),
                    sends: self.sends.clone(),
                    gives: self.gives.clone(),
                    fails: self.fails.clone(),
                    refused: self.refused.clone(),
                    request: self.request.clone(),
                    slot: self.slot.clone(),
                    effect: self.effect,
                    query: self.query.clone(),
                    headers: self.headers.clone(),
                    body: self.body.clone(),
                    text: self.text.clone(),
                    answer: self.answer.clone(),
                    answer_with: self.answer_with.clone(),
                    answers: self.answers.clone(),
                    fault: self.fault,
                }
            }
        }

        says! {
            $(#[$about])*
            $name {
                $($(#[$member_about])* $member: $type,)*
                /// What the case shows, where its name does not say it all.
                about: Option<String>,
                /// The node's inputs. They merge into the base's; null takes one away, `{ $literal: null }` is null.
                inputs: Option<Value>,
                /// The node's options, as the inputs.
                options: Option<Value>,
                /// The kind of credential that the run is given, or `none`. The provider's first kind when absent.
                credential: Option<String>,
                /// How long the run may take; 30000 when absent.
                timeout_ms: Option<NonZeroU64>,
                /// What the endpoint of the token answers, before all else, instead of a token.
                token: Option<TokenSays>,
                /// The exchanges, where there is more than one: by names that the cases use, or a list that takes the
                /// place of the base's exchanges.
                sends: Option<Sends>,
                /// What a success gives: outputs and Summary. It merges into the base's. StatusCode is 200,
                /// OriginalStatusCode the last answer's, ErrorMessage and Hint are empty and Retryable is false where
                /// they are not said.
                gives: Option<Named<Expected>>,
                /// The whole envelope of a failure. Outputs are empty, Retryable is false, Summary is empty and
                /// OriginalStatusCode is that of the last answer to a request of the node (0 without one) where they are not said; StatusCode is 500
                /// under the status rule `operation`, else the answer's where that is an error status. Nothing is sent
                /// after the last exchange that the case says something of, and nothing at all when it says something of
                /// none.
                fails: Option<Named<Expected>>,
                /// A parameter error: `Name: expected at most 20 characters, got 21`, or several in a list. Nothing is
                /// sent, StatusCode is -1, and Hint is `Correct Name.`.
                refused: Option<OneOrMany>,
            }
        }
    };
}

case_says! {
    /// A case. All that it does not say is the base's.
    Says {}
}

case_says! {
    /// What is different here in a case of `every-operation.yaml`.
    Refinement {
        /// Why the case does not hold of this operation. It is not run then.
        excluded: Option<String>,
    }
}

case_says! {
    /// A case that holds of every operation. Its texts may hold `${name}`: see `texts`.
    Shared {
        /// Operations that it holds of; all others do not have it.
        only: Option<Only>,
        /// What is different for operations whose main request names this signing slot. An operation with a slot that is
        /// not here does not have the case; so it is with each `by_..`.
        by_slot: Option<Named<Shared>>,
        /// What is different by what the main request does.
        by_effect: Option<ByEffect>,
        /// What is different by the operation's status rule.
        by_status: Option<ByStatus>,
    }
}

says! {
    /// What is said of one exchange.
    ExchangeSays {
        /// The exchange whose request this one begins with.
        like: Option<String>,
        /// In the base: what a case says without naming an exchange is of this one. The first when none is called so.
        main: bool,
        /// The name of the provider's token recipe: the next request for this token is answered as is said here. Without
        /// it a token is issued.
        token: Option<Name>,
        /// Exchanges that may come in any order, for requests that are sent side by side.
        #[schemars(length(min = 1))]
        any_order: Vec<ExchangeSays>,
    }
}

/// One of several answers: `{}` is the base's.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Again {
    /// The HTTP status; 200 when absent.
    #[schemars(range(min = 100, max = 599))]
    pub status: Option<u16>,
    /// Headers.
    pub headers: BTreeMap<String, String>,
    /// The body, as JSON.
    pub body: Option<Value>,
    /// The body, as text: for what is not JSON.
    pub text: Option<String>,
    /// How the service fails to answer this time.
    pub fault: Option<Fault>,
}

/// What the endpoint of a token answers.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["answer"] }, { "required": ["fault"] }]))]
pub struct TokenSays {
    /// The name of the provider's token recipe. The one of the main request's slot when absent.
    pub name: Option<Name>,
    /// What it answers.
    pub answer: Option<Answer>,
    /// How it fails to answer.
    pub fault: Option<Fault>,
}

/// Operations that a shared case holds of: those that are all that is said.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Only {
    /// Operations whose main request names this signing slot.
    pub slot: Option<Name>,
    /// Operations that take all of these inputs.
    pub inputs: Vec<String>,
    /// Operations that declare this error code, or one of the family that it stands for.
    pub code: Option<String>,
    /// Operations of this effect.
    pub effect: Option<Effect>,
    /// Operations of these names.
    pub operations: Vec<String>,
}

/// What is different by what the main request does.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByEffect {
    /// It changes nothing.
    pub read: Option<Box<Shared>>,
    /// It changes something.
    pub write: Option<Box<Shared>>,
    /// It changes something, and the operation declares itself idempotent; `write` when absent.
    pub idempotent_write: Option<Box<Shared>>,
}

/// What is different by the operation's status rule. A case without this says the StatusCode of the rule `http`; under
/// the rule `operation` it is 500.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ByStatus {
    /// The service's HTTP status when it was an error, else the one of the failure's kind.
    pub http: Option<Box<Shared>>,
    /// 500 for every failure past validation.
    pub operation: Option<Box<Shared>>,
}

/// The exchanges of a case.
#[derive(Debug, Clone)]
pub enum Sends {
    /// By name: what is said of each; nothing, where one of the base's does not happen.
    Named(Vec<(String, Option<ExchangeSays>)>),
    /// All of them.
    List(Vec<SendItem>),
}

/// An exchange in a list.
#[derive(Debug, Clone)]
pub enum SendItem {
    /// One of the base's, as it is.
    Same(String),
    /// What is said of it.
    Says(Box<ExchangeSays>),
}

/// A text, or several.
#[derive(Debug, Clone)]
pub struct OneOrMany(pub Vec<String>);

/// A member that is there, whatever its value: `null` is a value to compare with.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Expected>, D::Error> {
    Expected::deserialize(deserializer).map(Some)
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Named<T> {
    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Named<T>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = access.next_entry()? {
                    members.push(member);
                }
                Ok(Named(members))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("NamedOf{}", T::schema_name()).into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}

impl<'de> Deserialize<'de> for Sends {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Exchanges;
        impl<'de> Visitor<'de> for Exchanges {
            type Value = Sends;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("exchanges by name, or a list of exchanges")
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Sends, A::Error> {
                Named::deserialize(MapAccessDeserializer::new(access)).map(|Named(members)| Sends::Named(members))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Sends, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = access.next_element()? {
                    items.push(item);
                }
                Ok(Sends::List(items))
            }
        }
        deserializer.deserialize_any(Exchanges)
    }
}

impl JsonSchema for Sends {
    fn schema_name() -> Cow<'static, str> {
        "Sends".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let exchange = generator.subschema_for::<ExchangeSays>();
        json_schema!({ "anyOf": [
            {
                "description": "What is said of each exchange, by name; null where one of the base's does not happen.",
                "type": "object",
                "additionalProperties": { "anyOf": [exchange.clone(), { "type": "null" }] },
            },
            {
                "description": "All exchanges: the name of one of the base's, or what is said of one.",
                "type": "array",
                "items": { "anyOf": [{ "type": "string" }, exchange] },
            },
        ]})
    }
}

impl<'de> Deserialize<'de> for SendItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Item;
        impl<'de> Visitor<'de> for Item {
            type Value = SendItem;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an exchange, or the name of one of the base's")
            }

            fn visit_str<E>(self, name: &str) -> Result<SendItem, E> {
                Ok(SendItem::Same(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<SendItem, A::Error> {
                ExchangeSays::deserialize(MapAccessDeserializer::new(access)).map(Box::new).map(SendItem::Says)
            }
        }
        deserializer.deserialize_any(Item)
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
                Ok(OneOrMany(vec![text.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<OneOrMany, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = access.next_element()? {
                    texts.push(text);
                }
                Ok(OneOrMany(texts))
            }
        }
        deserializer.deserialize_any(Texts)
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" }, "minItems": 1 }] })
    }
}
