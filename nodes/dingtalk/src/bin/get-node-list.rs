//! Get Node List: what is directly in a knowledge base, or in a folder of it.

use dingtalk::{
    prelude::*,
    wiki::{self, Item, Node, Workspace},
};

node! {
    id: "get-node-list",
    title: "Get Node List",
    resource: "Knowledge Base Node",
    description: "Lists the documents, folders and files at the root of a knowledge base or directly below one of its nodes, page by page.",
    effect: Read,
    idempotent: true,
    errors: CODES,
}

#[inputs]
struct Inputs {
    workspace_id: WorkspaceId,
    operator_id: OperatorId,
    /// Id of the folder, or the document, whose direct children are listed. Absent or empty for the root of the knowledge
    /// base, which takes one more call.
    #[schemars(example = &"a9E05BDRVQePjzLkZt2p2vE7kV63zgkY")]
    parent_node_id: Option<NodeId>,
}

#[options]
struct Options {
    /// How many nodes a page has at most, 1 to 100; 50 by default. DingTalk gives 50 at a time: a longer page takes two calls.
    #[serde(default = "default_page")]
    #[schemars(range(min = 1, max = 100), example = 100)]
    max_results: u32,
    /// NextToken of the page before, to go on after it with the same inputs; absent for the first page.
    #[schemars(length(min = 1), example = &"eyJvIjo1MH0")]
    next_token: Option<String>,
}

#[outputs]
struct Outputs {
    /// The nodes of this page.
    node_list: Vec<Answer<Node>>,
    /// What leads to the next page; empty when this is the last one.
    next_token: String,
}

const CODES: &[Code] = &[
    wiki::PARAM_ERROR,
    wiki::IS_NOT_WORKSPACE,
    wiki::PERMISSION_DENIED,
    wiki::WORKSPACE_NOT_EXIST,
    errors::not_found(
        "parentNodeNotExist",
        "Check ParentNodeId, or leave it empty to list the root of the knowledge base.",
    ),
    wiki::OPERATION_TIMEOUT,
];

fn default_page() -> u32 {
    Node::PAGE
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { workspace_id, operator_id, parent_node_id } = inputs;
    let parent = match &parent_node_id {
        Some(parent) => parent.to_string(),
        None => root(&workspace_id, &operator_id)?,
    };
    let page = wiki::page::<Node>(options.max_results, options.next_token, || {
        newer::get(Node::PATH).query("parentNodeId", &parent).operator(&operator_id).codes(CODES)
    })?;
    // DingTalk is not told the knowledge base when it knows the parent.
    if let Some(other) =
        page.entries.iter().filter_map(|node| node.text("workspaceId")).find(|id| **id != *workspace_id)
    {
        log::warn(format_args!("ParentNodeId is in the knowledge base {other}, WorkspaceId says {workspace_id}"));
    }
    let summary = page.summary();
    Ok(Outcome::new(Outputs { node_list: page.entries, next_token: page.next_token }).summary(summary))
}

/// The node that holds all others of the knowledge base.
fn root(workspace_id: &WorkspaceId, operator_id: &OperatorId) -> Result<String> {
    let workspace = wiki::get::<Workspace>(workspace_id, operator_id, CODES)?;
    workspace.text("rootNodeId").map(str::to_owned).ok_or_else(|| {
        Failure::system("DingTalk found the knowledge base but gave no rootNodeId").hint("Run again with ParentNodeId.")
    })
}
