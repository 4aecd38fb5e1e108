use directory::prelude::*;

node! {
    /// Searches the organisation's departments by a part of the name or its pinyin, and gives their ids only; Get Dept
    /// Detail gives the details of each.
    resource: "Department",
    effect: Read,
    slots: ["newer"],
}

#[inputs]
struct Inputs {
    /// What to search for: a department's name or a part of it.
    #[schemars(example = &"Finance")]
    query_word: Text,
}

#[outputs]
struct Outputs {
    /// The ids of the departments on this page, and whether there are more.
    search_result: SearchResult<i64>,
}

fn run(inputs: Inputs, options: SearchOptions) -> Result<Outcome<Outputs>> {
    let search_result: SearchResult<i64> = search("/v1.0/contact/departments/search", &inputs.query_word, &options)?;
    let summary = search_result.summary("department", "departments");
    Ok(Outcome::new(Outputs { search_result }).summary(summary))
}
