//! The pieces of a formula.

use std::ops::Range;

use crate::a1::CellAddress;

/// A piece, and where in the formula it stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) piece: Piece,
    pub(super) at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Number(f64),
    Text(String),
    Cell(Reference),
    Name(String),
    Sign(char),
}

/// A reference to a cell; a `$` before column or row does not keep it from following insertions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) cell: CellAddress,
    pub(super) fixed_column: bool,
    pub(super) fixed_row: bool,
}

/// The pieces of what follows the `=`.
pub(super) fn tokens(formula: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut start = usize::from(formula.starts_with('='));
    while let Some(rest) = formula.get(start..)
        && let Some(first) = rest.chars().next()
    {
        let (piece, length) = next(rest, first);
        if let Some(piece) = piece {
            tokens.push(Token { piece, at: start..start + length });
        }
        start += length;
    }
    tokens
}

/// The first piece of `rest`, which starts with `first`, and its length. A space is no piece.
fn next(rest: &str, first: char) -> (Option<Piece>, usize) {
    if first.is_whitespace() {
        return (None, first.len_utf8());
    }
    if first == '"' {
        return text(rest);
    }
    let is_digit = |letter: char| letter.is_ascii_digit() || letter == '.';
    if is_digit(first) {
        let digits = leading(rest, is_digit);
        let piece = digits.parse().map_or(Piece::Name(digits.to_owned()), Piece::Number);
        return (Some(piece), digits.len());
    }
    let word = leading(rest, |letter| letter.is_alphanumeric() || matches!(letter, '$' | '_' | '.'));
    if word.is_empty() {
        return (Some(Piece::Sign(first)), first.len_utf8());
    }
    let is_function = rest.get(word.len()..).is_some_and(|after| after.starts_with('('));
    let reference = if is_function { None } else { reference(word) };
    (Some(reference.map_or_else(|| Piece::Name(word.to_ascii_uppercase()), Piece::Cell)), word.len())
}

/// A text in quotes; a quote inside is written twice. One that is not closed reaches to the end.
fn text(rest: &str) -> (Option<Piece>, usize) {
    let mut content = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((position, letter)) = letters.next() {
        if letter != '"' {
            content.push(letter);
        } else if letters.next_if(|(_, next)| *next == '"').is_some() {
            content.push('"');
        } else {
            return (Some(Piece::Text(content)), position + 1);
        }
    }
    (Some(Piece::Text(content)), rest.len())
}

fn reference(word: &str) -> Option<Reference> {
    let (fixed_column, rest) = word.strip_prefix('$').map_or((false, word), |rest| (true, rest));
    let letters = leading(rest, |letter| letter.is_ascii_alphabetic());
    let rest = rest.get(letters.len()..)?;
    let (fixed_row, digits) = rest.strip_prefix('$').map_or((false, rest), |rest| (true, rest));
    let cell = format!("{}{digits}", letters.to_ascii_uppercase()).parse().ok()?;
    Some(Reference { cell, fixed_column, fixed_row })
}

fn leading(text: &str, belongs: impl Fn(char) -> bool) -> &str {
    let end = text.find(|letter| !belongs(letter)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}
