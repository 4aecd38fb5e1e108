use directory::prelude::*;

node! {
    /// Lists the people who are directly in a department, page by page, with their details. People of the departments
    /// below it are not among them: Get Dept List gives those departments.
    resource: "User",
    effect: Read,
    slots: ["older"],
}

#[options(sent_as = "snake_case")]
struct Options {
    /// Where the page begins: 0, the default, for the first; NextCursor of the page before for any other.
    #[serde(default)]
    #[schemars(range(min = 0), example = 50)]
    cursor: i64,
    /// How many people a page has at most, 1 to 100; 50 by default.
    #[serde(default)]
    #[schemars(example = 100)]
    size: PageSize<50, 100>,
    /// The department whose people are listed; 1, the root, by default.
    #[serde(default = "DeptId::root")]
    dept_id: DeptId,
}

#[outputs]
struct Outputs {
    /// The people on this page.
    users: Vec<User>,
    /// Whether there are further pages.
    has_more: bool,
    /// Cursor of the next page; 0 when there is none.
    next_cursor: i64,
}

#[answer]
struct Page {
    has_more: bool,
    next_cursor: i64,
    list: Vec<User>,
}

#[answer]
struct User {
    /// Id in this organisation.
    userid: String,
    /// Id in the developer's applications; what OperatorId asks for.
    unionid: String,
    name: String,
    /// URL of the picture.
    avatar: String,
    /// International dialling code.
    state_code: String,
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
    dept_id_list: Vec<i64>,
    /// The person's place in the list of the department.
    dept_order: i64,
    /// Custom fields, as JSON text.
    extension: String,
    /// Time of joining, in milliseconds since 1970.
    hired_date: i64,
    /// Whether the account is activated.
    active: bool,
    /// Whether the person administers the organisation.
    admin: bool,
    /// Whether the person owns the organisation.
    boss: bool,
    /// Whether the person leads the department.
    leader: bool,
    /// Whether the account belongs to the organisation.
    exclusive_account: bool,
}

fn run(options: Options) -> Result<Outcome<Outputs>> {
    let page: Page = older::post("/topapi/v2/user/list").reading().json_also(&options).within("result").send()?;
    let users = page.list().unwrap_or_default().to_vec();
    let listed = format!("Listed {} of department {}", people(users.len()), options.dept_id);
    // A cursor that leads nowhere new would have the reader of all pages go round for ever.
    let next = page.next_cursor().filter(|next| *next > 0 && *next != options.cursor);
    let has_more = page.has_more().unwrap_or(next.is_some());
    let (next_cursor, summary) = match (has_more, next) {
        (true, Some(next)) => (next, format!("{listed}; the next page is at Cursor {next}.")),
        (false, _) => (0, format!("{listed}; there are no more.")),
        (true, None) => {
            let failure = incomplete("DingTalk did not say where the next page begins");
            return Err(failure.output("Users", users).output("HasMore", true));
        }
    };
    Ok(Outcome::new(Outputs { users, has_more, next_cursor }).summary(summary))
}
