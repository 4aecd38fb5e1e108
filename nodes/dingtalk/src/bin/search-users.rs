//! Search Users: the userIds of people by their names.

use dingtalk::{
    directory::{self, SearchOptions, SearchResult},
    prelude::*,
};

node! {
    id: "search-users",
    title: "Search Users",
    resource: "User",
    description: "Searches the organisation's people by a part of the name, its pinyin or the English name, and gives their userIds only; Get User gives the details of each. DingTalk documents no search by mobile number or e-mail: for a mobile number use Get User.",
    effect: Read,
    idempotent: true,
}

#[inputs]
struct Inputs {
    /// What to search for: a name or a part of one.
    #[schemars(length(min = 1), regex(pattern = r"\S"), example = &"Zhang")]
    query_word: String,
}

#[outputs]
struct Outputs {
    /// The userIds on this page, and whether there are more.
    search_result: Answer<SearchResult<String>>,
}

fn run(inputs: Inputs, options: SearchOptions) -> Result<Outcome<Outputs>> {
    let search_result = directory::search("/v1.0/contact/users/search", &inputs.query_word, &options)?;
    let summary = SearchResult::summary(&search_result, "person", "people");
    Ok(Outcome::new(Outputs { search_result }).summary(summary))
}
