//! What a node is given, and how its `run` may be written.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value};

use crate::{Failure, FailureKind, Outcome, Result, schema};

/// What a node is given: a struct under [`inputs`](macro@crate::inputs) or [`options`](macro@crate::options).
pub trait Given: Sized {
    /// Which of the two it is.
    const PLACE: Place;

    /// Reads what the host has validated against the schema; what is left is what a schema can not say.
    fn read(text: &str) -> serde_json::Result<Self>;

    /// Its schema, as yet without the care for form builders.
    fn schema(generator: &mut SchemaGenerator) -> Schema;
}

/// Where a user puts a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Among the inputs.
    Inputs,
    /// Among the options.
    Options,
}

/// The schema of an object whose parts are declared apart.
#[doc(hidden)]
pub fn joined_schema<const N: usize>(parts: [Schema; N], own: Schema) -> Schema {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for mut schema in parts.into_iter().chain([own]) {
        if let Some(Value::Object(members)) = schema.remove("properties") {
            properties.extend(members);
        }
        if let Some(Value::Array(names)) = schema.remove("required") {
            required.extend(names);
        }
    }
    let mut schema = Map::new();
    schema.insert("properties".to_owned(), properties.into());
    schema.insert("required".to_owned(), required.into());
    schema.into()
}

/// An author's `run`: a function of the inputs, of the options, of both, or of neither.
#[diagnostic::on_unimplemented(
    message = "`run` is not the function of a node",
    label = "this node has no such function",
    note = "it is `fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>>`, without what the node has not",
    note = "the structs have `#[inputs]`, `#[options]` and `#[outputs]` above them"
)]
pub trait Run<Arguments>: Copy {
    /// What it gives.
    type Outputs: JsonSchema + serde::Serialize;

    /// The schemas of the inputs and of the options.
    fn schemas(self) -> (Schema, Schema);

    /// Reads what the function takes, and calls it.
    fn run(self, given: &Texts) -> Result<Outcome<Self::Outputs>>;
}

/// The inputs and options of a run, as JSON texts.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    pub(crate) inputs: &'a str,
    pub(crate) options: &'a str,
}

impl<F, R> Run<()> for F
where
    F: Fn() -> Result<Outcome<R>> + Copy,
    R: JsonSchema + serde::Serialize,
{
    type Outputs = R;

    fn schemas(self) -> (Schema, Schema) {
        (schema::nothing(), schema::nothing())
    }

    fn run(self, _: &Texts) -> Result<Outcome<R>> {
        self()
    }
}

impl<F, A, R> Run<(A,)> for F
where
    F: Fn(A) -> Result<Outcome<R>> + Copy,
    A: Given,
    R: JsonSchema + serde::Serialize,
{
    type Outputs = R;

    fn schemas(self) -> (Schema, Schema) {
        let (given, nothing) = (schema::taken::<A>(), schema::nothing());
        if A::PLACE == Place::Inputs { (given, nothing) } else { (nothing, given) }
    }

    fn run(self, given: &Texts) -> Result<Outcome<R>> {
        self(given.read()?)
    }
}

impl<F, A, B, R> Run<(A, B)> for F
where
    F: Fn(A, B) -> Result<Outcome<R>> + Copy,
    A: Given,
    B: Given,
    R: JsonSchema + serde::Serialize,
{
    type Outputs = R;

    fn schemas(self) -> (Schema, Schema) {
        const {
            assert!(
                matches!((A::PLACE, B::PLACE), (Place::Inputs, Place::Options)),
                "the inputs come before the options"
            )
        };
        (schema::taken::<A>(), schema::taken::<B>())
    }

    fn run(self, given: &Texts) -> Result<Outcome<R>> {
        self(given.read()?, given.read()?)
    }
}

impl Texts<'_> {
    fn read<T: Given>(&self) -> Result<T> {
        let text = match T::PLACE {
            Place::Inputs => self.inputs,
            Place::Options => self.options,
        };
        T::read(text).map_err(|error| {
            let problem = problem(&error);
            match culprit::<T>(text, &problem) {
                Some(name) => Failure::invalid_input(&name, format_args!("is not valid: {problem}")),
                None => Failure::new(FailureKind::InvalidInput, format!("the values do not fit together: {problem}"))
                    .hint("Correct them and run again."),
            }
        })
    }
}

/// What is wrong, without the place in a text that nobody but the node sees.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// The member that a problem is about: the one without which there is no such problem. Only here is the text made a tree.
fn culprit<T: Given>(text: &str, problem_is: &str) -> Option<String> {
    let members: Map<String, Value> = serde_json::from_slice(text.as_bytes()).ok()?;
    let is_cause = |name: &&String| {
        let mut others = members.clone();
        others.shift_remove(*name);
        let text = serde_json::to_string(&others).unwrap_or_default();
        !T::read(&text).is_err_and(|error| problem(&error) == problem_is)
    };
    members.keys().find(is_cause).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{CommaList, inputs, options, outputs, part};

    #[inputs]
    struct Inputs {
        user_ids: CommaList<String, 1>,
    }

    #[part]
    struct InBook {
        /// The book.
        book_id: String,
        page: Option<i64>,
    }

    #[inputs]
    struct InputsWithPart {
        #[part]
        book: InBook,
        /// The line.
        line: i64,
    }

    #[options(sent_as = "camelCase")]
    struct Options {
        page_size: Option<i64>,
        is_open: Option<bool>,
    }

    #[outputs]
    struct Outputs {
        said: String,
    }

    fn given<T: Given>(inputs: &str) -> Result<T> {
        Texts { inputs, options: inputs }.read()
    }

    #[test]
    fn an_input_that_only_the_node_can_refuse_is_named() {
        let failure = given::<Inputs>(r#"{"UserIds":["a","b"]}"#).unwrap_err();
        assert_eq!(failure.kind(), FailureKind::InvalidInput);
        assert_eq!(failure.message(), "UserIds is not valid: 2 entries, at most 1 are allowed");
    }

    #[test]
    fn a_valid_input_is_read() {
        assert_eq!(given::<Inputs>(r#"{"UserIds":["a"]}"#).unwrap().user_ids.joined(), "a");
    }

    #[test]
    fn a_part_is_read_beside_the_rest_and_its_properties_stand_before_them() {
        let inputs: InputsWithPart = given(r#"{"BookId":"b","Line":3}"#).unwrap();
        assert_eq!((inputs.book.book_id.as_str(), inputs.book.page, inputs.line), ("b", None, 3));
        let failure = given::<InputsWithPart>(r#"{"BookId":"b","Page":true,"Line":3}"#).unwrap_err();
        assert!(failure.message().starts_with("Page is not valid"), "{failure}");

        let schema = schema::taken::<InputsWithPart>().to_value();
        let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["BookId", "Page", "Line"]);
        assert_eq!((&schema["required"], &schema["additionalProperties"]), (&json!(["BookId", "Line"]), &json!(false)));
        assert_eq!(schema["properties"]["Page"]["type"], "integer");
    }

    #[test]
    fn options_are_sent_in_the_services_case_without_those_that_are_not_set() {
        let options: Options = given(r#"{"PageSize":5}"#).unwrap();
        assert_eq!(json!(options), json!({ "pageSize": 5 }));
    }

    #[test]
    fn run_takes_inputs_options_both_or_neither() {
        fn of_inputs(inputs: Inputs) -> Result<Outcome<Outputs>> {
            Ok(Outcome::new(Outputs { said: inputs.user_ids.joined() }))
        }
        fn of_options(options: Options) -> Result<Outcome<Outputs>> {
            Ok(Outcome::new(Outputs { said: format!("{:?}", options.page_size) }))
        }
        fn of_both(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
            Ok(Outcome::new(Outputs { said: format!("{} {:?}", inputs.user_ids.joined(), options.is_open) }))
        }
        fn of_neither() -> Result<Outcome<Outputs>> {
            Ok(Outcome::new(Outputs { said: "nothing".to_owned() }))
        }
        let given = Texts { inputs: r#"{"UserIds":["a"]}"#, options: r#"{"PageSize":5,"IsOpen":true}"# };
        assert_eq!(of_inputs.run(&given).unwrap().outputs().said, "a");
        assert_eq!(of_options.run(&given).unwrap().outputs().said, "Some(5)");
        assert_eq!(of_both.run(&given).unwrap().outputs().said, "a Some(true)");
        assert_eq!(of_neither.run(&given).unwrap().outputs().said, "nothing");
        let (inputs, options) = of_options.schemas();
        assert_eq!(inputs.to_value()["properties"], json!({}));
        assert_eq!(options.to_value()["properties"]["PageSize"]["type"], "integer");
    }
}
