use directory::prelude::*;

node! {
    /// Gets a department's details: its name, the department it is in, its managers, its group chat and who may see it.
    resource: "Department",
    effect: Read,
    slots: ["older"],
    errors: [
        parameter("40009", "Use the id of an ordinary department, from Get Dept List or Search Departments."),
    ],
}

#[inputs]
struct Inputs {
    dept_id: DeptId,
}

#[options(sent_as = "snake_case")]
struct Options {
    /// Language of the name: zh_CN, the default, or en_US.
    #[serde(default)]
    #[schemars(example = &"en_US")]
    language: Language,
}

#[outputs]
struct Outputs {
    /// The department's details. What does not apply to it is absent, and so is what the kind of application may not see.
    dept_detail: DeptDetail,
}

#[answer]
struct DeptDetail {
    #[promised]
    dept_id: i64,
    name: String,
    /// The department it is in; the root has none.
    parent_id: i64,
    /// Id that the organisation gave it.
    source_identifier: String,
    /// Whether it has a group chat.
    create_dept_group: bool,
    /// Whether people who join it are added to its group chat.
    auto_add_user: bool,
    /// Whether it comes from an associated organisation.
    from_union_org: bool,
    tags: String,
    /// Its place among the departments of its parent.
    order: i64,
    /// Id of its group chat.
    dept_group_chat_id: String,
    /// Whether its group chat includes the departments below it.
    group_contain_sub_dept: bool,
    /// userId of the owner of its group chat.
    org_dept_owner: String,
    /// userIds of its managers.
    dept_manager_userid_list: Vec<String>,
    /// Whether its members see only what they are permitted to.
    outer_dept: bool,
    /// Departments that its members may see when outer_dept is true.
    outer_permit_depts: Vec<i64>,
    /// userIds of the people that its members may see when outer_dept is true.
    outer_permit_users: Vec<String>,
    /// Whether it is hidden.
    hide_dept: bool,
    /// userIds of the people who may see it although it is hidden.
    user_permits: Vec<String>,
    /// Departments that may see it although it is hidden.
    dept_permits: Vec<i64>,
    /// Whether people who apply to join are let in without approval.
    auto_approve_apply: bool,
    /// Its code, where one was set.
    code: String,
    /// How many members it has.
    member_count: i64,
    /// How many of them belong to it first of all.
    owning_member_count: i64,
}

fn run(inputs: Inputs, options: Options) -> Result<Outcome<Outputs>> {
    let Inputs { dept_id } = inputs;
    let call =
        older::post("/topapi/v2/department/get").reading().json(json!({ "dept_id": dept_id })).json_also(&options);
    let dept_detail: DeptDetail = call.within("result").send()?;
    let summary = match dept_detail.name() {
        Some(name) => format!("Found the department {name}."),
        None => format!("Found department {dept_id}."),
    };
    Ok(Outcome::new(Outputs { dept_detail }).summary(summary))
}
