use std::{collections::HashSet, fmt::Display, ops::Deref};

use dingtalk::{
    ids::{InTheNameOf, OperatorId},
    newer,
};
use patchbay_node::{Result, count, list_of};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Item;

/// As many ids as one call takes.
const PER_CALL: usize = 20;

/// How many of the ids that were not found a summary names.
const NAMED: usize = 5;

/// What was found of the ids that were asked for.
#[derive(Debug)]
pub struct Batch<T> {
    /// In the service's order, which need not be that of the ids.
    pub found: Vec<T>,
    asked: usize,
    missing: Vec<String>,
}

/// Reads many by their ids. Those that the service does not answer are left out.
pub fn batch<T: Item, Id>(ids: &[Id], operator: &OperatorId) -> Result<Batch<T>>
where
    Id: Deref<Target = str> + Display + Serialize,
{
    let mut found = Vec::new();
    for ids in ids.chunks(PER_CALL) {
        let call = newer::post(T::PATH).path("/batchQuery").reading().operator(operator);
        let mut answer: Map<String, Value> = call.json(json!({ (T::IDS): ids })).send()?;
        found.extend(list_of(answer.remove(T::MANY)));
    }
    Ok(Batch::new(ids, found))
}

impl<T: Item> Batch<T> {
    fn new<Id: Deref<Target = str> + Display>(ids: &[Id], found: Vec<T>) -> Self {
        let answered: HashSet<&str> = found.iter().map(T::id).collect();
        let missing = ids.iter().filter(|id| !answered.contains(&***id)).map(Id::to_string).collect();
        Self { found, asked: ids.len(), missing }
    }

    /// "Read 2 of 3 nodes; not found: n3."
    pub fn summary(&self) -> String {
        let Self { found, asked, missing } = self;
        if found.len() >= *asked {
            return format!("Read {}.", count(found.len(), T::NOUN));
        }
        let named: Vec<&str> = missing.iter().take(NAMED).map(String::as_str).collect();
        let and_more = match missing.len().saturating_sub(NAMED) {
            0 => String::new(),
            others => format!(" and {others} more"),
        };
        format!("Read {} of {}; not found: {}{and_more}.", found.len(), count(*asked, T::NOUN), named.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Node;

    fn summary(ids: &[&str], found: &[&str]) -> String {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        Batch::new(&ids, found.iter().map(|id| Node::default().with_node_id(*id)).collect()).summary()
    }

    #[test]
    fn what_was_not_found_is_named_by_its_id_whatever_the_order() {
        for (ids, found, expected) in [
            (&["a"][..], &["a"][..], "Read 1 node."),
            (&["a", "b"], &["b", "a"], "Read 2 nodes."),
            (&["a", "b", "c"], &["c", "a"], "Read 2 of 3 nodes; not found: b."),
            (&["a"], &[], "Read 0 of 1 node; not found: a."),
            (&["a", "b", "c", "d", "e", "f", "g"], &[], "Read 0 of 7 nodes; not found: a, b, c, d, e and 2 more."),
        ] {
            assert_eq!(summary(ids, found), expected);
        }
    }
}
