//! A value whose validation is metered: each look at it is a step, and it can be given up at any step.
//!
//! A validator walks as its schema tells it, and can be stopped by nothing but the value that it walks over. So the value
//! counts, and when the meter has run out it unwinds the validator's stack up to [`Meter::run`], as a query that is
//! cancelled does in a database of queries. A validator keeps no state between two values, so nothing is left half done.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Instant;

use jsonschema::json::{Array, Json, Node, NodeIdentity, Object};
use jsonschema::types::JsonType;
use serde_json::{Map, Number, Value};

use super::normalise::whole;

/// Steps between two looks at the clock.
const STEPS_BY_THE_CLOCK: u64 = 1_000;
/// Bytes of a text that are looked at in one step.
const BYTES_OF_A_STEP: usize = 16;
/// Errors after which no further elements and members are looked at. Each takes some hundreds of bytes.
pub(super) const MOST_COLLECTED: usize = 10_000;

/// How long a validation may go on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effort {
    /// For so many steps: as long as a thread that serves others may be held up.
    Steps(u64),
    /// Until then, on a thread of its own.
    Until(Instant),
}

impl Effort {
    /// What takes far less than a millisecond.
    pub const LITTLE: Self = Self::Steps(20_000);
}

/// A validation came to the end of its [`Effort`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GivenUp;

/// What is left of an effort.
pub(super) struct Meter {
    steps: Cell<u64>,
    until: Option<Instant>,
    errors: Cell<usize>,
}

impl Meter {
    pub fn new(effort: Effort) -> Self {
        let (steps, until) = match effort {
            Effort::Steps(steps) => (steps, None),
            Effort::Until(instant) => (STEPS_BY_THE_CLOCK, Some(instant)),
        };
        Self { steps: Cell::new(steps), until, errors: Cell::new(0) }
    }

    /// Validates, until it is done or this meter has run out.
    pub fn run<T>(&self, validate: impl FnOnce() -> T) -> Result<T, GivenUp> {
        catch_unwind(AssertUnwindSafe(validate)).map_err(|panic| match panic.downcast::<GivenUp>() {
            Ok(given_up) => *given_up,
            Err(other) => resume_unwind(other),
        })
    }

    /// Whether so many errors were found that the validator was shown no more of the value.
    pub fn has_stopped_collecting(&self) -> bool {
        self.errors.get() >= MOST_COLLECTED
    }

    /// Shows the whole value again.
    pub fn collect_anew(&self) {
        self.errors.set(0);
    }

    fn charge(&self, steps: u64) {
        match self.steps.get().checked_sub(steps) {
            Some(left) => self.steps.set(left),
            None => match self.until {
                Some(until) if Instant::now() < until => self.steps.set(STEPS_BY_THE_CLOCK),
                // Unwinds without a panic's message: it is no mistake.
                _ => resume_unwind(Box::new(GivenUp)),
            },
        }
    }
}

/// The representation of JSON that validators of this crate are compiled for.
pub(super) struct Metered;

/// A value and the meter of its validation. A member's name that is itself validated has none: its object has.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    value: &'a Value,
    meter: Option<&'a Meter>,
}

impl<'a> Seen<'a> {
    pub fn new(value: &'a Value, meter: &'a Meter) -> Self {
        Self { value, meter: Some(meter) }
    }

    fn look(&self, steps: usize) -> &'a Value {
        if let Some(meter) = self.meter {
            meter.charge(steps as u64);
        }
        self.value
    }

    fn part(self, value: &'a Value) -> Self {
        Self { value, ..self }
    }

    fn is_shown(&self) -> bool {
        !self.meter.is_some_and(Meter::has_stopped_collecting)
    }
}

impl Json for Metered {
    type Node<'a> = Seen<'a>;
    type PreparedKey = String;
    type StringBuffer = Value;

    fn prepare_key(key: &str) -> String {
        key.to_owned()
    }

    fn with_string_node<T>(buffer: &mut Value, string: &str, f: impl FnOnce(Seen<'_>) -> T) -> T {
        *buffer = Value::String(string.to_owned());
        f(Seen { value: buffer, meter: None })
    }
}

impl<'a> Node<'a, Metered> for Seen<'a> {
    type Object = Members<'a>;
    type Array = Elements<'a>;
    type Number = &'a Number;

    fn as_object(&self) -> Option<Members<'a>> {
        self.look(1).as_object().map(|members| Members { seen: *self, members })
    }

    fn as_array(&self) -> Option<Elements<'a>> {
        self.look(1).as_array().map(|elements| Elements { seen: *self, elements })
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        let text = self.value.as_str()?;
        self.look(1 + text.len() / BYTES_OF_A_STEP);
        Some(Cow::Borrowed(text))
    }

    fn as_number(&self) -> Option<&'a Number> {
        self.look(1).as_number()
    }

    fn as_boolean(&self) -> Option<bool> {
        self.look(1).as_bool()
    }

    fn is_null(&self) -> bool {
        self.look(1).is_null()
    }

    fn json_type(&self) -> JsonType {
        match self.look(1) {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::String(_) => JsonType::String,
            Value::Array(_) => JsonType::Array,
            Value::Object(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Value) -> bool {
        self.look(match self.value {
            Value::Array(elements) => 1 + elements.len(),
            Value::Object(members) => 1 + members.len(),
            Value::String(text) => 1 + text.len() / BYTES_OF_A_STEP,
            _ => 1,
        });
        jsonschema::json::cmp::equal(self.value, expected)
    }

    /// The value as an error reports it: the only thing that the validator asks it for here.
    fn to_value(&self) -> Cow<'a, Value> {
        if let Some(meter) = self.meter {
            meter.errors.set(meter.errors.get() + 1);
        }
        Cow::Borrowed(self.look(1))
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref(self.value).addr()))
    }
}

/// The members of an object.
pub(super) struct Members<'a> {
    seen: Seen<'a>,
    members: &'a Map<String, Value>,
}

impl<'a> Object<'a, Metered> for Members<'a> {
    type Node = Seen<'a>;
    type MemberName = &'a str;
    type MembersIter = MembersIter<'a>;

    fn len(&self) -> usize {
        self.members.len()
    }

    fn get(&self, key: &String) -> Option<Seen<'a>> {
        self.seen.look(1);
        self.members.get(key).map(|value| self.seen.part(value))
    }

    fn members(&self) -> MembersIter<'a> {
        MembersIter { seen: self.seen, members: self.members.iter() }
    }
}

pub(super) struct MembersIter<'a> {
    seen: Seen<'a>,
    members: serde_json::map::Iter<'a>,
}

impl<'a> Iterator for MembersIter<'a> {
    type Item = (&'a str, Seen<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.members.next().filter(|_| self.seen.is_shown())?;
        self.seen.look(1 + name.len() / BYTES_OF_A_STEP);
        Some((name, self.seen.part(value)))
    }
}

/// The elements of an array.
pub(super) struct Elements<'a> {
    seen: Seen<'a>,
    elements: &'a [Value],
}

impl<'a> Array<'a, Metered> for Elements<'a> {
    type Node = Seen<'a>;
    type ElementsIter = ElementsIter<'a>;

    fn len(&self) -> usize {
        self.elements.len()
    }

    fn elements(&self) -> ElementsIter<'a> {
        ElementsIter { seen: self.seen, elements: self.elements.iter() }
    }

    /// Compares texts and not hashes of parts: lists can be made whose parts hash alike and whose comparison is quadratic.
    fn is_unique(&self) -> bool {
        let mut met = HashSet::with_capacity(self.elements.len());
        self.elements.iter().all(|element| {
            let mut text = String::new();
            write_canonical(element, &mut text);
            self.seen.look(1 + text.len() / BYTES_OF_A_STEP);
            met.insert(text)
        })
    }
}

/// Writes a value so that two that JSON Schema takes as equal have the same text: members in order of their names, whole
/// numbers without a fraction.
fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => *text += &value.to_string(),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()).and_then(whole) {
            Some(whole) => *text += &whole.to_string(),
            None => *text += &number.to_string(),
        },
        Value::Array(elements) => {
            text.push('[');
            for element in elements {
                write_canonical(element, text);
                text.push(',');
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (name, member) in members {
                *text += &Value::from(name.as_str()).to_string();
                text.push(':');
                write_canonical(member, text);
                text.push(',');
            }
            text.push('}');
        }
    }
}

pub(super) struct ElementsIter<'a> {
    seen: Seen<'a>,
    elements: std::slice::Iter<'a, Value>,
}

impl<'a> Iterator for ElementsIter<'a> {
    type Item = Seen<'a>;

    fn next(&mut self) -> Option<Seen<'a>> {
        let value = self.elements.next().filter(|_| self.seen.is_shown())?;
        self.seen.look(1);
        Some(self.seen.part(value))
    }
}
