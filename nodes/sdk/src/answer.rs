//! What a service answers, passed on as it is but in the types that were promised.

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, transform::transform_subschemas};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Shaped, log, shape::read_array};

/// A JSON object that a service answered, in the shape that `T` declares.
///
/// `T` is a struct under [`answer`](macro@crate::answer). The object keeps every member the service sent, in its order,
/// the undeclared ones too; a member the service left out (or sent as null) stays absent. Declared members are read
/// leniently, because services type loosely, and so they always have the declared type:
///
/// | declared | also read |
/// | --- | --- |
/// | integer, number | its text: `"5"` |
/// | boolean | `"true"`, `"false"`, `0`, `1`, `"0"`, `"1"` |
/// | string | a number or boolean, as its text |
/// | array | its JSON text; one object without brackets |
/// | object | its JSON text |
///
/// A declared member that can not be read is left out and a warning logged: one odd detail of an answer is no reason
/// to report a call as failed that the service has executed.
pub struct Answer<T> {
    members: Map<String, Value>,
    shape: PhantomData<fn() -> T>,
}

impl<T: Shaped> Answer<T> {
    /// Reads what the service sent.
    pub fn new(members: Map<String, Value>) -> Self {
        Self { members: T::SHAPE.read_members(members), shape: PhantomData }
    }

    /// Reads a list that the service sent, by the rules above; what is absent, null or not a list is an empty one.
    pub fn list(items: Option<Value>) -> Vec<Self> {
        let items = items.and_then(read_array).unwrap_or_default();
        let read = |item| match item {
            Value::Object(members) => Some(Self::new(members)),
            other => {
                log::warn(format_args!("an item of the service's list is left out, {other} is not an object"));
                None
            }
        };
        items.into_iter().filter_map(read).collect()
    }
}

impl<T> Answer<T> {
    /// Whether the service answered nothing.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A member.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// A member that is text; blank counts as absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.trim().is_empty())
    }

    /// A member that is an integer.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    /// Sets a member that the node itself knows.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        Self { members: self.members.clone(), shape: PhantomData }
    }
}

impl<T> fmt::Debug for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.members.fmt(f)
    }
}

impl<T: Shaped> From<Map<String, Value>> for Answer<T> {
    fn from(members: Map<String, Value>) -> Self {
        Self::new(members)
    }
}

impl<T> Serialize for Answer<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members.serialize(serializer)
    }
}

impl<T: JsonSchema> JsonSchema for Answer<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("Answer<{}>", T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        promise_no_member(&mut schema);
        schema
    }
}

fn promise_no_member(schema: &mut Schema) {
    schema.remove("required");
    transform_subschemas(&mut promise_no_member, schema);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{answer, schema};

    #[answer]
    struct User {
        userid: String,
        active: bool,
        hired_date: i64,
        dept_id_list: Vec<i64>,
        leader_in_dept: Vec<LeaderInDept>,
    }

    #[answer]
    struct LeaderInDept {
        dept_id: i64,
        leader: bool,
    }

    fn user(value: Value) -> Value {
        let Value::Object(members) = value else { panic!("not an object") };
        serde_json::to_value(Answer::<User>::new(members)).unwrap()
    }

    #[test]
    fn well_typed_and_undeclared_members_stay_as_they_are() {
        let answer =
            json!({ "unknown": { "deep": null }, "userid": "zhangsan", "active": true, "dept_id_list": [2, 3] });
        assert_eq!(user(answer.clone()).to_string(), answer.to_string());
    }

    #[test]
    fn loosely_typed_members_get_the_declared_type() {
        let answer = json!({
            "userid": 42,
            "active": "true",
            "hired_date": "1597573616828",
            "dept_id_list": "[2,\"3\"]",
            "leader_in_dept": { "dept_id": "2", "leader": "false" }
        });
        assert_eq!(
            user(answer),
            json!({
                "userid": "42",
                "active": true,
                "hired_date": 1_597_573_616_828_i64,
                "dept_id_list": [2, 3],
                "leader_in_dept": [{ "dept_id": 2, "leader": false }]
            })
        );
    }

    #[test]
    fn what_is_absent_null_or_unreadable_is_absent() {
        assert_eq!(user(json!({ "userid": "a", "active": null, "hired_date": "soon" })), json!({ "userid": "a" }));
    }

    #[test]
    fn a_list_is_read_also_where_it_is_absent_null_text_or_a_single_object() {
        for (items, expected) in [
            (Some(json!([{ "dept_id": "2" }, "odd", { "dept_id": 3 }])), json!([{ "dept_id": 2 }, { "dept_id": 3 }])),
            (Some(json!("[{\"dept_id\":2}]")), json!([{ "dept_id": 2 }])),
            (Some(json!({ "dept_id": 2 })), json!([{ "dept_id": 2 }])),
            (Some(json!(null)), json!([])),
            (None, json!([])),
        ] {
            assert_eq!(json!(Answer::<LeaderInDept>::list(items)), expected);
        }
    }

    #[test]
    fn the_schema_promises_no_member() {
        let schema = schema::given::<Answer<User>>().to_value();
        assert_eq!(schema["required"], json!([]));
        assert_eq!(
            schema["properties"]["leader_in_dept"]["items"]["properties"]["leader"],
            json!({ "type": "boolean" })
        );
        assert!(schema["properties"]["leader_in_dept"]["items"].get("required").is_none());
    }
}
