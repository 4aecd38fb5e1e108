//! Rows of items of which only those up to the last one that is not blank are stored, and which always know how far
//! they reach: where the data of a sheet ends is asked for before every append.

use std::collections::BTreeMap;
use std::iter;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::a1::Area;

/// What a cell of a grid holds. The default is blank.
pub(super) trait Item: Clone + Default {
    /// Whether it is as if nothing were there.
    fn is_blank(&self) -> bool;
}

/// No row ends with a blank item, and the last row is not empty.
#[derive(Clone, Debug)]
pub(super) struct Grid<T> {
    rows: Vec<Vec<T>>,
    /// How many rows there are of each length, empty ones left out.
    lengths: BTreeMap<usize, usize>,
}

impl<T> Default for Grid<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), lengths: BTreeMap::new() }
    }
}

impl<T: Item> Grid<T> {
    /// The rows up to the last one that is not blank, each up to its last item that is not blank.
    pub(super) fn rows(&self) -> &[Vec<T>] {
        &self.rows
    }

    /// How many columns there are up to the last one that is not blank.
    pub(super) fn width(&self) -> usize {
        self.lengths.last_key_value().map_or(0, |(length, _)| *length)
    }

    /// The item at this place, unless everything from there on is blank.
    pub(super) fn get(&self, row: usize, column: usize) -> Option<&T> {
        self.rows.get(row)?.get(column)
    }

    /// Brings each place of `area` together with the input for it. `inputs` have the area's size.
    pub(super) fn combine<I>(&mut self, area: Area, inputs: Vec<Vec<I>>, mut combine: impl FnMut(&mut T, I)) {
        let (end_row, end_column) = (area.first_row + area.row_count, area.first_column + area.column_count);
        if self.rows.len() < end_row {
            self.rows.resize_with(end_row, Vec::new);
        }
        let mut inputs = inputs.into_iter();
        self.change_rows(area.first_row, area.row_count, |row| {
            if row.len() < end_column {
                row.resize_with(end_column, T::default);
            }
            let places = row.iter_mut().skip(area.first_column);
            places.zip(inputs.next().unwrap_or_default()).for_each(|(place, input)| combine(place, input));
        });
    }

    /// Blanks every item of `area`; what is not stored is not touched.
    pub(super) fn clear(&mut self, area: Area) {
        self.change_rows(area.first_row, area.row_count, |row| {
            let places = row.iter_mut().skip(area.first_column).take(area.column_count);
            places.for_each(|place| *place = T::default());
        });
    }

    /// Changes items without making any of them blank or more than that.
    pub(super) fn each(&mut self, change: impl FnMut(&mut T)) {
        self.rows.iter_mut().flatten().for_each(change);
    }

    pub(super) fn insert_rows(&mut self, at: usize, count: usize) {
        if at < self.rows.len() {
            self.rows.splice(at..at, iter::repeat_n(Vec::new(), count));
        }
    }

    pub(super) fn delete_rows(&mut self, at: usize, count: usize) {
        let end = self.rows.len().min(at + count);
        if at < end {
            // Emptied first, so that their lengths are no longer counted.
            self.change_rows(at, count, Vec::clear);
            self.rows.drain(at.min(self.rows.len())..end.min(self.rows.len()));
            self.trim();
        }
    }

    pub(super) fn insert_columns(&mut self, at: usize, count: usize) {
        self.change_rows(0, self.rows.len(), |row| {
            if at < row.len() {
                row.splice(at..at, iter::repeat_n(T::default(), count));
            }
        });
    }

    pub(super) fn delete_columns(&mut self, at: usize, count: usize) {
        self.change_rows(0, self.rows.len(), |row| {
            let end = row.len().min(at + count);
            if at < end {
                row.drain(at..end);
            }
        });
    }

    /// Changes those of the rows that are stored, and keeps the promises about the ends of rows and their lengths.
    fn change_rows(&mut self, first: usize, count: usize, mut change: impl FnMut(&mut Vec<T>)) {
        for row in self.rows.iter_mut().skip(first).take(count) {
            let before = row.len();
            change(row);
            let length = row.iter().rposition(|item| !item.is_blank()).map_or(0, |last| last + 1);
            row.truncate(length);
            if before != length {
                uncount(&mut self.lengths, before);
                count_in(&mut self.lengths, length);
            }
        }
        self.trim();
    }

    fn trim(&mut self) {
        let length = self.rows.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1);
        self.rows.truncate(length);
    }
}

fn count_in(lengths: &mut BTreeMap<usize, usize>, length: usize) {
    if length > 0 {
        *lengths.entry(length).or_default() += 1;
    }
}

fn uncount(lengths: &mut BTreeMap<usize, usize>, length: usize) {
    if let Some(rows) = lengths.get_mut(&length) {
        *rows -= 1;
        if *rows == 0 {
            lengths.remove(&length);
        }
    }
}

impl<T: Item> From<Vec<Vec<T>>> for Grid<T> {
    fn from(rows: Vec<Vec<T>>) -> Self {
        let mut lengths = BTreeMap::new();
        rows.iter().for_each(|row| count_in(&mut lengths, row.len()));
        let mut grid = Self { rows, lengths };
        grid.change_rows(0, grid.rows.len(), |_| ());
        grid
    }
}

impl<T: Serialize> Serialize for Grid<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.rows.serialize(serializer)
    }
}

impl<'de, T: Item + Deserialize<'de>> Deserialize<'de> for Grid<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Item for u8 {
        fn is_blank(&self) -> bool {
            *self == 0
        }
    }

    fn area(first_row: usize, first_column: usize, row_count: usize, column_count: usize) -> Area {
        Area { first_row, first_column, row_count, column_count }
    }

    fn size(grid: &Grid<u8>) -> (usize, usize) {
        (grid.rows().len(), grid.width())
    }

    #[test]
    fn a_grid_knows_how_far_it_reaches_after_every_change() {
        let mut grid = Grid::default();
        assert_eq!(size(&grid), (0, 0));
        grid.combine(area(2, 1, 2, 3), vec![vec![1, 2, 0], vec![0, 0, 3]], |place, item| *place = item);
        assert_eq!(size(&grid), (4, 4));
        grid.insert_rows(3, 2);
        grid.insert_columns(0, 1);
        assert_eq!(size(&grid), (6, 5));
        assert_eq!(grid.get(5, 4), Some(&3));
        grid.clear(area(5, 0, 1, 26));
        assert_eq!(size(&grid), (3, 4));
        grid.delete_columns(3, 1);
        assert_eq!(size(&grid), (3, 3));
        grid.delete_rows(0, 2);
        assert_eq!(size(&grid), (1, 3));
        grid.delete_rows(0, 9);
        assert_eq!(size(&grid), (0, 0));
    }

    #[test]
    fn rows_below_and_columns_beyond_the_data_can_go_and_come_unnoticed() {
        let mut grid = Grid::from(vec![vec![1, 0], vec![0]]);
        assert_eq!(size(&grid), (1, 1));
        grid.insert_rows(1, 5);
        grid.insert_columns(1, 5);
        grid.delete_rows(1, 5);
        grid.delete_columns(7, 5);
        assert_eq!(size(&grid), (1, 1));
    }

    #[test]
    fn deleting_rows_above_keeps_the_rows_below() {
        let mut grid = Grid::from(vec![vec![1], vec![2, 2], vec![3]]);
        grid.delete_rows(1, 1);
        assert_eq!(grid.rows(), [vec![1], vec![3]]);
        assert_eq!(grid.width(), 1);
    }
}
