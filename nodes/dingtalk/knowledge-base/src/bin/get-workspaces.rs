use knowledge_base::prelude::*;

node! {
    /// Lists the knowledge bases that the operator sees, page by page.
    resource: "Knowledge Base Space",
    effect: Read,
    slots: ["newer"],
    group: KNOWLEDGE_BASE,
}

#[inputs]
struct Inputs {
    /// unionId of the person whose knowledge bases are listed. Not a userId: Get User gives the unionId of a userId.
    operator_id: OperatorId,
}

#[options]
struct Options {
    /// How many knowledge bases a page has at most, 1 to 100; 30 by default. More than 30 take several calls.
    #[serde(default)]
    #[schemars(example = 100)]
    max_results: PageSize<30, 100>,
    /// NextToken of the page before, to go on after it; absent for the first page.
    #[schemars(length(min = 1), example = &"eyJvIjozMH0")]
    next_token: Option<String>,
}

#[outputs]
struct Outputs {
    /// The knowledge bases of this page.
    workspace_list: Vec<Workspace>,
    /// What leads to the next page; empty when this is the last one.
    next_token: String,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let list = || newer::get(Workspace::PATH).operator(&inputs.operator_id);
    let page = page(options.max_results.get(), options.next_token.as_deref(), list)?;
    let summary = page.summary(Workspace::NOUN);
    Ok(Outcome::new(Outputs { workspace_list: page.entries, next_token: page.next_token }).summary(summary))
}
