use knowledge_base::{DocType, prelude::*};

node! {
    /// Creates a text document, a spreadsheet, a mind map or a folder in a knowledge base, in the operator's name.
    resource: "Knowledge Base Node",
    effect: Write,
    slots: ["newer"],
    errors: [
        conflict(
            "invalidRequest.workspaceNode.nameConflict",
            "There is a node of that name: choose another Name. If an earlier run had no clear outcome, it may be what that run created; Get Node List shows it.",
        ),
        parameter("invalidRequest.inputArgs.invalid", "Correct the input that the message names.")
            .suspect(),
        not_found(
            "invalidRequest.workspaceNode.parentNotFound",
            "Check ParentNodeId: Get Node List gives the ids. Leave it out for the root of the knowledge base.",
        ),
        not_found("invalidRequest.template.notFound", "Check TemplateId and TemplateType."),
        permission("forbidden.user.notInOrg", "Use an OperatorId of the credential's organisation.")
            .suspect(),
        permission(
            "forbidden.accessDenied",
            "Give the operator the right to edit the knowledge base, or use another OperatorId.",
        )
        .suspect(),
        not_found(
            "invalidRequest.resource.notFound",
            "Check WorkspaceId (Get Workspaces gives it) and ParentNodeId (Get Node List gives it).",
        )
        .suspect(),
        not_found("invalidRequest.workspace.deleted", "The knowledge base was deleted: use another WorkspaceId."),
    ],
}

#[inputs]
struct Inputs {
    workspace_id: WorkspaceId,
    /// Name of the new document. DingTalk does not say how long it may be.
    #[schemars(example = &"Q3 plan")]
    name: Text,
    /// What is created: DOC = text document, WORKBOOK = spreadsheet, MIND = mind map, FOLDER = folder.
    #[schemars(example = &"WORKBOOK")]
    doc_type: DocType,
    operator_id: OperatorId,
}

#[options(sent_as = "camelCase")]
struct Options {
    /// Id of the folder, or the document, below which it is created; the root of the knowledge base when absent.
    #[schemars(example = &"Tn3bVx9QwK6mZr2YfL8cGp5DhS7jUa4E")]
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
    doc_data: DocData,
}

#[answer]
#[serde(rename_all = "camelCase")]
struct DocData {
    /// Id of the knowledge base it is in.
    workspace_id: String,
    /// Id of the document in the API that creates it. Other nodes take dentryUuid; this one only where that is absent.
    #[promised]
    node_id: String,
    /// Key of the document's content.
    doc_key: String,
    /// Address of its page.
    url: String,
    /// What other nodes take as NodeId, ParentNodeId or, of a spreadsheet, WorkbookId.
    dentry_uuid: String,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { workspace_id, name, doc_type, operator_id } = inputs;
    let doc_data = newer::post("/v1.0/doc/workspaces")
        .segment(&workspace_id)
        .path("/docs")
        .names_operator()
        .json(json!({ "name": name, "docType": doc_type, "operatorId": operator_id }))
        .json_also(&options)
        .if_unknown(format!(
            "Outcome unknown: look with Get Node List whether {name} is there, and run again only if it is not."
        ))
        .send()?;
    Ok(Outcome::new(Outputs { doc_data }).summary(format!("Created the {} {name}.", doc_type.noun())))
}
