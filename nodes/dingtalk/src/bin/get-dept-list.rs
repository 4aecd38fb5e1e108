//! Get Dept List: the departments directly below another.

use dingtalk::{directory::Language, prelude::*};

node! {
    id: "get-dept-list",
    title: "Get Dept List",
    resource: "Department",
    description: "Lists the departments directly below a department, all at once; those further down are found by running it on each of them.",
    effect: Read,
    idempotent: true,
}

#[options]
struct Options {
    /// The department whose sub-departments are listed; 1, the root, by default.
    #[serde(default = "DeptId::root")]
    dept_id: DeptId,
    /// Language of the names: zh_CN, the default, or en_US.
    #[serde(default)]
    #[schemars(example = &"en_US")]
    language: Language,
}

#[outputs]
struct Outputs {
    /// The departments directly below.
    departments: Vec<Answer<Department>>,
    /// How many departments are listed.
    total_count: usize,
}

#[answer]
struct Department {
    dept_id: i64,
    name: String,
    /// The department it is in.
    parent_id: i64,
    /// Whether it has a group chat.
    create_dept_group: bool,
    /// Whether people who join it are added to its group chat.
    auto_add_user: bool,
}

fn run(_: NoInputs, options: Options) -> Result<Outcome<Outputs>> {
    let Options { dept_id, language } = options;
    let call = older::post("/topapi/v2/department/listsub").reading();
    let mut answer = call.json(json!({ "dept_id": dept_id, "language": language })).send()?;
    let departments = Answer::list(answer.remove("result"));
    let total_count = departments.len();
    let place = if dept_id == DeptId::ROOT { "the root".to_owned() } else { format!("department {dept_id}") };
    let summary = format!("Listed {} directly below {place}.", count(total_count, "department"));
    Ok(Outcome::new(Outputs { departments, total_count }).summary(summary))
}
