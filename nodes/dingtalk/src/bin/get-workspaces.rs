//! Get Workspaces: the knowledge bases that a person sees.

use dingtalk::{
    prelude::*,
    wiki::{self, Item, Workspace},
};

node! {
    id: "get-workspaces",
    title: "Get Workspaces",
    resource: "Knowledge Base Space",
    description: "Lists the knowledge bases that the operator sees, page by page.",
    effect: Read,
    idempotent: true,
    errors: CODES,
}

#[inputs]
struct Inputs {
    /// unionId of the person whose knowledge bases are listed. Not a userId: Get User gives the unionId of a userId.
    operator_id: OperatorId,
}

#[options]
struct Options {
    /// How many knowledge bases a page has at most, 1 to 100; 30 by default. DingTalk gives 30 at a time: a longer page takes
    /// several calls.
    #[serde(default = "default_page")]
    #[schemars(range(min = 1, max = 100), example = 100)]
    max_results: u32,
    /// NextToken of the page before, to go on after it; absent for the first page.
    #[schemars(length(min = 1), example = &"eyJvIjozMH0")]
    next_token: Option<String>,
}

#[outputs]
struct Outputs {
    /// The knowledge bases of this page.
    workspace_list: Vec<Answer<Workspace>>,
    /// What leads to the next page; empty when this is the last one.
    next_token: String,
}

const CODES: &[Code] = &[wiki::PARAM_ERROR, wiki::PERMISSION_DENIED, wiki::OPERATION_TIMEOUT];

fn default_page() -> u32 {
    Workspace::PAGE
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let page = wiki::page(options.max_results, options.next_token, || {
        newer::get(Workspace::PATH).operator(&inputs.operator_id).codes(CODES)
    })?;
    let summary = page.summary();
    Ok(Outcome::new(Outputs { workspace_list: page.entries, next_token: page.next_token }).summary(summary))
}
