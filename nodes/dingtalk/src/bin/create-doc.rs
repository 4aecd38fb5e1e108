//! Create Doc: creates a document, or a folder, in a knowledge base.

use dingtalk::prelude::*;

node! {
    id: "create-doc",
    title: "Create Doc",
    resource: "Knowledge Base Node",
    description: "Creates a text document, a spreadsheet, a mind map or a folder in a knowledge base, in the operator's name.",
    effect: Write,
    idempotent: false,
    errors: CODES,
}

#[inputs]
struct Inputs {
    workspace_id: WorkspaceId,
    /// Name of the new document. DingTalk does not say how long it may be.
    #[schemars(length(min = 1), regex(pattern = r"\S"), example = &"Q3 plan")]
    name: String,
    /// What is created: DOC = text document, WORKBOOK = spreadsheet, MIND = mind map, FOLDER = folder.
    #[schemars(example = &"WORKBOOK")]
    doc_type: DocType,
    operator_id: OperatorId,
}

#[choice]
enum DocType {
    #[serde(rename = "DOC")]
    Document,
    #[serde(rename = "WORKBOOK")]
    Spreadsheet,
    #[serde(rename = "MIND")]
    MindMap,
    #[serde(rename = "FOLDER")]
    Folder,
}

#[options]
struct Options {
    /// Id of the folder, or the document, below which it is created; the root of the knowledge base when absent.
    #[schemars(example = &"a9E05BDRVQePjzLkZt2p2vE7kV63zgkY")]
    parent_node_id: Option<NodeId>,
    /// Id of the template it is created from; TemplateType says where that template is kept.
    #[schemars(length(min = 1), example = &"TPL-weekly-report")]
    template_id: Option<String>,
    /// Where the template is kept: public_template = recommended by DingTalk, team_template = of the team, user_template = of
    /// the person.
    #[schemars(example = &"team_template")]
    template_type: Option<TemplateType>,
}

#[choice]
enum TemplateType {
    #[serde(rename = "public_template")]
    Public,
    #[serde(rename = "team_template")]
    Team,
    #[serde(rename = "user_template")]
    User,
}

#[outputs]
struct Outputs {
    /// The new document.
    doc_data: Answer<DocData>,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct DocData {
    /// Id of the knowledge base it is in.
    workspace_id: String,
    /// Id of the document in the API that creates it. Other nodes take dentryUuid; this one only where that is absent.
    node_id: String,
    /// Key of the document's content.
    doc_key: String,
    /// Address of its page.
    url: String,
    /// What other nodes take as NodeId, ParentNodeId or, of a spreadsheet, WorkbookId.
    dentry_uuid: String,
}

/// The document as DingTalk is asked for it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewDoc<'a> {
    name: &'a str,
    doc_type: DocType,
    operator_id: &'a OperatorId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_node_id: Option<NodeId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_type: Option<TemplateType>,
}

const CODES: &[Code] = &[
    errors::conflict(
        "invalidRequest.workspaceNode.nameConflict",
        "There is a node of that name: choose another Name. If an earlier run had no clear outcome, it may be what that run created; Get Node List shows it.",
    ),
    errors::parameter("invalidRequest.inputArgs.invalid", "Correct the input that the message names.")
        .suspect_operator(),
    errors::not_found(
        "invalidRequest.workspaceNode.parentNotFound",
        "Check ParentNodeId: Get Node List gives the ids. Leave it out for the root of the knowledge base.",
    ),
    errors::not_found("invalidRequest.template.notFound", "Check TemplateId and TemplateType."),
    errors::permission("forbidden.user.notInOrg", "Use an OperatorId of the credential's organisation.")
        .suspect_operator(),
    errors::permission(
        "forbidden.accessDenied",
        "Give the operator the right to edit the knowledge base, or use another OperatorId.",
    )
    .suspect_operator(),
    errors::not_found(
        "invalidRequest.resource.notFound",
        "Check WorkspaceId (Get Workspaces gives it) and ParentNodeId (Get Node List gives it).",
    )
    .suspect_operator(),
    errors::not_found("invalidRequest.workspace.deleted", "The knowledge base was deleted: use another WorkspaceId."),
];

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { workspace_id, name, doc_type, operator_id } = inputs;
    let Options { parent_node_id, template_id, template_type } = options;
    let doc = NewDoc { name: &name, doc_type, operator_id: &operator_id, parent_node_id, template_id, template_type };
    let call = newer::post("/v1.0/doc/workspaces").segment(&workspace_id).segment("docs");
    let created = call.json(json!(doc)).names_operator().codes(CODES).send().map_err(|failure| {
        failure.hint_if_outcome_unknown(format!(
            "Outcome unknown: look with Get Node List whether {name} is there, and run again only if it is not."
        ))
    })?;
    let summary = format!("Created the {} {name}.", doc_type.noun());
    Ok(Outcome::new(Outputs { doc_data: created.into() }).summary(summary))
}

impl DocType {
    fn noun(self) -> &'static str {
        match self {
            Self::Document => "text document",
            Self::Spreadsheet => "spreadsheet",
            Self::MindMap => "mind map",
            Self::Folder => "folder",
        }
    }
}
