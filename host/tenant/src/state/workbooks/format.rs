//! What a cell looks like.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::grid::Item;

/// The format of a cell. What was never set is `None` and looks as in a new sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct CellFormat {
    /// The colour behind the text; white by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background_color: Option<Color>,
    /// The colour of the text; black by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font_color: Option<Color>,
    /// The size of the text; 14 by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font_size: Option<NonZeroU16>,
    /// The weight of the text; normal by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font_weight: Option<FontWeight>,
    /// Where the text stands from left to right; by default depending on what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub horizontal_alignment: Option<HorizontalAlignment>,
    /// Where the text stands from top to bottom; in the middle by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertical_alignment: Option<VerticalAlignment>,
    /// Where a click on the cell leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hyperlink: Option<Hyperlink>,
    /// How a number is shown, such as `0.00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_format: Option<String>,
    /// What becomes of text that is wider than the cell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word_wrap: Option<WordWrap>,
}

/// A cell's format, if it ever had one.
pub(super) type FormatSlot = Option<Box<CellFormat>>;

impl Item for FormatSlot {
    fn is_blank(&self) -> bool {
        self.is_none()
    }
}

/// A colour, written `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color {
    /// The red part.
    pub red: u8,
    /// The green part.
    pub green: u8,
    /// The blue part.
    pub blue: u8,
}

impl Color {
    pub(super) const WHITE: Self = Self { red: 255, green: 255, blue: 255 };
}

/// The text is not a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a colour such as #ff8800")]
pub struct MalformedColor;

impl FromStr for Color {
    type Err = MalformedColor;

    fn from_str(text: &str) -> Result<Self, MalformedColor> {
        let digits = text.strip_prefix('#').ok_or(MalformedColor)?;
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(MalformedColor);
        }
        let [_, red, green, blue] =
            u32::from_str_radix(digits, 16).map(u32::to_be_bytes).map_err(|_| MalformedColor)?;
        Ok(Self { red, green, blue })
    }
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl TryFrom<String> for Color {
    type Error = MalformedColor;

    fn try_from(text: String) -> Result<Self, MalformedColor> {
        text.parse()
    }
}

impl From<Color> for String {
    fn from(color: Color) -> Self {
        color.to_string()
    }
}

/// The weight of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FontWeight {
    /// As thick as usual.
    #[default]
    Normal,
    /// Thicker.
    Bold,
}

/// Where text stands from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HorizontalAlignment {
    /// Text left, numbers right.
    #[default]
    General,
    /// At the left.
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
}

/// Where text stands from top to bottom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerticalAlignment {
    /// At the top.
    Top,
    /// In the middle.
    #[default]
    Middle,
    /// At the bottom.
    Bottom,
}

/// What becomes of text that is wider than its cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WordWrap {
    /// It is shown over the next cells, as long as they are empty.
    Overflow,
    /// It is cut off.
    Clip,
    /// It goes on in a new line.
    AutoWrap,
}

/// Where a click on a cell leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hyperlink {
    /// What kind of place it is.
    #[serde(rename = "type")]
    pub kind: HyperlinkKind,
    /// The place: an address, a sheet or a range.
    pub link: String,
    /// The text that is shown for it.
    #[serde(default)]
    pub text: String,
}

/// What kind of place a hyperlink leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HyperlinkKind {
    /// An address outside of the workbook.
    Path,
    /// A sheet of the workbook.
    Sheet,
    /// A range of cells.
    Range,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_six_hexadecimal_digits_after_a_hash() {
        assert_eq!("#Ff8800".parse::<Color>().map(|color| color.to_string()).as_deref(), Ok("#ff8800"));
        for text in ["", "#", "ff8800", "#f80", "#ff88000", "#gg0000", "#+f8800", "red", "#ａａ"] {
            assert_eq!(text.parse::<Color>(), Err(MalformedColor), "{text}");
        }
    }
}
