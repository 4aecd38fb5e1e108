//! Get User: everything the directory tells of a person.

use dingtalk::{directory::Mobile, prelude::*};

node! {
    id: "get-user",
    title: "Get User",
    resource: "User",
    description: "Gets a person's details by userId or by mobile number, the unionId among them. Exactly one of the two options is given.",
    effect: Read,
    idempotent: true,
    errors: CODES,
}

#[options]
struct Options {
    /// userId of the person; not together with Mobile.
    #[schemars(example = &"manager001")]
    user_id: Option<String>,
    /// Mobile number of the person, who must be a current member; not together with UserId.
    #[schemars(example = &"18500000001")]
    mobile: Option<Mobile>,
}

#[outputs]
struct Outputs {
    /// The person's details. Empty ones are absent; mobile, email, extension, remark and work_place need their own permissions.
    user_data: Answer<UserData>,
}

#[answer]
struct UserData {
    /// Id in this organisation.
    userid: String,
    /// Id in the developer's applications; what OperatorId asks for.
    unionid: String,
    name: String,
    /// URL of the picture.
    avatar: String,
    /// International dialling code.
    state_code: String,
    /// userId of the manager.
    manager_userid: String,
    mobile: String,
    hide_mobile: bool,
    /// Extension number.
    telephone: String,
    job_number: String,
    title: String,
    email: String,
    /// E-mail address given by the organisation.
    org_email: String,
    work_place: String,
    remark: String,
    /// Whether the account belongs to the organisation.
    exclusive_account: bool,
    dept_id_list: Vec<i64>,
    /// The person's place in the lists of the departments.
    dept_order_list: Vec<DepartmentOrder>,
    /// Custom fields, as JSON text.
    extension: String,
    /// Time of joining, in milliseconds since 1970.
    hired_date: i64,
    /// Whether the account is activated.
    active: bool,
    /// Whether the person has proved who they are.
    real_authed: bool,
    /// Whether the person is protected as an executive.
    senior: bool,
    /// Whether the person administers the organisation.
    admin: bool,
    /// Whether the person owns the organisation.
    boss: bool,
    leader_in_dept: Vec<DepartmentLeader>,
    role_list: Vec<Role>,
}

#[answer]
struct DepartmentOrder {
    dept_id: i64,
    order: i64,
}

#[answer]
struct DepartmentLeader {
    dept_id: i64,
    leader: bool,
}

#[answer]
struct Role {
    id: i64,
    name: String,
    group_name: String,
}

const CODES: &[Code] = &[
    errors::not_found(
        "60121",
        "There is no such current member in the credential's organisation: people who left or have not joined are not found.",
    ),
    errors::parameter("40104", "Check Mobile: the number is not valid in this organisation."),
];

fn run(_: NoInputs, options: Options) -> Result<Outcome<Outputs>> {
    let user_id = options.user_id.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let mobile = options.mobile.filter(|mobile| !mobile.is_blank());
    let user_id = match (user_id, mobile) {
        (Some(user_id), None) => user_id.to_owned(),
        (None, Some(mobile)) => user_id_of(&mobile)?,
        (None, None) => {
            return Err(Failure::invalid_input("UserId", "or Mobile is required").hint("Give one of the two."));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::invalid_input("UserId", "and Mobile exclude each other").hint("Give one of the two."));
        }
    };
    let call = older::post("/topapi/v2/user/get").reading().json(json!({ "userid": user_id })).codes(CODES);
    let user_data = Answer::<UserData>::new(call.send_for_result()?);
    if user_data.is_empty() {
        return Err(errors::incomplete("DingTalk answered without the person"));
    }
    let name = user_data.text("name").unwrap_or(&user_id);
    let summary = format!("Found {name}.");
    Ok(Outcome::new(Outputs { user_data }).summary(summary))
}

#[answer]
struct UserWithMobile {
    userid: String,
}

fn user_id_of(mobile: &Mobile) -> Result<String> {
    let call = older::post("/topapi/v2/user/getbymobile").reading().json(json!({ "mobile": mobile })).codes(CODES);
    let user = Answer::<UserWithMobile>::new(call.send_for_result()?);
    match user.text("userid") {
        Some(user_id) => Ok(user_id.to_owned()),
        None => {
            Err(Failure::system("DingTalk found the mobile number but gave no userid").hint("Run again with UserId."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_and_both_options_are_refused_and_blank_counts_as_neither() {
        for (options, message) in [
            (json!({}), "UserId or Mobile is required"),
            (json!({ "UserId": " ", "Mobile": "" }), "UserId or Mobile is required"),
            (json!({ "UserId": "a", "Mobile": "1" }), "UserId and Mobile exclude each other"),
        ] {
            let options = serde_json::from_value(options).unwrap();
            let failure = run(NoInputs {}, options).unwrap_err();
            assert_eq!((failure.message(), failure.kind()), (message, FailureKind::InvalidInput));
        }
    }
}
