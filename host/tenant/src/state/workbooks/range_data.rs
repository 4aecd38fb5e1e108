//! What a read of a range tells of its cells.

use serde::Serialize;

use super::cell::shown;
use super::changes::Matrix;
use super::format::{CellFormat, Color, FontWeight, HorizontalAlignment, Hyperlink, VerticalAlignment};
use super::formula::Evaluator;
use super::worksheet::Worksheet;
use crate::a1::Area;

const DEFAULT_FONT_SIZE: u16 = 14;

/// A part of the answer that a caller can select.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Values,
    Formulas,
    DisplayValues,
    BackgroundColors,
    FontSizes,
    FontWeights,
    HorizontalAlignments,
    VerticalAlignments,
    Hyperlinks,
}

impl Field {
    /// What is told when nothing is selected.
    pub(crate) const USUAL: [Self; 7] = [
        Self::Values,
        Self::Formulas,
        Self::DisplayValues,
        Self::BackgroundColors,
        Self::FontSizes,
        Self::HorizontalAlignments,
        Self::VerticalAlignments,
    ];

    /// The part of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "values" => Some(Self::Values),
            "formulas" => Some(Self::Formulas),
            "displayValues" => Some(Self::DisplayValues),
            "backgroundColors" => Some(Self::BackgroundColors),
            "fontSizes" => Some(Self::FontSizes),
            "fontWeights" => Some(Self::FontWeights),
            "horizontalAlignments" => Some(Self::HorizontalAlignments),
            "verticalAlignments" => Some(Self::VerticalAlignments),
            "hyperlinks" => Some(Self::Hyperlinks),
            _ => None,
        }
    }
}

/// The selected parts, each with a row for each row of the range.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RangeData {
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<Matrix<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    formulas: Option<Matrix<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_values: Option<Matrix<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    background_colors: Option<Matrix<ColorParts>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    font_sizes: Option<Matrix<u16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    font_weights: Option<Matrix<FontWeight>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    horizontal_alignments: Option<Matrix<HorizontalAlignment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vertical_alignments: Option<Matrix<VerticalAlignment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hyperlinks: Option<Matrix<Option<Hyperlink>>>,
}

/// A colour as a read tells it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ColorParts {
    red: u8,
    green: u8,
    blue: u8,
    hex_string: String,
}

impl From<Color> for ColorParts {
    fn from(color: Color) -> Self {
        Self { red: color.red, green: color.green, blue: color.blue, hex_string: color.to_string() }
    }
}

impl RangeData {
    pub(super) fn of(sheet: &Worksheet, area: Area, fields: &[Field]) -> Self {
        let mut data = Self::default();
        let mut evaluator = Evaluator::new(&sheet.cells);
        let unset = CellFormat::default();
        let format = |row, column| sheet.formats.get(row, column).and_then(Option::as_deref).unwrap_or(&unset);
        for field in fields {
            match field {
                Field::Values => data.values = told(area, |row, column| evaluator.value(row, column)),
                Field::Formulas => {
                    data.formulas = told(area, |row, column| {
                        let formula = sheet.cells.get(row, column).and_then(|cell| cell.formula());
                        formula.unwrap_or_default().to_owned()
                    });
                }
                Field::DisplayValues => {
                    data.display_values = told(area, |row, column| {
                        let value = evaluator.value(row, column);
                        shown(&value, format(row, column).number_format.as_deref())
                    });
                }
                Field::BackgroundColors => {
                    data.background_colors =
                        told(area, |row, column| format(row, column).background_color.unwrap_or(Color::WHITE).into());
                }
                Field::FontSizes => {
                    data.font_sizes =
                        told(area, |row, column| format(row, column).font_size.map_or(DEFAULT_FONT_SIZE, u16::from));
                }
                Field::FontWeights => {
                    data.font_weights = told(area, |row, column| format(row, column).font_weight.unwrap_or_default());
                }
                Field::HorizontalAlignments => {
                    data.horizontal_alignments =
                        told(area, |row, column| format(row, column).horizontal_alignment.unwrap_or_default());
                }
                Field::VerticalAlignments => {
                    data.vertical_alignments =
                        told(area, |row, column| format(row, column).vertical_alignment.unwrap_or_default());
                }
                Field::Hyperlinks => {
                    data.hyperlinks = told(area, |row, column| format(row, column).hyperlink.clone());
                }
            }
        }
        data
    }
}

/// What `tell` says of each cell of the area.
fn told<T>(area: Area, mut tell: impl FnMut(usize, usize) -> T) -> Option<Matrix<T>> {
    let rows = area.first_row..area.first_row + area.row_count;
    let told = rows.map(|row| {
        let columns = area.first_column..area.first_column + area.column_count;
        columns.map(|column| tell(row, column)).collect()
    });
    Some(told.collect())
}
