//! What formulas come to.

use std::collections::HashMap;

use super::token::{Piece, Token, tokens};
use crate::a1::CellAddress;
use crate::state::workbooks::cell::{Cell, number, plain};
use crate::state::workbooks::grid::Grid;

/// How deep formulas may refer to formulas and parentheses may stand in parentheses. A circle ends here.
const DEEPEST: usize = 128;

/// How many cells the formulas of one call may look at.
const MOST_LOOKED_AT: usize = 1_000_000;

const CIRCULAR: Fault = Fault("#REF!");
const DIVISION_BY_ZERO: Fault = Fault("#DIV/0!");
const NOT_FINITE: Fault = Fault("#NUM!");
const NO_NUMBER: Fault = Fault("#VALUE!");
const NOT_UNDERSTOOD: Fault = Fault("#NAME?");
const TOO_MUCH: Fault = Fault("#ERROR!");

/// What a cell shows in place of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fault(&'static str);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Number(f64),
    Text(String),
}

impl Value {
    fn of(text: &str) -> Self {
        number(text).map_or_else(|| Self::Text(text.to_owned()), Self::Number)
    }

    fn number(&self) -> Result<f64, Fault> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Text(text) if text.is_empty() => Ok(0.0),
            Self::Text(_) => Err(NO_NUMBER),
        }
    }

    fn text(self) -> String {
        match self {
            Self::Number(number) => plain(number),
            Self::Text(text) => text,
        }
    }
}

/// Works out the formulas of one sheet, each once.
pub(in crate::state::workbooks) struct Evaluator<'a> {
    cells: &'a Grid<Cell>,
    known: HashMap<CellAddress, Result<Value, Fault>>,
    depth: usize,
    looked_at: usize,
}

impl<'a> Evaluator<'a> {
    pub(in crate::state::workbooks) fn new(cells: &'a Grid<Cell>) -> Self {
        Self { cells, known: HashMap::new(), depth: 0, looked_at: 0 }
    }

    /// What stands in this cell: its text, or what its formula comes to.
    pub(in crate::state::workbooks) fn value(&mut self, row: usize, column: usize) -> String {
        match self.cells.get(row, column) {
            None => String::new(),
            Some(Cell::Text(text)) => text.clone(),
            Some(Cell::Formula { .. }) => {
                self.cell(CellAddress { row, column }).map_or_else(|Fault(fault)| fault.to_owned(), Value::text)
            }
        }
    }

    fn cell(&mut self, address: CellAddress) -> Result<Value, Fault> {
        self.looked_at += 1;
        if self.looked_at > MOST_LOOKED_AT {
            return Err(TOO_MUCH);
        }
        match self.cells.get(address.row, address.column) {
            None => Ok(Value::Text(String::new())),
            Some(Cell::Text(text)) => Ok(Value::of(text)),
            Some(Cell::Formula { formula }) => {
                if let Some(known) = self.known.get(&address) {
                    return known.clone();
                }
                let result = self.deeper(|evaluator| evaluator.formula(formula));
                self.known.insert(address, result.clone());
                result
            }
        }
    }

    fn formula(&mut self, formula: &str) -> Result<Value, Fault> {
        if formula.contains(CIRCULAR.0) {
            return Err(CIRCULAR);
        }
        let tokens = tokens(formula);
        let mut rest = tokens.as_slice();
        let value = self.joined(&mut rest)?;
        if matches!(value, Value::Number(number) if !number.is_finite()) {
            return Err(NOT_FINITE);
        }
        if rest.is_empty() { Ok(value) } else { Err(NOT_UNDERSTOOD) }
    }

    fn deeper<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == DEEPEST {
            return Err(CIRCULAR);
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// `sum & sum & ...`
    fn joined(&mut self, rest: &mut &[Token]) -> Result<Value, Fault> {
        let mut value = self.sum(rest)?;
        while take(rest, &['&']).is_some() {
            value = Value::Text(value.text() + &self.sum(rest)?.text());
        }
        Ok(value)
    }

    fn sum(&mut self, rest: &mut &[Token]) -> Result<Value, Fault> {
        let mut value = self.product(rest)?;
        while let Some(sign) = take(rest, &['+', '-']) {
            let (left, right) = (value.number()?, self.product(rest)?.number()?);
            value = Value::Number(if sign == '+' { left + right } else { left - right });
        }
        Ok(value)
    }

    fn product(&mut self, rest: &mut &[Token]) -> Result<Value, Fault> {
        let mut value = self.power(rest)?;
        while let Some(sign) = take(rest, &['*', '/']) {
            let (left, right) = (value.number()?, self.power(rest)?.number()?);
            if sign == '/' && right == 0.0 {
                return Err(DIVISION_BY_ZERO);
            }
            value = Value::Number(if sign == '*' { left * right } else { left / right });
        }
        Ok(value)
    }

    fn power(&mut self, rest: &mut &[Token]) -> Result<Value, Fault> {
        let mut value = self.signed(rest)?;
        while take(rest, &['^']).is_some() {
            let (base, exponent) = (value.number()?, self.signed(rest)?.number()?);
            value = Value::Number(base.powf(exponent));
        }
        Ok(value)
    }

    fn signed(&mut self, rest: &mut &[Token]) -> Result<Value, Fault> {
        let mut signs = Vec::new();
        while let Some(sign) = take(rest, &['+', '-']) {
            signs.push(sign);
        }
        let mut value = self.single(rest)?;
        while take(rest, &['%']).is_some() {
            value = Value::Number(value.number()? / 100.0);
        }
        if signs.is_empty() {
            return Ok(value);
        }
        let negative = signs.iter().filter(|sign| **sign == '-').count() % 2 == 1;
        let number = value.number()?;
        Ok(Value::Number(if negative { -number } else { number }))
    }

    fn single(&mut self, rest: &mut &[Token]) -> Result<Value, Fault> {
        let [Token { piece, .. }, after @ ..] = *rest else {
            return Err(NOT_UNDERSTOOD);
        };
        *rest = after;
        match piece {
            Piece::Number(number) => Ok(Value::Number(*number)),
            Piece::Text(text) => Ok(Value::Text(text.clone())),
            Piece::Cell(reference) => self.cell(reference.cell),
            Piece::Sign('(') => {
                let value = self.deeper(|evaluator| evaluator.joined(rest))?;
                take(rest, &[')']).map(|_| value).ok_or(NOT_UNDERSTOOD)
            }
            Piece::Name(name) => {
                let function = Function::named(name).ok_or(NOT_UNDERSTOOD)?;
                take(rest, &['(']).ok_or(NOT_UNDERSTOOD)?;
                let numbers = self.deeper(|evaluator| evaluator.arguments(rest))?;
                function.of(&numbers).map(Value::Number)
            }
            Piece::Sign(_) => Err(NOT_UNDERSTOOD),
        }
    }

    /// The numbers among the arguments of a function, up to its closing parenthesis.
    fn arguments(&mut self, rest: &mut &[Token]) -> Result<Vec<f64>, Fault> {
        let mut numbers = Vec::new();
        loop {
            match *rest {
                [
                    Token { piece: Piece::Cell(start), .. },
                    Token { piece: Piece::Sign(':'), .. },
                    Token { piece: Piece::Cell(end), .. },
                    after @ ..,
                ] => {
                    *rest = after;
                    self.range(start.cell, end.cell, &mut numbers)?;
                }
                [Token { piece: Piece::Cell(single), .. }, Token { piece: Piece::Sign(',' | ')'), .. }, ..] => {
                    *rest = rest.get(1..).unwrap_or_default();
                    self.range(single.cell, single.cell, &mut numbers)?;
                }
                _ => numbers.push(self.joined(rest)?.number()?),
            }
            match take(rest, &[',', ')']) {
                Some(',') => (),
                Some(_) => return Ok(numbers),
                None => return Err(NOT_UNDERSTOOD),
            }
        }
    }

    /// The numbers in a rectangle of cells; text counts for nothing.
    fn range(&mut self, one: CellAddress, other: CellAddress, numbers: &mut Vec<f64>) -> Result<(), Fault> {
        let last_row = one.row.max(other.row).min(self.cells.rows().len());
        let last_column = one.column.max(other.column).min(self.cells.width());
        for row in one.row.min(other.row)..=last_row {
            for column in one.column.min(other.column)..=last_column {
                if let Value::Number(number) = self.cell(CellAddress { row, column })? {
                    numbers.push(number);
                }
            }
        }
        Ok(())
    }
}

/// Takes the next piece when it is one of these signs.
fn take(rest: &mut &[Token], signs: &[char]) -> Option<char> {
    let [Token { piece: Piece::Sign(sign), .. }, after @ ..] = *rest else {
        return None;
    };
    if !signs.contains(sign) {
        return None;
    }
    *rest = after;
    Some(*sign)
}

#[derive(Clone, Copy)]
enum Function {
    Sum,
    Average,
    Count,
    Max,
    Min,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        match name {
            "SUM" => Some(Self::Sum),
            "AVERAGE" => Some(Self::Average),
            "COUNT" => Some(Self::Count),
            "MAX" => Some(Self::Max),
            "MIN" => Some(Self::Min),
            _ => None,
        }
    }

    fn of(self, numbers: &[f64]) -> Result<f64, Fault> {
        let sum: f64 = numbers.iter().sum();
        let count = numbers.len() as f64;
        match self {
            Self::Sum => Ok(sum),
            Self::Average if numbers.is_empty() => Err(DIVISION_BY_ZERO),
            Self::Average => Ok(sum / count),
            Self::Count => Ok(count),
            Self::Max => Ok(numbers.iter().copied().reduce(f64::max).unwrap_or_default()),
            Self::Min => Ok(numbers.iter().copied().reduce(f64::min).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(formula: &str) -> String {
        let rows = [vec!["95", "合计", "=A1*2"], vec!["5.5", "", "=C1+A2"], vec!["=A4", "=1/0"], vec!["=A3"]];
        let entered = |row: Vec<&str>| row.into_iter().map(|text| Cell::entered(text.to_owned())).collect();
        let mut cells: Vec<Vec<Cell>> = rows.into_iter().map(entered).collect();
        cells.push(vec![Cell::entered(formula.to_owned())]);
        let grid = Grid::from(cells);
        Evaluator::new(&grid).value(4, 0)
    }

    #[test]
    fn formulas_are_worked_out() {
        for (formula, value) in [
            ("=A1*2", "190"),
            ("=1+2*3-4/2", "5"),
            ("=-3^2*50%", "4.5"),
            ("=2^3^2", "64"),
            ("=0.1+0.2", "0.3"),
            ("=C2", "195.5"),
            ("=SUM(A1:C2)", "486"),
            ("=sum(a1, 1+1, B1)", "97"),
            ("=AVERAGE(A1:A2)", "50.25"),
            ("=COUNT(A1:B2)", "2"),
            ("=MAX(A1:A2)&\" / \"&MIN(A1:A2)", "95 / 5.5"),
            ("=B9", ""),
            ("=B9+1", "1"),
            ("=SUM(X90:Z99)", "0"),
        ] {
            assert_eq!(result(formula), value, "{formula}");
        }
    }

    #[test]
    fn what_can_not_be_worked_out_says_why() {
        for (formula, fault) in [
            ("=1/0", "#DIV/0!"),
            ("=B3+1", "#DIV/0!"),
            ("=A3", "#REF!"),
            ("=A5", "#REF!"),
            ("=10^999", "#NUM!"),
            ("=1+#REF!", "#REF!"),
            ("=B1+1", "#VALUE!"),
            ("=VLOOKUP(A1)", "#NAME?"),
            ("=表2!A1", "#NAME?"),
            ("=(1", "#NAME?"),
            ("=1 2", "#NAME?"),
            ("=SUM(", "#NAME?"),
            ("==", "#NAME?"),
        ] {
            assert_eq!(result(formula), fault, "{formula}");
        }
        assert_eq!(result(&format!("={}1", "(".repeat(100_000))), "#REF!");
        assert_eq!(result(&format!("={}1", "-".repeat(100_000))), "1");
    }
}
