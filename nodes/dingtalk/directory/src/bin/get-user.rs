use directory::{prelude::*, user::UserData};

node! {
    /// Gets a person's details by userId or by mobile number, the unionId among them. Exactly one of the two options is
    /// given.
    resource: "User",
    effect: Read,
    slots: ["older"],
    rules: [Rule::one_of(&["UserId", "Mobile"])],
    errors: [
        not_found(
            "60121",
            "There is no such current member in the credential's organisation: people who left or have not joined are not found.",
        ),
        parameter("40104", "Check Mobile: the number is not valid in this organisation."),
    ],
}

#[options]
struct Options {
    /// userId of the person; not together with Mobile.
    #[schemars(example = &"manager001")]
    user_id: Option<UserId>,
    /// Mobile number of the person, who must be a current member; not together with UserId.
    #[schemars(example = &"18500000001")]
    mobile: Option<Mobile>,
}

#[outputs]
struct Outputs {
    /// The person's details. Empty ones are absent; mobile, email, extension, remark and work_place need their own permissions.
    user_data: UserData,
}

fn run(options: Options) -> Result<Outcome<Outputs>> {
    let mobile = options.mobile.filter(|mobile| !mobile.is_blank());
    let user_id = match (options.user_id, mobile) {
        (Some(user_id), None) => user_id,
        (None, Some(mobile)) => user_id_of(&mobile)?,
        (None, None) => {
            return Err(Failure::invalid_input("UserId", "or Mobile is required").hint("Give one of the two."));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::invalid_input("UserId", "and Mobile exclude each other").hint("Give one of the two."));
        }
    };
    let call = older::post("/topapi/v2/user/get").reading().json(json!({ "userid": user_id }));
    let user_data: UserData = call.within("result").send()?;
    let summary = format!("Found {}.", user_data.name().unwrap_or(user_data.userid()));
    Ok(Outcome::new(Outputs { user_data }).summary(summary))
}

#[answer]
struct UserWithMobile {
    userid: String,
}

fn user_id_of(mobile: &Mobile) -> Result<UserId> {
    let call = older::post("/topapi/v2/user/getbymobile").reading().json(json!({ "mobile": mobile }));
    let user: UserWithMobile = call.within("result").send()?;
    let user_id = user.userid().and_then(|id| id.parse().ok());
    user_id.ok_or_else(|| {
        Failure::system("DingTalk found the mobile number but gave no userid").hint("Run again with UserId.")
    })
}
