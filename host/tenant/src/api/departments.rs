//! Departments, through the older API.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::users::{DEPARTMENT_ID_INVALID, DEPARTMENT_UNKNOWN, Language};
use crate::answer::{OlderAnswer, OlderError};
use crate::call::OlderCall;
use crate::service::Shared;
use crate::state::{Department, Headcount};

const ROOT: i64 = 1;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/topapi/v2/department/get", post(get)).route("/topapi/v2/department/listsub", post(list_below))
}

#[derive(Deserialize)]
struct Get {
    dept_id: i64,
    #[serde(default)]
    language: Language,
}

async fn get(State(service): State<Shared>, OlderCall(request): OlderCall<Get>) -> Result<OlderAnswer, OlderError> {
    if request.dept_id < 1 {
        return Err(DEPARTMENT_ID_INVALID);
    }
    let headcount = service.organisation.directory().headcount(request.dept_id);
    let headcount = headcount.ok_or(DEPARTMENT_UNKNOWN)?;
    Ok(OlderAnswer::new("result", json!(Detail::new(&headcount, request.language))))
}

#[derive(Deserialize)]
struct ListBelow {
    #[serde(default = "root")]
    dept_id: i64,
    #[serde(default)]
    language: Language,
}

fn root() -> i64 {
    ROOT
}

/// The departments right below, all of them.
async fn list_below(
    State(service): State<Shared>,
    OlderCall(request): OlderCall<ListBelow>,
) -> Result<OlderAnswer, OlderError> {
    if request.dept_id < 1 {
        return Err(DEPARTMENT_ID_INVALID);
    }
    let children = service.organisation.directory().children(request.dept_id);
    let children = children.ok_or(DEPARTMENT_UNKNOWN)?;
    let children: Vec<Listed<'_>> = children.iter().map(|child| Listed::new(child, request.language)).collect();
    Ok(OlderAnswer::new("result", json!(children)))
}

fn name(department: &Department, language: Language) -> &str {
    match (language, &department.english_name) {
        (Language::English, Some(name)) => name,
        _ => &department.name,
    }
}

/// A department in the list of those below another.
#[derive(Serialize)]
struct Listed<'a> {
    dept_id: i64,
    name: &'a str,
    parent_id: Option<i64>,
    create_dept_group: bool,
    auto_add_user: bool,
}

impl<'a> Listed<'a> {
    fn new(department: &'a Department, language: Language) -> Self {
        Self {
            dept_id: department.dept_id,
            name: name(department, language),
            parent_id: department.parent_id,
            create_dept_group: department.group_chat_id.is_some(),
            auto_add_user: department.auto_add_user,
        }
    }
}

/// A department in full. The root has no parent, and what was never set is absent. No department here is hidden or
/// hides others, so there is nobody in the lists of exceptions.
#[derive(Serialize)]
struct Detail<'a> {
    dept_id: i64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_identifier: Option<&'a str>,
    create_dept_group: bool,
    auto_add_user: bool,
    from_union_org: bool,
    tags: &'static str,
    order: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dept_group_chat_id: Option<&'a str>,
    group_contain_sub_dept: bool,
    org_dept_owner: &'a str,
    dept_manager_userid_list: &'a [String],
    outer_dept: bool,
    hide_dept: bool,
    user_permits: [&'static str; 0],
    dept_permits: [i64; 0],
    auto_approve_apply: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    member_count: usize,
    owning_member_count: usize,
}

impl<'a> Detail<'a> {
    fn new(Headcount { department, all, direct }: &'a Headcount, language: Language) -> Self {
        Self {
            dept_id: department.dept_id,
            name: name(department, language),
            parent_id: department.parent_id,
            source_identifier: department.source_identifier.as_deref(),
            create_dept_group: department.group_chat_id.is_some(),
            auto_add_user: department.auto_add_user,
            from_union_org: false,
            tags: "",
            order: department.order,
            dept_group_chat_id: department.group_chat_id.as_deref(),
            group_contain_sub_dept: department.group_contains_sub_departments,
            org_dept_owner: &department.owner,
            dept_manager_userid_list: &department.manager_user_ids,
            outer_dept: false,
            hide_dept: false,
            user_permits: [],
            dept_permits: [],
            auto_approve_apply: false,
            code: department.code.as_deref(),
            member_count: *all,
            owning_member_count: *direct,
        }
    }
}
