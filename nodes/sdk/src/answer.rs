//! What a service answers, passed on as it is but in the types that were promised.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, transform::transform_subschemas};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::Shape;

/// What a service answers, or a member of it.
///
/// Of an object, [`answer`](macro@crate::answer) declares which members are known. The object keeps every member the
/// service sent, in its order, the undeclared ones too; a member the service left out (or sent as null) stays absent.
/// Declared members are read leniently, because services type loosely, and so they always have the declared type:
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
/// to report a call as failed that the service has executed. What is promised is another matter: an answer without it is
/// no success. That holds of the answer itself; of an item in a list nothing is asked, and the reader of what it promises
/// gives a blank.
///
/// `()` takes any answer and keeps nothing of it.
pub trait Answer: Sized + Into<Value> {
    /// How it is typed.
    const SHAPE: Shape;

    /// What a reader gives.
    type Read<'a>;

    /// A value of the shape as a reader gives it; a blank text counts as absent.
    fn read(value: &Value) -> Option<Self::Read<'_>>;

    /// A value of the shape as the node keeps it.
    fn take(value: Value) -> Option<Self>;

    /// What a reader would give of nothing.
    fn absent() -> Self::Read<'static>;
}

/// Reads an answer; `is_empty` says that it is an HTTP 204. The error is the name of the member that is promised and not
/// there.
pub(crate) fn take<T: Answer>(value: Option<Value>, is_empty: bool) -> Result<T, &'static str> {
    let value = value.and_then(|value| T::SHAPE.read(value)).unwrap_or_else(|| T::SHAPE.nothing());
    match T::SHAPE.broken_promise(&value, is_empty) {
        Some(name) => Err(name),
        None => T::take(value).ok_or("what was asked for"),
    }
}

macro_rules! plain_answers {
    ($($kind:ty: $shape:ident, $read:ident, $absent:expr;)+) => {
        $(impl Answer for $kind {
            const SHAPE: Shape = Shape::$shape;
            type Read<'a> = Self;

            fn read(value: &Value) -> Option<Self> {
                value.$read()
            }

            fn take(value: Value) -> Option<Self> {
                value.$read()
            }

            fn absent() -> Self {
                $absent
            }
        })+
    };
}

plain_answers! {
    i64: Integer, as_i64, 0;
    f64: Number, as_f64, 0.0;
    bool: Boolean, as_bool, false;
}

impl Answer for () {
    const SHAPE: Shape = Shape::Any;
    type Read<'a> = ();

    fn read(_: &Value) -> Option<()> {
        Some(())
    }

    fn take(_: Value) -> Option<()> {
        Some(())
    }

    fn absent() {}
}

impl Answer for String {
    const SHAPE: Shape = Shape::Text;
    type Read<'a> = &'a str;

    fn read(value: &Value) -> Option<&str> {
        value.as_str().filter(|text| !text.trim().is_empty())
    }

    fn take(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn absent() -> &'static str {
        ""
    }
}

impl Answer for Value {
    const SHAPE: Shape = Shape::Any;
    type Read<'a> = &'a Self;

    fn read(value: &Value) -> Option<&Self> {
        Some(value)
    }

    fn take(value: Value) -> Option<Self> {
        Some(value)
    }

    fn absent() -> &'static Self {
        &Self::Null
    }
}

impl Answer for Map<String, Value> {
    const SHAPE: Shape = Shape::Object(&[]);
    type Read<'a> = Self;

    fn read(value: &Value) -> Option<Self> {
        value.as_object().cloned()
    }

    fn take(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    fn absent() -> Self {
        Self::new()
    }
}

impl<T: Answer + 'static> Answer for Vec<T> {
    const SHAPE: Shape = Shape::List(&T::SHAPE);
    type Read<'a> = List<'a, T>;

    fn read(value: &Value) -> Option<List<'_, T>> {
        value.as_array().map(|items| List { items, kind: PhantomData })
    }

    fn take(value: Value) -> Option<Self> {
        match value {
            Value::Array(items) => Some(items.into_iter().filter_map(T::take).collect()),
            _ => None,
        }
    }

    fn absent() -> List<'static, T> {
        List::default()
    }
}

/// A list in an answer.
#[derive(Debug)]
pub struct List<'a, T> {
    items: &'a [Value],
    kind: PhantomData<fn() -> T>,
}

impl<'a, T: Answer> List<'a, T> {
    /// How many items it has.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Its items; blank texts are left out.
    pub fn iter(&self) -> impl Iterator<Item = T::Read<'a>> + use<'a, T> {
        self.items.iter().filter_map(T::read)
    }

    /// Its items, for the node to keep.
    pub fn to_vec(&self) -> Vec<T> {
        self.items.iter().cloned().filter_map(T::take).collect()
    }
}

impl<T> Default for List<'_, T> {
    fn default() -> Self {
        Self { items: &[], kind: PhantomData }
    }
}

/// Reads a list that stands in a member of which only the caller knows the name.
pub fn list_of<T: Answer + 'static>(items: Option<Value>) -> Vec<T> {
    // A list promises nothing.
    take(items, false).unwrap_or_default()
}

/// Rows of cells in an answer. A cell that the service leaves out, or types otherwise, is blank: `""`, 0, false or `{}`, so
/// that each keeps its place; of cells of any kind it is null.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct Grid<T> {
    rows: Vec<Value>,
    #[serde(skip)]
    kind: PhantomData<fn() -> T>,
}

impl<T: Answer + 'static> Answer for Grid<T> {
    const SHAPE: Shape = Shape::Grid(&T::SHAPE);
    type Read<'a> = List<'a, Value>;

    fn read(value: &Value) -> Option<List<'_, Value>> {
        Vec::<Value>::read(value)
    }

    fn take(value: Value) -> Option<Self> {
        Vec::<Value>::take(value).map(|rows| Self { rows, kind: PhantomData })
    }

    fn absent() -> List<'static, Value> {
        List::default()
    }
}

impl<T> From<Grid<T>> for Value {
    fn from(grid: Grid<T>) -> Self {
        grid.rows.into()
    }
}

impl<T: JsonSchema> JsonSchema for Grid<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("Grid_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<Vec<T>>::json_schema(generator)
    }
}

/// The schema of an answer: no member is promised to the reader of an envelope, because a failed run has none.
#[doc(hidden)]
pub fn declared_schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = T::json_schema(generator);
    promise_no_member(&mut schema);
    schema
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
        #[promised]
        userid: String,
        active: bool,
        hired_date: i64,
        dept_id_list: Vec<i64>,
        leader_in_dept: Vec<LeaderInDept>,
    }

    #[answer]
    #[serde(rename_all = "camelCase")]
    struct LeaderInDept {
        #[promised]
        dept_id: i64,
        leader: bool,
    }

    #[answer]
    struct Deletion {
        #[promised(unless_empty)]
        success: bool,
    }

    fn user(value: Value) -> Value {
        json!(take::<User>(Some(value), false).unwrap())
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
            "leader_in_dept": { "deptId": "2", "leader": "false" }
        });
        assert_eq!(
            user(answer),
            json!({
                "userid": "42",
                "active": true,
                "hired_date": 1_597_573_616_828_i64,
                "dept_id_list": [2, 3],
                "leader_in_dept": [{ "deptId": 2, "leader": false }]
            })
        );
    }

    #[test]
    fn what_is_absent_null_or_unreadable_is_absent() {
        assert_eq!(user(json!({ "userid": "a", "active": null, "hired_date": "soon" })), json!({ "userid": "a" }));
    }

    #[test]
    fn readers_give_members_in_their_types_and_blank_text_is_none() {
        let user: User = take(
            Some(json!({ "userid": "a", "hired_date": "5", "leader_in_dept": [{ "deptId": 7 }], "dept_id_list": [2] })),
            false,
        )
        .unwrap();
        assert_eq!((user.userid(), user.hired_date(), user.active()), ("a", Some(5), None));
        assert_eq!(user.dept_id_list().unwrap_or_default().iter().collect::<Vec<_>>(), [2]);
        let leading: Vec<i64> = user.leader_in_dept().unwrap_or_default().iter().map(|dept| dept.dept_id()).collect();
        assert_eq!(leading, [7]);
        let active = user.with_active(true).with_userid("b");
        assert_eq!((active.userid(), active.active()), ("b", Some(true)));
    }

    #[test]
    fn an_answer_without_what_is_promised_is_none() {
        for answer in
            [None, Some(json!({})), Some(json!({ "userid": " " })), Some(json!({ "userid": null })), Some(json!([]))]
        {
            assert_eq!(take::<User>(answer, false).err(), Some("userid"));
        }
        for (answer, is_empty, expected) in [
            (json!({ "success": true }), false, None),
            (json!({ "success": "false" }), false, Some("success")),
            (json!({}), false, Some("success")),
            (json!({}), true, None),
        ] {
            assert_eq!(take::<Deletion>(Some(answer.clone()), is_empty).err(), expected, "{answer}");
        }
    }

    #[test]
    fn a_list_is_read_also_where_it_is_absent_null_text_or_a_single_object() {
        for (items, expected) in [
            (
                Some(json!([{ "deptId": "2" }, "odd", {}, { "deptId": 3 }])),
                json!([{ "deptId": 2 }, {}, { "deptId": 3 }]),
            ),
            (Some(json!("[{\"deptId\":2}]")), json!([{ "deptId": 2 }])),
            (Some(json!({ "deptId": 2 })), json!([{ "deptId": 2 }])),
            (Some(json!(null)), json!([])),
            (None, json!([])),
        ] {
            assert_eq!(json!(take::<Vec<LeaderInDept>>(items, false).unwrap()), expected);
        }
    }

    #[answer]
    struct Cells {
        texts: Grid<String>,
        sizes: Grid<f64>,
        links: Grid<LeaderInDept>,
        values: Grid<Value>,
    }

    #[test]
    fn a_cell_that_can_not_be_read_is_blank_and_the_others_keep_their_places() {
        let cells: Cells = take(
            Some(json!({
                "texts": [["a", null, 5, [1]], null],
                "sizes": [["12.5", "big", 9]],
                "links": [[null, { "deptId": "2" }]],
                "values": [[null, 1]]
            })),
            false,
        )
        .unwrap();
        assert_eq!(cells.texts().map(|rows| rows.len()), Some(2));
        assert_eq!(
            json!(cells),
            json!({
                "texts": [["a", "", "5", ""], []],
                "sizes": [[12.5, 0, 9]],
                "links": [[{}, { "deptId": 2 }]],
                "values": [[null, 1]]
            })
        );
    }

    #[test]
    fn lists_that_were_left_out_are_empty_where_that_is_asked_for() {
        let user: User = take(Some(json!({ "userid": "a", "dept_id_list": [2] })), false).unwrap();
        let expected = json!({ "userid": "a", "dept_id_list": [2], "leader_in_dept": [] });
        assert_eq!(json!(user.with_empty_lists()), expected);
    }

    #[test]
    fn the_schema_promises_no_member() {
        let schema = schema::given::<User>().to_value();
        assert_eq!(schema["required"], json!([]));
        assert_eq!(
            schema["properties"]["leader_in_dept"]["items"]["properties"]["leader"],
            json!({ "type": "boolean" })
        );
        assert!(schema["properties"]["leader_in_dept"]["items"].get("required").is_none());
    }
}
