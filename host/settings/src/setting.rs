//! Turns a written value into its type, and back into what `patchbay config show` prints.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::size::ByteSize;

/// A value as it was written, with its place in the file.
#[derive(Debug, Clone)]
pub struct Written {
    pub form: Form,
    /// Bytes of the file; empty for what does not stand in one.
    pub span: Range<usize>,
    /// What a path is relative to.
    pub folder: Option<PathBuf>,
}

/// How a value was written.
#[derive(Debug, Clone)]
pub enum Form {
    /// In a variable or on the command line, where all is text.
    Bare(String),
    Text(String),
    Integer(i64),
    Flag(bool),
    List(Vec<Written>),
    Table(Vec<(String, Written)>),
    /// A form that no setting has: a float, a time.
    Other(&'static str),
}

/// Why a written value is not one of the setting's.
#[derive(Debug)]
pub struct Fault {
    /// The part of the value that is wrong; the whole when none.
    pub span: Option<Range<usize>>,
    pub reason: String,
}

impl From<String> for Fault {
    fn from(reason: String) -> Self {
        Self { span: None, reason }
    }
}

/// A type that settings have.
pub trait Setting: Sized {
    fn read(written: &Written) -> Result<Self, Fault>;

    fn show(&self) -> Json;
}

impl Written {
    /// A value from outside a file.
    pub fn bare(text: impl Into<String>) -> Self {
        Self { form: Form::Bare(text.into()), span: 0..0, folder: None }
    }

    /// The value's text, when it is one.
    pub fn text(&self, expected: &str) -> Result<&str, Fault> {
        match &self.form {
            Form::Bare(text) | Form::Text(text) => Ok(text),
            _ => Err(self.fault(expected)),
        }
    }

    /// That something else was expected.
    pub fn fault(&self, expected: &str) -> Fault {
        let found = match &self.form {
            Form::Bare(text) => format!("`{text}`"),
            Form::Text(text) => format!("\"{text}\""),
            Form::Integer(number) => number.to_string(),
            Form::Flag(flag) => flag.to_string(),
            Form::List(_) => "a list".to_owned(),
            Form::Table(_) => "a table".to_owned(),
            Form::Other(name) => (*name).to_owned(),
        };
        Fault { span: Some(self.span.clone()), reason: format!("expected {expected}, found {found}") }
    }

    /// A value of a type that reads itself from text; its error says what is expected.
    fn parse<T>(&self, expected: &str) -> Result<T, Fault>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let text = self.text(expected)?;
        text.parse().map_err(|error: T::Err| Fault { span: Some(self.span.clone()), reason: error.to_string() })
    }
}

impl Setting for bool {
    fn read(written: &Written) -> Result<Self, Fault> {
        match &written.form {
            Form::Flag(flag) => Ok(*flag),
            Form::Bare(text) if text == "true" => Ok(true),
            Form::Bare(text) if text == "false" => Ok(false),
            _ => Err(written.fault("true or false")),
        }
    }

    fn show(&self) -> Json {
        json!(self)
    }
}

macro_rules! whole_numbers {
    ($($kind:ty: $expected:literal),*) => { $(
        impl Setting for $kind {
            fn read(written: &Written) -> Result<Self, Fault> {
                let number = match &written.form {
                    Form::Integer(number) => Some(*number),
                    Form::Bare(text) => text.parse().ok(),
                    _ => None,
                };
                number.and_then(|number| Self::try_from(number).ok()).ok_or_else(|| written.fault($expected))
            }

            fn show(&self) -> Json {
                json!(self)
            }
        }
    )* };
}

whole_numbers!(u32: "a whole number, 0 or more", usize: "a whole number, 0 or more");

macro_rules! whole_numbers_from_one {
    ($($kind:ty: $number:ty),*) => { $(
        impl Setting for $kind {
            fn read(written: &Written) -> Result<Self, Fault> {
                let number = <$number>::read(written).ok().and_then(Self::new);
                number.ok_or_else(|| written.fault("a whole number, 1 or more"))
            }

            fn show(&self) -> Json {
                json!(self.get())
            }
        }
    )* };
}

whole_numbers_from_one!(NonZeroU32: u32, NonZeroUsize: usize);

impl Setting for Duration {
    fn read(written: &Written) -> Result<Self, Fault> {
        const EXPECTED: &str = "a time such as 500ms, 30s, 24h or 30d";
        let read = humantime::parse_duration(written.text(EXPECTED)?).ok();
        read.filter(|duration| !duration.is_zero()).ok_or_else(|| written.fault(EXPECTED))
    }

    fn show(&self) -> Json {
        json!(humantime::format_duration(*self).to_string())
    }
}

impl Setting for ByteSize {
    fn read(written: &Written) -> Result<Self, Fault> {
        written.parse("a size such as 64KiB, 16MiB or 1GiB")
    }

    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

/// An address to listen on, as an argument: `127.0.0.1:8787`, `localhost:8787`, or `8787` for a port of this machine alone.
///
/// # Errors
/// It is none of these.
pub fn listen_address(text: &str) -> Result<SocketAddr, String> {
    address(text)
        .ok_or_else(|| "write an address and a port such as 0.0.0.0:8787 or [::]:8787, or a port alone".to_owned())
}

fn address(text: &str) -> Option<SocketAddr> {
    let port = text.strip_prefix("localhost:").or_else(|| text.strip_prefix(':')).unwrap_or(text);
    let of_this_machine = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    port.parse().map(of_this_machine).or_else(|_| text.parse()).ok()
}

impl Setting for SocketAddr {
    fn read(written: &Written) -> Result<Self, Fault> {
        const EXPECTED: &str =
            "an address and a port such as 127.0.0.1:8787 or [::]:8787, or a port of this machine alone";
        address(written.text(EXPECTED)?).ok_or_else(|| written.fault(EXPECTED))
    }

    fn show(&self) -> Json {
        json!(self.to_string())
    }
}

impl Setting for String {
    fn read(written: &Written) -> Result<Self, Fault> {
        written.text("a text").map(str::to_owned)
    }

    fn show(&self) -> Json {
        json!(self)
    }
}

impl Setting for PathBuf {
    fn read(written: &Written) -> Result<Self, Fault> {
        let path = written.text("a path")?;
        if path.is_empty() {
            return Err(written.fault("a path"));
        }
        Ok(written.folder.as_ref().map_or_else(|| path.into(), |folder| folder.join(path)))
    }

    fn show(&self) -> Json {
        json!(self.display().to_string())
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(written: &Written) -> Result<Self, Fault> {
        match &written.form {
            Form::Bare(text) | Form::Text(text) if text == "none" => Ok(None),
            _ => T::read(written).map(Some),
        }
    }

    fn show(&self) -> Json {
        self.as_ref().map_or_else(|| json!("none"), Setting::show)
    }
}

/// In a variable, commas stand between the members.
impl<T: Setting> Setting for Vec<T> {
    fn read(written: &Written) -> Result<Self, Fault> {
        match &written.form {
            Form::List(members) => members.iter().map(T::read).collect(),
            Form::Bare(text) => {
                let members = text.split(',').map(str::trim).filter(|member| !member.is_empty());
                members.map(|member| T::read(&Written::bare(member))).collect()
            }
            _ => Err(written.fault("a list")),
        }
    }

    fn show(&self) -> Json {
        self.iter().map(Setting::show).collect()
    }
}

/// Makes settings of enums whose members have names.
macro_rules! choices {
    ($($kind:ident { $($name:literal => $member:ident),+ })*) => { $(
        impl $crate::setting::Setting for $kind {
            fn read(written: &$crate::setting::Written) -> Result<Self, $crate::setting::Fault> {
                const NAMES: &[&str] = &[$($name),+];
                let expected = format!("one of {}", NAMES.join(", "));
                match written.text(&expected)? {
                    $($name => Ok(Self::$member),)+
                    other => {
                        let mut fault = written.fault(&expected);
                        if let Some(near) = patchbay_runtime::nearest(other, NAMES.iter().copied()) {
                            fault.reason += &format!("; did you mean {near}?");
                        }
                        Err(fault)
                    }
                }
            }

            fn show(&self) -> serde_json::Value {
                serde_json::json!(match self { $(Self::$member => $name,)+ })
            }
        }
    )* };
}

pub(super) use choices;
