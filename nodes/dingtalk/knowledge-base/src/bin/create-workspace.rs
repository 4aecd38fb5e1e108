use knowledge_base::prelude::*;

node! {
    /// Creates a knowledge base in the operator's name.
    resource: "Knowledge Base Space",
    effect: Write,
    slots: ["newer"],
    group: KNOWLEDGE_BASE,
    errors: [
        parameter(
            "paramError.name",
            "Change Name: DingTalk does not say which rules it breaks; try a shorter one.",
        ),
        parameter(
            "paramError.description",
            "Change Description: DingTalk does not say which rules it breaks; try a shorter one.",
        ),
        permission(
            "permissionDenied",
            "Let an administrator give the operator the right to create knowledge bases, or use another OperatorId.",
        )
        .suspect(),
    ],
}

#[inputs]
struct Inputs {
    /// Name of the new knowledge base. DingTalk does not say how long it may be.
    #[schemars(example = &"Engineering")]
    name: Text,
    operator_id: OperatorId,
}

#[options(sent_as = "camelCase")]
struct Options {
    /// A short description of the knowledge base. DingTalk does not say how long it may be.
    #[schemars(length(min = 1), example = &"Engineering knowledge base")]
    description: Option<String>,
}

#[outputs]
struct Outputs {
    /// The new knowledge base.
    workspace_data: Workspace,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { name, operator_id } = inputs;
    let workspace_data = newer::post(Workspace::PATH)
        .operator(&operator_id)
        .json(json!({ "name": name }))
        .json_unless_empty("option", &options)
        .within(Workspace::ONE)
        .if_unknown(format!(
            "Outcome unknown: look with Get Workspaces whether {name} is there, and run again only if it is not."
        ))
        .send()?;
    Ok(Outcome::new(Outputs { workspace_data }).summary(format!("Created the knowledge base {name}.")))
}
