//! Lists as people write them.

use std::{borrow::Cow, collections::BTreeSet, fmt, marker::PhantomData, ops::Deref, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

/// What people put between the entries of a list, in whichever language they type.
const SEPARATORS: [char; 7] = [',', '，', '、', ';', '；', '\n', '\r'];

/// One to `MAX` items, given as an array or as one text with separators between them: `,` `，` `、` `;` `；` or line
/// breaks, which split an array's texts too. Surrounding space, blank entries and repeated entries are dropped. What can
/// not be an item is refused and named.
///
/// An item is anything that is read from text and written as text: an id, a number, a `String`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CommaList<T, const MAX: usize>(Vec<T>);

impl<T: fmt::Display, const MAX: usize> CommaList<T, MAX> {
    /// The items with commas between them, as some services want them.
    pub fn joined(&self) -> String {
        self.0.iter().map(T::to_string).collect::<Vec<_>>().join(",")
    }
}

impl<T: Clone + PartialEq, const MAX: usize> CommaList<T, MAX> {
    /// The items, and this one after them unless it is there.
    pub fn with(&self, item: &T) -> Vec<T> {
        let mut items = self.0.clone();
        if !items.contains(item) {
            items.push(item.clone());
        }
        items
    }
}

impl<T, const MAX: usize> Deref for CommaList<T, MAX> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: FromStr<Err: fmt::Display>, const MAX: usize> Deserialize<'de> for CommaList<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = deserializer.deserialize_any(Entries(PhantomData))?;
        match entries.len() {
            0 => Err(de::Error::custom("at least one entry is needed")),
            count if count > MAX => Err(de::Error::custom(format_args!("{count} entries, at most {MAX} are allowed"))),
            _ => Ok(Self(entries)),
        }
    }
}

/// Reads the entries of a list.
struct Entries<T>(PhantomData<T>);

impl<'de, T: FromStr<Err: fmt::Display>> de::Visitor<'de> for Entries<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array, or a text with commas")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
        read([text])
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut texts = Vec::new();
        while let Some(Entry(text)) = items.next_element()? {
            texts.push(text);
        }
        read(texts.iter().map(String::as_str))
    }
}

fn read<'a, T: FromStr<Err: fmt::Display>, E: de::Error>(
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<T>, E> {
    let mut seen = BTreeSet::new();
    let entries = texts.into_iter().flat_map(|text| text.split(SEPARATORS)).map(str::trim);
    entries
        .filter(|entry| !entry.is_empty() && seen.insert(*entry))
        .map(|entry| entry.parse().map_err(E::custom))
        .collect()
}

/// An entry of an array: text, or a number as its text.
struct Entry(String);

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Entry;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("text or a whole number")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Entry, E> {
                Ok(Entry(text.to_owned()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Entry, E> {
                Ok(Entry(number.to_string()))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Entry, E> {
                Ok(Entry(number.to_string()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl<T: JsonSchema, const MAX: usize> JsonSchema for CommaList<T, MAX> {
    fn schema_name() -> Cow<'static, str> {
        format!("CommaList{MAX}_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut item = generator.subschema_for::<T>();
        // What describes one item does not describe the list.
        item.remove("description");
        item.remove("examples");
        if item.get("type").is_some_and(|kind| kind == "string") {
            item.insert("minLength".to_owned(), 1.into());
            crate::text::not_blank(&mut item);
        }
        json_schema!({
            "anyOf": [
                { "type": "array", "items": item, "minItems": 1, "maxItems": MAX },
                { "type": "string", "format": "comma-separated" }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn joined(given: Value) -> Result<String, String> {
        from_value::<CommaList<String, 3>>(given).map(|list| list.joined()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_list_drops_blanks_and_repeats_and_keeps_the_order() {
        assert_eq!(joined(json!(["b", " a ", "", "b", "c"])).as_deref(), Ok("b,a,c"));
    }

    #[test]
    fn whatever_people_put_between_entries_splits_them_in_texts_and_in_elements() {
        for given in [
            json!("a,b，c"),
            json!("a、b;c"),
            json!("a；b\r\nc\n"),
            json!(["a,b", "c"]),
            json!(["a，b", "b；c"]),
            json!(["a\nb\nc"]),
        ] {
            assert_eq!(joined(given.clone()).as_deref(), Ok("a,b,c"), "{given}");
        }
    }

    #[test]
    fn a_list_has_at_least_one_and_at_most_max_entries_as_they_are_after_splitting() {
        assert_eq!(joined(json!([" , "])), Err("at least one entry is needed".to_owned()));
        assert_eq!(joined(json!(["a,b", "c,d"])), Err("4 entries, at most 3 are allowed".to_owned()));
    }

    #[test]
    fn what_can_not_be_an_item_is_named() {
        let numbers = |given: Value| {
            from_value::<CommaList<u8, 9>>(given).map(|list| list.to_vec()).map_err(|error| error.to_string())
        };
        assert_eq!(numbers(json!([1, "2，3"])), Ok(vec![1, 2, 3]));
        assert_eq!(numbers(json!([1, "two"])), Err("invalid digit found in string".to_owned()));
    }

    #[test]
    fn an_item_is_added_only_where_it_is_not_there() {
        let list: CommaList<u8, 9> = from_value(json!([1, 2])).unwrap();
        assert_eq!((list.with(&2), list.with(&3)), (vec![1, 2], vec![1, 2, 3]));
    }
}
