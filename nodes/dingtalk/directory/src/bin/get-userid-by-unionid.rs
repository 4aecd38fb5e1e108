use directory::prelude::*;

node! {
    /// Finds the userId of a person by the unionId.
    title: "Get UserID By UnionID",
    resource: "User",
    effect: Read,
    slots: ["older"],
    errors: [
        not_found(
        "60121",
        "Nobody in the credential's organisation has this unionId. It counts within one developer's organisation only: use one that an application of the same organisation gave.",
        ),
    ],
}

#[inputs]
struct Inputs {
    union_id: UnionId,
}

#[outputs]
struct Outputs {
    /// userId of the person in this organisation.
    user_id: String,
    /// What the person is to the organisation: 0 = internal employee, also when DingTalk does not say; 1 = external contact.
    contact_type: i64,
}

#[answer]
struct Contact {
    contact_type: i64,
    #[promised]
    userid: String,
}

fn run(inputs: Inputs) -> Result<Outcome<Outputs>> {
    let call = older::post("/topapi/user/getbyunionid").reading().json(json!({ "unionid": inputs.union_id }));
    let contact: Contact = call.within("result").send()?;
    let (user_id, contact_type) = (contact.userid().to_owned(), contact.contact_type().unwrap_or_default());
    let summary = match contact_type {
        1 => format!("The unionId is of {user_id}, an external contact."),
        _ => format!("The unionId is of {user_id}."),
    };
    Ok(Outcome::new(Outputs { user_id, contact_type }).summary(summary))
}
