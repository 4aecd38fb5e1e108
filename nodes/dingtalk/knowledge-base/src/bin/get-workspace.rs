use knowledge_base::prelude::*;

node! {
    /// Gets a knowledge base by its id: its name, its address, and the node that holds all others.
    resource: "Knowledge Base Space",
    effect: Read,
    slots: ["newer"],
    group: KNOWLEDGE_BASE,
    errors: [
        IS_NOT_WORKSPACE,
        WORKSPACE_NOT_EXIST,
    ],
}

#[inputs]
struct Inputs {
    workspace_id: WorkspaceId,
    operator_id: OperatorId,
}

#[outputs]
struct Outputs {
    /// The knowledge base.
    workspace_data: Workspace,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let workspace_data = get(&inputs.workspace_id, &inputs.operator_id)?;
    let summary = read_summary(&workspace_data);
    Ok(Outcome::new(Outputs { workspace_data }).summary(summary))
}
