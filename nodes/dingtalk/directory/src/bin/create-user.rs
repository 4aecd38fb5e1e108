use directory::{Extension, prelude::*};

node! {
    /// Adds a person to the organisation's directory, in one or more departments. DingTalk chooses the userId. A person
    /// who has protected the account is only invited, and becomes a member by accepting.
    resource: "User",
    effect: Write,
    slots: ["older"],
    errors: [
        parameter(
            "60103",
            "Check Mobile: a number of another country than the organisation's is written +xx-xxxxxx, a Chinese one +86-xxxxxxxxxxx.",
        ),
        conflict(
            "60104",
            "The mobile number is in the organisation already: find the person with Get User (Mobile), or use another number.",
        ),
        parameter("60123", "Check JobNumber: it is not valid."),
        parameter("40064", "Shorten WorkPlace, to 50 characters if need be."),
        parameter("40065", "Shorten Remark, to 1024 characters if need be."),
        parameter("60122", "Check Extension: every field must be defined in the organisation first."),
        parameter("40009", DEPARTMENTS),
        parameter("40066", DEPARTMENTS),
        not_found("60003", DEPARTMENTS),
        conflict("40019", FULL),
        conflict("40020", FULL),
        conflict("40023", FULL),
        conflict("40024", FULL),
    ],
}

#[inputs]
struct Inputs {
    /// The person's name, 1 to 64 characters.
    #[schemars(example = &"Zhang San")]
    name: Text<64>,
    /// The person's mobile number, which nobody else in the organisation has. A number of another country than the
    /// organisation's is written +xx-xxxxxx.
    #[schemars(length(min = 1), regex(pattern = r"\S"), extend("x-pattern-words" = "that is not blank"), example = &"18512345678")]
    mobile: Mobile,
    /// Ids of the person's departments, at most 100: text with commas between them, or an array. Get Dept List gives them; 1
    /// is the root.
    #[schemars(example = &"860410002,860410005")]
    dept_id_list: CommaList<DeptId, 100>,
}

#[options(sent_as = "snake_case")]
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
    extension: Option<Extension>,
}

#[outputs]
struct Outputs {
    /// The new person.
    user_data: UserData,
}

#[answer]
struct UserData {
    /// Id in this organisation.
    #[promised]
    userid: String,
    /// Id in the developer's applications; what OperatorId asks for.
    #[serde(rename = "unionId")]
    union_id: String,
}

/// The limit for Extension as JSON text.
const EXTENSION_CHARACTERS: usize = 2000;

const DEPARTMENTS: &str = "Check DeptIdList: ids from Get Dept List, at most 100.";
const FULL: &str = "The person is in too many organisations that are not verified, or the organisation or a department is full: verify the organisation, or choose another department.";

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { name, mobile, dept_id_list } = inputs;
    options.check()?;
    let user_data: UserData = older::post("/topapi/v2/user/create")
        .json(json!({ "name": name, "mobile": mobile, "dept_id_list": dept_id_list.joined() }))
        .json_also(&options)
        .within("result")
        .if_unknown(
            "The person may have been created: look with Get User (Mobile) before running this again. If DingTalk keeps \
             failing, check how many members the organisation may have, and may add in a week.",
        )
        .send()?;
    let summary = format!("Created {name} with the userId {}.", user_data.userid());
    Ok(Outcome::new(Outputs { user_data }).summary(summary))
}

impl Options {
    /// Refuses custom fields that are too long as the text that DingTalk takes.
    fn check(&self) -> Result<()> {
        let length = self.extension.as_ref().and_then(Extension::text).map_or(0, |text| text.chars().count());
        if length <= EXTENSION_CHARACTERS {
            return Ok(());
        }
        let problem = format!("has {length} characters as JSON text, at most {EXTENSION_CHARACTERS} are allowed");
        Err(Failure::invalid_input("Extension", problem).hint("Give fewer or shorter fields in Extension."))
    }
}
