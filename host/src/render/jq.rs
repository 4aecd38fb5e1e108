//! Expressions of jq, over what a command prints.

use anyhow::{Result, anyhow, bail};
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

/// A compiled expression.
pub struct Jq(Filter<data::JustLut<Val>>);

impl Jq {
    /// Compiles an expression; the error says where it is wrong.
    pub fn compile(expression: &str) -> Result<Self> {
        let wrong = |part: &str, what: String| {
            let at = load::span(expression, part).start;
            let column = expression.get(..at).map_or(0, |before| before.chars().count()) + 1;
            match part.chars().next() {
                Some(_) => anyhow!("--jq, column {column}: {what}, found `{}`", shortened(part)),
                None => anyhow!("--jq, column {column}: {what}, found the end"),
            }
        };
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(definitions).load(&arena, File { code: expression, path: () }).map_err(|errors| {
            let first = errors.into_iter().map(|(_, error)| error).next();
            match first {
                Some(load::Error::Lex(errors)) => {
                    errors.first().map(|(expected, found)| wrong(found, format!("expected {}", expected.as_str())))
                }
                Some(load::Error::Parse(errors)) => {
                    errors.first().map(|(expected, found)| wrong(found, format!("expected {}", expected.as_str())))
                }
                Some(load::Error::Io(errors)) => {
                    errors.first().map(|(path, _)| wrong(path, "modules can not be imported here".to_owned()))
                }
                None => None,
            }
            .unwrap_or_else(|| anyhow!("--jq: `{expression}` is not an expression of jq"))
        })?;
        let filter = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
            let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
            first.map_or_else(
                || anyhow!("--jq: `{expression}` is not an expression of jq"),
                |(name, what)| wrong(name, format!("there is no such {}", what.as_str())),
            )
        })?;
        Ok(Self(filter))
    }

    /// What the expression makes of a value: any number of values.
    pub fn run(&self, value: &Value) -> Result<Vec<Value>> {
        let input = read::parse_single(value.to_string().as_bytes()).map_err(|error| anyhow!("--jq: {error}"))?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.0.lut, Vars::new([]));
        let mut made = Vec::new();
        for output in self.0.id.run((context, input)).map(unwrap_valr) {
            match output {
                // What JSON has no form for, such as NaN, is null, as jq has it.
                Ok(output) => made.push(serde_json::from_str(&output.to_string()).unwrap_or(Value::Null)),
                Err(error) => bail!("--jq: {error}"),
            }
        }
        Ok(made)
    }
}

fn shortened(part: &str) -> String {
    const MOST: usize = 20;
    let mut text: String = part.chars().take(MOST).collect();
    if part.chars().count() > MOST {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(expression: &str, value: Value) -> Result<Vec<Value>, String> {
        let jq = Jq::compile(expression).map_err(|error| error.to_string())?;
        jq.run(&value).map_err(|error| error.to_string())
    }

    #[test]
    fn an_expression_makes_any_number_of_values() {
        assert_eq!(run(".a[]", json!({ "a": [1, "b"] })).unwrap(), [json!(1), json!("b")]);
        assert_eq!(run("empty", json!({})).unwrap(), Vec::<Value>::new());
        let users = json!([{ "name": "b", "age": 2 }, { "name": "a", "age": 1 }]);
        assert_eq!(run("sort_by(.age) | map(.name) | join(\",\")", users).unwrap(), [json!("a,b")]);
        assert_eq!(run("[.[] | select(test(\"^x\"))]", json!(["x1", "y"])).unwrap(), [json!(["x1"])]);
    }

    #[test]
    fn large_numbers_and_the_order_of_members_are_kept() {
        let value = json!({ "z": 9_007_199_254_740_993_u64, "a": 1 });
        assert_eq!(run(".", value.clone()).unwrap()[0].to_string(), value.to_string());
    }

    #[test]
    fn a_wrong_expression_is_told_with_its_place() {
        assert_eq!(
            run(".a | lenght", json!({})).unwrap_err(),
            "--jq, column 6: there is no such filter, found `lenght`"
        );
        assert_eq!(run(".a[", json!({})).unwrap_err(), "--jq, column 4: expected closing bracket, found the end");
        assert!(run("", json!({})).unwrap_err().contains("found the end"));
        assert!(run("import \"a\" as a; .", json!({})).is_err());
    }

    #[test]
    fn an_expression_that_does_not_fit_the_value_says_why() {
        assert!(run(".a + 1", json!({ "a": [] })).unwrap_err().starts_with("--jq: cannot"));
    }
}
