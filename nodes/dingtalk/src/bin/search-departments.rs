//! Search Departments: the ids of departments by their names.

use dingtalk::{
    directory::{self, SearchOptions, SearchResult},
    prelude::*,
};

node! {
    id: "search-departments",
    title: "Search Departments",
    resource: "Department",
    description: "Searches the organisation's departments by a part of the name or its pinyin, and gives their ids only; Get Dept Detail gives the details of each.",
    effect: Read,
    idempotent: true,
}

#[inputs]
struct Inputs {
    /// What to search for: a department's name or a part of it.
    #[schemars(length(min = 1), regex(pattern = r"\S"), example = &"Finance")]
    query_word: String,
}

#[outputs]
struct Outputs {
    /// The ids of the departments on this page, and whether there are more.
    search_result: Answer<SearchResult<i64>>,
}

fn run(inputs: Inputs, options: SearchOptions) -> Result<Outcome<Outputs>> {
    let search_result = directory::search("/v1.0/contact/departments/search", &inputs.query_word, &options)?;
    let summary = SearchResult::summary(&search_result, "department", "departments");
    Ok(Outcome::new(Outputs { search_result }).summary(summary))
}
