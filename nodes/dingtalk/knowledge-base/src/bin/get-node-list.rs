use knowledge_base::prelude::*;

node! {
    /// Lists the documents, folders and files at the root of a knowledge base or directly below one of its nodes, page
    /// by page.
    resource: "Knowledge Base Node",
    effect: Read,
    slots: ["newer"],
    group: KNOWLEDGE_BASE,
    errors: [
        IS_NOT_WORKSPACE,
        WORKSPACE_NOT_EXIST,
        not_found(
            "parentNodeNotExist",
            "Check ParentNodeId, or leave it empty to list the root of the knowledge base.",
        ),
    ],
}

#[inputs]
struct Inputs {
    workspace_id: WorkspaceId,
    operator_id: OperatorId,
    /// Id of the folder, or the document, whose direct children are listed. Absent or empty for the root of the knowledge
    /// base, which takes one more call.
    #[schemars(example = &"Tn3bVx9QwK6mZr2YfL8cGp5DhS7jUa4E")]
    parent_node_id: Option<NodeId>,
}

#[options]
struct Options {
    /// How many nodes a page has at most, 1 to 100; 50 by default. DingTalk gives 50 at a time: a longer page takes two calls.
    #[serde(default)]
    #[schemars(example = 100)]
    max_results: PageSize<50, 100>,
    /// NextToken of the page before, to go on after it with the same inputs; absent for the first page.
    #[schemars(length(min = 1), example = &"eyJvIjo1MH0")]
    next_token: Option<String>,
}

#[outputs]
struct Outputs {
    /// The nodes of this page.
    node_list: Vec<Node>,
    /// What leads to the next page; empty when this is the last one.
    next_token: String,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { workspace_id, operator_id, parent_node_id } = inputs;
    let parent = match &parent_node_id {
        Some(parent) => parent.to_string(),
        None => root(&workspace_id, &operator_id)?,
    };
    let list = || newer::get(Node::PATH).query("parentNodeId", &parent).operator(&operator_id);
    let page: Page<Node> = page(options.max_results.get(), options.next_token.as_deref(), list)?;
    // DingTalk is not told the knowledge base when it knows the parent.
    if let Some(other) = page.entries.iter().filter_map(Node::workspace_id).find(|id| **id != *workspace_id) {
        log::warn(format_args!("ParentNodeId is in the knowledge base {other}, WorkspaceId says {workspace_id}"));
    }
    let summary = page.summary(Node::NOUN);
    Ok(Outcome::new(Outputs { node_list: page.entries, next_token: page.next_token }).summary(summary))
}

#[answer]
#[serde(rename_all = "camelCase")]
struct Root {
    root_node_id: String,
}

/// The node that holds all others of the knowledge base.
fn root(workspace_id: &WorkspaceId, operator_id: &OperatorId) -> Result<String> {
    let call = newer::get(Workspace::PATH).segment(workspace_id).operator(operator_id);
    let root: Root = call.within(Workspace::ONE).send()?;
    root.root_node_id().map(str::to_owned).ok_or_else(|| {
        Failure::system("DingTalk found the knowledge base but gave no rootNodeId").hint("Run again with ParentNodeId.")
    })
}
