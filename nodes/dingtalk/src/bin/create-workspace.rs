//! Create Workspace: creates a knowledge base.

use dingtalk::{
    prelude::*,
    wiki::{self, Item, Workspace},
};

node! {
    id: "create-workspace",
    title: "Create Workspace",
    resource: "Knowledge Base Space",
    description: "Creates a knowledge base in the operator's name.",
    effect: Write,
    idempotent: false,
    errors: CODES,
}

#[inputs]
struct Inputs {
    /// Name of the new knowledge base. DingTalk does not say how long it may be.
    #[schemars(length(min = 1), regex(pattern = r"\S"), example = &"Engineering")]
    name: String,
    operator_id: OperatorId,
}

#[options]
struct Options {
    /// A short description of the knowledge base. DingTalk does not say how long it may be.
    #[schemars(length(min = 1), example = &"Engineering knowledge base")]
    description: Option<String>,
}

#[outputs]
struct Outputs {
    /// The new knowledge base.
    workspace_data: Answer<Workspace>,
}

const CODES: &[Code] = &[
    errors::parameter(
        "paramError.name",
        "Change Name: DingTalk does not say which rules it breaks; try a shorter one.",
    ),
    errors::parameter(
        "paramError.description",
        "Change Description: DingTalk does not say which rules it breaks; try a shorter one.",
    ),
    wiki::PARAM_ERROR,
    errors::permission(
        "permissionDenied",
        "Let an administrator give the operator the right to create knowledge bases, or use another OperatorId.",
    )
    .suspect_operator(),
    wiki::OPERATION_TIMEOUT,
];

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { name, operator_id } = inputs;
    let call = newer::post(Workspace::PATH).operator(&operator_id).codes(CODES);
    let created = call.json(body(&name, options.description.as_deref())).send().map_err(|failure| {
        failure.hint_if_outcome_unknown(format!(
            "Outcome unknown: look with Get Workspaces whether {name} is there, and run again only if it is not."
        ))
    })?;
    let summary = format!("Created the knowledge base {name}.");
    Ok(Outcome::new(Outputs { workspace_data: wiki::one(created) }).summary(summary))
}

fn body(name: &str, description: Option<&str>) -> Value {
    match description {
        Some(description) => json!({ "name": name, "option": { "description": description } }),
        None => json!({ "name": name }),
    }
}
