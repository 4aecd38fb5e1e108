//! Create User: adds a person to the organisation's directory.

use dingtalk::{
    directory::{DeptIds, Mobile},
    prelude::*,
};

node! {
    id: "create-user",
    title: "Create User",
    resource: "User",
    description: "Adds a person to the organisation's directory, in one or more departments. DingTalk chooses the userId. A person who has protected the account is only invited, and becomes a member by accepting.",
    effect: Write,
    idempotent: false,
    errors: CODES,
}

#[inputs]
struct Inputs {
    /// The person's name, 1 to 64 characters.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"\S"), example = &"Zhang San")]
    name: String,
    /// The person's mobile number, which nobody else in the organisation has. A number of another country than the
    /// organisation's is written +xx-xxxxxx.
    #[schemars(length(min = 1), regex(pattern = r"\S"), example = &"18500000001")]
    mobile: Mobile,
    /// Ids of the person's departments, at most 100: text with commas between them, or an array. Get Dept List gives them; 1
    /// is the root.
    #[schemars(example = &"2,3")]
    dept_id_list: DeptIds,
}

#[options]
struct Options {
    /// Employee number, at most 50 characters.
    #[schemars(length(min = 1, max = 50), example = &"A0042")]
    job_number: Option<String>,
    /// Personal e-mail address, at most 50 characters, which nobody else in the organisation has.
    #[schemars(length(min = 1, max = 50), example = &"zhangsan@example.com")]
    email: Option<String>,
    /// Position, at most 200 characters.
    #[schemars(length(min = 1, max = 200), example = &"Engineer")]
    title: Option<String>,
    /// Place of work, at most 100 characters.
    #[schemars(length(min = 1, max = 100), example = &"Future Park")]
    work_place: Option<String>,
    /// Remark, at most 2000 characters.
    #[schemars(length(min = 1, max = 2000), example = &"Works on Mondays only")]
    remark: Option<String>,
    /// Custom fields by their names, which the organisation must have defined: an object, or its JSON text. At most 2000
    /// characters as JSON text.
    #[schemars(example = json!({ "hobby": "travel" }))]
    extension: Option<JsonText<Map<String, Value>>>,
}

#[outputs]
struct Outputs {
    /// The new person.
    user_data: Answer<UserData>,
}

#[answer]
struct UserData {
    /// Id in this organisation.
    userid: String,
    /// Id in the developer's applications; what OperatorId asks for.
    #[serde(rename = "unionId")]
    union_id: String,
}

/// The person as DingTalk is asked for it.
#[derive(Serialize)]
struct NewUser {
    name: String,
    mobile: Mobile,
    dept_id_list: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    work_place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extension: Option<String>,
}

/// The limit for Extension as JSON text.
const EXTENSION_CHARACTERS: usize = 2000;

const DEPARTMENTS: &str = "Check DeptIdList: ids from Get Dept List, at most 100.";
const FULL: &str = "The person is in too many organisations that are not verified, or the organisation or a department is full: verify the organisation, or choose another department.";

const CODES: &[Code] = &[
    errors::parameter(
        "60103",
        "Check Mobile: a number of another country than the organisation's is written +xx-xxxxxx, a Chinese one +86-xxxxxxxxxxx.",
    ),
    errors::conflict(
        "60104",
        "The mobile number is in the organisation already: find the person with Get User (Mobile), or use another number.",
    ),
    errors::parameter("60123", "Check JobNumber: it is not valid."),
    errors::parameter("40064", "Shorten WorkPlace, to 50 characters if need be."),
    errors::parameter("40065", "Shorten Remark, to 1024 characters if need be."),
    errors::parameter("60122", "Check Extension: every field must be defined in the organisation first."),
    errors::parameter("40009", DEPARTMENTS),
    errors::parameter("40066", DEPARTMENTS),
    errors::not_found("60003", DEPARTMENTS),
    errors::conflict("40019", FULL),
    errors::conflict("40020", FULL),
    errors::conflict("40023", FULL),
    errors::conflict("40024", FULL),
];

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let user = NewUser::new(inputs, options)?;
    let created = older::post("/topapi/v2/user/create").json(json!(user)).codes(CODES).send_for_result();
    let user_data = Answer::<UserData>::new(created.map_err(|failure| {
        failure.hint_if_outcome_unknown(
            "The person may have been created: look with Get User (Mobile) before running this again. If DingTalk keeps \
             failing, check how many members the organisation may have, and may add in a week.",
        )
    })?);
    let id = user_data.text("userid").map_or_else(String::new, |id| format!(" with the userId {id}"));
    let summary = format!("Created {}{id}.", user.name);
    Ok(Outcome::new(Outputs { user_data }).summary(summary))
}

impl NewUser {
    fn new(inputs: Inputs, options: Options) -> Result<Self> {
        let Inputs { name, mobile, dept_id_list } = inputs;
        let Options { job_number, email, title, work_place, remark, extension } = options;
        let extension = match extension {
            Some(fields) if !fields.is_empty() => Some(text_of(fields.into_inner())?),
            _ => None,
        };
        let dept_id_list = dept_id_list.joined();
        Ok(Self { name, mobile, dept_id_list, job_number, email, title, work_place, remark, extension })
    }
}

/// The custom fields as DingTalk takes them: the text of the object.
fn text_of(fields: Map<String, Value>) -> Result<String> {
    let text = Value::from(fields).to_string();
    match text.chars().count() {
        0..=EXTENSION_CHARACTERS => Ok(text),
        length => {
            let problem = format!("has {length} characters as JSON text, at most {EXTENSION_CHARACTERS} are allowed");
            Err(Failure::invalid_input("Extension", problem).hint("Give fewer or shorter fields in Extension."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Map<String, Value> {
        serde_json::from_value(json!({ "hobby": text })).unwrap()
    }

    #[test]
    fn custom_fields_have_at_most_2000_characters_as_text() {
        let around = text_of(fields("")).unwrap().len();
        // Characters, not bytes.
        assert!(text_of(fields(&"字".repeat(2000 - around))).is_ok());
        let failure = text_of(fields(&"字".repeat(2001 - around))).unwrap_err();
        assert_eq!(failure.message(), "Extension has 2001 characters as JSON text, at most 2000 are allowed");
    }

    #[test]
    fn no_custom_fields_are_not_sent() {
        let inputs = json!({ "Name": "Zhang San", "Mobile": "18500000001", "DeptIdList": [2, 3] });
        let user = NewUser::new(
            serde_json::from_value(inputs).unwrap(),
            serde_json::from_value(json!({ "Extension": {} })).unwrap(),
        );
        let expected = json!({ "name": "Zhang San", "mobile": "18500000001", "dept_id_list": "2,3" });
        assert_eq!(json!(user.unwrap()), expected);
    }
}
