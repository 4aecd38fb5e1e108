//! Ids: opaque texts that differ by where they come from.

/// Why a text is not an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAnId {
    text: String,
    what: &'static str,
}

impl std::fmt::Display for NotAnId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { text, what } = self;
        write!(f, "`{text}` can not be a {what}")
    }
}

/// What programs write where they have no value.
const NO_VALUE: [&str; 5] = ["undefined", "null", "NaN", "None", "[object Object]"];

/// The id without the space around it. Blank, with space or `|` inside, with a list's or JSON's punctuation, a mention such
/// as `@all`, or what a program writes where it has no value: none of them is an id.
#[doc(hidden)]
pub fn read_id(text: &str, what: &'static str) -> Result<String, NotAnId> {
    let id = text.trim();
    let is_foreign =
        |letter: char| letter.is_whitespace() || letter.is_control() || "|,，、；\"[]{}<>".contains(letter);
    if id.is_empty() || id.starts_with('@') || NO_VALUE.contains(&id) || id.contains(is_foreign) {
        return Err(NotAnId { text: id.to_owned(), what });
    }
    Ok(id.to_owned())
}

/// Opaque text without the space around it. Only what is blank, or what a program writes where it has no value, is none.
#[doc(hidden)]
pub fn read_opaque(text: &str, what: &'static str) -> Result<String, NotAnId> {
    match text.trim() {
        id if id.is_empty() || NO_VALUE.contains(&id) => Err(NotAnId { text: id.to_owned(), what }),
        id => Ok(id.to_owned()),
    }
}

/// Declares an id that nodes take: opaque text, without the space that was around it. What can not be one is refused. The
/// doc comment is the description that a user reads.
///
/// ```
/// patchbay_node::id! {
///     /// A person in the shop's directory.
///     CustomerId, example: "c-1001"
/// }
///
/// let id: CustomerId = serde_json::from_str(r#"" c-1001 ""#)?;
/// assert_eq!(&*id, "c-1001");
/// assert!(serde_json::from_str::<CustomerId>(r#""undefined""#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// `opaque` before the name takes any text but a blank one or a program's word for no value: for ids of which the service
/// does not say what they consist of, and for what may be called by its name too.
#[macro_export]
macro_rules! id {
    ($(#[doc = $doc:literal])+ opaque $name:ident, example: $example:literal) => {
        $crate::id!(@declare $(#[doc = $doc])+ $name, $example, $crate::read_opaque);
    };
    ($(#[doc = $doc:literal])+ $name:ident, example: $example:literal) => {
        $crate::id!(@declare $(#[doc = $doc])+ $name, $example, $crate::read_id);
    };
    (@declare $(#[doc = $doc:literal])+ $name:ident, $example:literal, $read:path) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, Eq, $crate::serde::Serialize, $crate::schemars::JsonSchema)]
        #[serde(crate = "patchbay_node::serde", transparent)]
        #[schemars(crate = "patchbay_node::schemars", example = &$example)]
        pub struct $name(#[schemars(length(min = 1), regex(pattern = r"\S"), extend("x-pattern-words" = "that is not blank"))] String);

        impl ::std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::NotAnId;

            fn from_str(text: &str) -> ::std::result::Result<Self, $crate::NotAnId> {
                $read(text, ::std::stringify!($name)).map(Self)
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> ::std::result::Result<Self, D::Error> {
                let text: ::std::string::String = $crate::serde::Deserialize::deserialize(deserializer)?;
                text.parse().map_err($crate::serde::de::Error::custom)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use crate::CommaList;

    id! {
        /// A person.
        UserId, example: "manager001"
    }

    id! {
        /// A sheet.
        opaque SheetId, example: "st-1"
    }

    #[test]
    fn an_id_is_trimmed_and_what_can_not_be_one_is_refused() {
        assert_eq!(from_value::<UserId>(json!(" manager001\n")).unwrap().to_string(), "manager001");
        for text in ["", " ", "a b", "a|b", "a,b", "[\"a", "@all", "undefined", "null", "[object Object]", "a\u{0}"] {
            let error = from_value::<UserId>(json!(text)).unwrap_err().to_string();
            assert_eq!(error, format!("`{}` can not be a UserId", text.trim()));
        }
        for text in ["a+b/c==", "user@example.com", "$:LWCP_v1:$x", "季度", "a.b-c_d~e", "100%?#+&=;"] {
            assert!(from_value::<UserId>(json!(text)).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_opaque_id_may_have_anything_inside() {
        assert_eq!(&*from_value::<SheetId>(json!(" Q3 | plan ")).unwrap(), "Q3 | plan");
        for text in [" ", "undefined"] {
            assert!(from_value::<SheetId>(json!(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_list_of_ids_names_the_one_that_is_none() {
        let list = from_value::<CommaList<UserId, 9>>(json!(["a，b", "@all"]));
        assert_eq!(list.unwrap_err().to_string(), "`@all` can not be a UserId");
    }
}
