use directory::prelude::*;

node! {
    /// Lists the departments directly below a department, all at once; those further down are found by running it on
    /// each of them.
    resource: "Department",
    effect: Read,
    slots: ["older"],
}

#[options(sent_as = "snake_case")]
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
    departments: Vec<Department>,
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

fn run(options: Options) -> Result<Outcome<Outputs>> {
    let call = older::post("/topapi/v2/department/listsub").reading().json_also(&options);
    let departments: Vec<Department> = call.within("result").send()?;
    let total_count = departments.len();
    let place =
        if options.dept_id == DeptId::ROOT { "the root".to_owned() } else { format!("department {}", options.dept_id) };
    let summary = format!("Listed {} directly below {place}.", count(total_count, "department"));
    Ok(Outcome::new(Outputs { departments, total_count }).summary(summary))
}
