use directory::prelude::*;

node! {
    /// Searches the organisation's people by a part of the name, its pinyin or the English name, and gives their
    /// userIds only; Get User gives the details of each. DingTalk documents no search by mobile number or e-mail: for a
    /// mobile number use Get User.
    resource: "User",
    effect: Read,
    slots: ["newer"],
}

#[inputs]
struct Inputs {
    /// What to search for: a name or a part of one.
    #[schemars(example = &"Zhang")]
    query_word: Text,
}

#[outputs]
struct Outputs {
    /// The userIds on this page, and whether there are more.
    search_result: SearchResult<String>,
}

fn run(inputs: Inputs, options: SearchOptions) -> Result<Outcome<Outputs>> {
    let search_result: SearchResult<String> = search("/v1.0/contact/users/search", &inputs.query_word, &options)?;
    let summary = search_result.summary("person", "people");
    Ok(Outcome::new(Outputs { search_result }).summary(summary))
}
