//! What an update of a range says of its cells.

use std::num::NonZeroU16;

use serde::Deserialize;

use super::error::WorkbookError;
use super::format::{CellFormat, Color, FontWeight, HorizontalAlignment, Hyperlink, VerticalAlignment, WordWrap};
use crate::a1::Area;

/// Rows of one length; in a format, `null` leaves the cell's own.
pub(super) type Matrix<T> = Vec<Vec<T>>;
type FormatMatrix<T> = Option<Matrix<Option<T>>>;

/// New contents and formats, each for all cells of the range. What is absent is not touched.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct RangeChanges {
    pub(super) values: Option<Matrix<String>>,
    background_colors: FormatMatrix<Color>,
    font_colors: FormatMatrix<Color>,
    font_sizes: FormatMatrix<NonZeroU16>,
    font_weights: FormatMatrix<FontWeight>,
    horizontal_alignments: FormatMatrix<HorizontalAlignment>,
    vertical_alignments: FormatMatrix<VerticalAlignment>,
    hyperlinks: FormatMatrix<Hyperlink>,
    number_format: Option<String>,
    word_wrap: Option<WordWrap>,
}

impl RangeChanges {
    /// Whether everything has the size of `area`, and there is something at all.
    pub(super) fn check(&self, area: Area) -> Result<(), WorkbookError> {
        let given = [
            fits("values", self.values.as_ref(), area)?,
            fits("backgroundColors", self.background_colors.as_ref(), area)?,
            fits("fontColors", self.font_colors.as_ref(), area)?,
            fits("fontSizes", self.font_sizes.as_ref(), area)?,
            fits("fontWeights", self.font_weights.as_ref(), area)?,
            fits("horizontalAlignments", self.horizontal_alignments.as_ref(), area)?,
            fits("verticalAlignments", self.vertical_alignments.as_ref(), area)?,
            fits("hyperlinks", self.hyperlinks.as_ref(), area)?,
            self.number_format.is_some(),
            self.word_wrap.is_some(),
        ];
        if given.contains(&true) { Ok(()) } else { Err(WorkbookError::NothingToWrite) }
    }

    /// For each cell of `area` what becomes of its format, or nothing when no format changes.
    pub(super) fn formats(&mut self, area: Area) -> Option<Matrix<CellFormat>> {
        let everywhere = CellFormat {
            number_format: self.number_format.take(),
            word_wrap: self.word_wrap.take(),
            ..CellFormat::default()
        };
        let somewhere = self.background_colors.is_some()
            || self.font_colors.is_some()
            || self.font_sizes.is_some()
            || self.font_weights.is_some()
            || self.horizontal_alignments.is_some()
            || self.vertical_alignments.is_some()
            || self.hyperlinks.is_some();
        if !somewhere && everywhere == CellFormat::default() {
            return None;
        }
        let mut formats = vec![vec![everywhere; area.column_count]; area.row_count];
        spread(&mut formats, self.background_colors.take(), |format, new| format.background_color = new);
        spread(&mut formats, self.font_colors.take(), |format, new| format.font_color = new);
        spread(&mut formats, self.font_sizes.take(), |format, new| format.font_size = new);
        spread(&mut formats, self.font_weights.take(), |format, new| format.font_weight = new);
        spread(&mut formats, self.horizontal_alignments.take(), |format, new| format.horizontal_alignment = new);
        spread(&mut formats, self.vertical_alignments.take(), |format, new| format.vertical_alignment = new);
        spread(&mut formats, self.hyperlinks.take(), |format, new| format.hyperlink = new);
        Some(formats)
    }

    /// The texts of the hyperlinks: what their cells read, unless values are given too.
    pub(super) fn link_texts(&self) -> FormatMatrix<String> {
        let text =
            |link: &Option<Hyperlink>| link.as_ref().map(|link| link.text.clone()).filter(|text| !text.is_empty());
        let links = self.hyperlinks.as_ref().filter(|_| self.values.is_none())?;
        Some(links.iter().map(|row| row.iter().map(text).collect()).collect())
    }
}

impl CellFormat {
    /// Takes over what `new` says.
    pub(super) fn merge(&mut self, new: Self) {
        let Self {
            background_color,
            font_color,
            font_size,
            font_weight,
            horizontal_alignment,
            vertical_alignment,
            hyperlink,
            number_format,
            word_wrap,
        } = new;
        self.background_color = background_color.or(self.background_color);
        self.font_color = font_color.or(self.font_color);
        self.font_size = font_size.or(self.font_size);
        self.font_weight = font_weight.or(self.font_weight);
        self.horizontal_alignment = horizontal_alignment.or(self.horizontal_alignment);
        self.vertical_alignment = vertical_alignment.or(self.vertical_alignment);
        self.hyperlink = hyperlink.or(self.hyperlink.take());
        self.number_format = number_format.or(self.number_format.take());
        self.word_wrap = word_wrap.or(self.word_wrap);
    }
}

fn spread<T>(formats: &mut [Vec<CellFormat>], news: FormatMatrix<T>, set: impl Fn(&mut CellFormat, Option<T>)) {
    let rows = formats.iter_mut().zip(news.unwrap_or_default());
    let cells = rows.flat_map(|(formats, news)| formats.iter_mut().zip(news));
    cells.for_each(|(format, new)| set(format, new));
}

/// Whether the matrix is given; when it is, it must have the size of `area`.
fn fits<T>(field: &'static str, matrix: Option<&Matrix<T>>, area: Area) -> Result<bool, WorkbookError> {
    let Some(matrix) = matrix else {
        return Ok(false);
    };
    let (rows, columns) = dimensions(field, matrix)?;
    if (rows, columns) != (area.row_count, area.column_count) {
        return Err(WorkbookError::Dimensions { field, rows, columns, range: area });
    }
    Ok(true)
}

/// The number of rows and columns of a matrix whose rows are all of one length.
pub(super) fn dimensions<T>(field: &'static str, matrix: &[Vec<T>]) -> Result<(usize, usize), WorkbookError> {
    let expected = matrix.first().map_or(0, Vec::len);
    if expected == 0 {
        return Err(WorkbookError::Empty { field });
    }
    match matrix.iter().zip(1..).find(|(row, _)| row.len() != expected) {
        None => Ok((matrix.len(), expected)),
        Some((cells, row)) => Err(WorkbookError::Ragged { field, row, width: cells.len(), expected }),
    }
}
