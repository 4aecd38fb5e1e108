//! Create User.

use std::collections::HashSet;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{DEPARTMENT_ID_INVALID, DEPARTMENT_UNKNOWN, LONGEST_USER_ID, USER_ID_INVALID, USER_UNKNOWN};
use crate::answer::{OlderAnswer, OlderError};
use crate::call::OlderCall;
use crate::service::Shared;
use crate::state::{DepartmentOrder, JoinError, Mobile, NewUser};

const NAME_INVALID: OlderError = OlderError::new(60112, "不合法的用户名称");
const MOBILE_MALFORMED: OlderError = OlderError::new(60103, "手机号码不合法");
const MOBILE_TAKEN: OlderError = OlderError::new(60104, "手机号码在公司中已存在");
const USER_ID_TAKEN: OlderError = OlderError::new(60102, "UserID在公司中已存在");
const EMAIL_TAKEN: OlderError = OlderError::new(60106, "邮箱已存在");
const INVITATION_SENT: OlderError = OlderError::new(40103, "已向对方发送邀请，对方同意后方可加入企业");
const JOB_NUMBER_INVALID: OlderError = OlderError::new(60123, "不合法的工号");
const WORK_PLACE_TOO_LONG: OlderError = OlderError::new(40064, "办公地点超过长度限制");
const REMARK_TOO_LONG: OlderError = OlderError::new(40065, "备注超过长度限制");
const DEPARTMENTS_INVALID: OlderError = OlderError::new(40066, "部门列表长度超过限制或不是数字");
const EXTENSION_INVALID: OlderError = OlderError::new(60122, "不合法的扩展属性");

const LONGEST_NAME: usize = 80;
const MOST_DEPARTMENTS: usize = 100;
const LONGEST_JOB_NUMBER: usize = 50;
const LONGEST_EMAIL: usize = 50;
const LONGEST_TELEPHONE: usize = 50;
const LONGEST_TITLE: usize = 200;
const LONGEST_WORK_PLACE: usize = 100;
const LONGEST_REMARK: usize = 2000;
const LONGEST_EXTENSION: usize = 2000;

#[derive(Deserialize)]
pub(super) struct CreateUser {
    name: String,
    mobile: String,
    dept_id_list: String,
    userid: Option<String>,
    #[serde(default)]
    job_number: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    org_email: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    work_place: String,
    #[serde(default)]
    remark: String,
    #[serde(default)]
    extension: String,
    telephone: Option<String>,
    #[serde(default)]
    hide_mobile: bool,
    #[serde(default)]
    senior_mode: bool,
    hired_date: Option<i64>,
    manager_userid: Option<String>,
    #[serde(default)]
    dept_order_list: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    dept_id: i64,
    order: i64,
}

/// Takes somebody in. The account is inactive until its owner logs in for the first time.
pub(super) async fn create(
    State(service): State<Shared>,
    OlderCall(request): OlderCall<CreateUser>,
) -> Result<OlderAnswer, OlderError> {
    let new = new_user(request)?;
    let user = service.organisation.directory().create(new)?;
    Ok(OlderAnswer::new("result", json!({ "userid": user.user_id, "unionId": user.union_id })))
}

/// The person to take in, with everything checked that needs no look at others.
fn new_user(request: CreateUser) -> Result<NewUser, OlderError> {
    for (name, text) in [("name", &request.name), ("mobile", &request.mobile), ("dept_id_list", &request.dept_id_list)]
    {
        if text.is_empty() {
            return Err(OlderError::parameter(format!("{name} must not be empty")));
        }
    }
    let parameter = |name| OlderError::parameter(format!("{name} is malformed or too long"));
    let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let user_id = given(&request.userid);
    let telephone = given(&request.telephone);
    let is_email = |text: &str| text.is_empty() || fits(text, LONGEST_EMAIL) && has_form_of_email(text);
    let checks = [
        (fits(&request.name, LONGEST_NAME) && !request.name.trim().is_empty(), NAME_INVALID),
        (user_id.as_deref().is_none_or(|text| fits(text, LONGEST_USER_ID)), USER_ID_INVALID),
        (fits(&request.job_number, LONGEST_JOB_NUMBER), JOB_NUMBER_INVALID),
        (is_email(&request.email), parameter("email")),
        (is_email(&request.org_email), parameter("org_email")),
        (fits(&request.title, LONGEST_TITLE), parameter("title")),
        (telephone.as_deref().is_none_or(|text| fits(text, LONGEST_TELEPHONE)), parameter("telephone")),
        (fits(&request.work_place, LONGEST_WORK_PLACE), WORK_PLACE_TOO_LONG),
        (fits(&request.remark, LONGEST_REMARK), REMARK_TOO_LONG),
        (is_extension(&request.extension), EXTENSION_INVALID),
    ];
    if let Some((_, refusal)) = checks.into_iter().find(|(fits, _)| !fits) {
        return Err(refusal);
    }
    let mobile: Mobile = request.mobile.parse().map_err(|_| MOBILE_MALFORMED)?;
    let places = request.dept_order_list.iter();
    Ok(NewUser {
        user_id,
        name: request.name,
        state_code: mobile.state_code,
        mobile: mobile.number,
        hide_mobile: request.hide_mobile,
        telephone,
        job_number: request.job_number,
        title: request.title,
        email: request.email,
        org_email: request.org_email,
        work_place: request.work_place,
        remark: request.remark,
        extension: request.extension,
        hired_date: request.hired_date,
        senior: request.senior_mode,
        manager_user_id: given(&request.manager_userid),
        dept_id_list: departments(&request.dept_id_list)?,
        dept_order_list: places.map(|place| DepartmentOrder::new(place.dept_id, place.order)).collect(),
    })
}

fn fits(text: &str, longest: usize) -> bool {
    text.chars().count() <= longest
}

fn has_form_of_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let is_host =
        |host: &str| host.contains('.') && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.');
    !text.contains(char::is_whitespace) && parts.is_some_and(|(name, host)| !name.is_empty() && is_host(host))
}

/// The text of a JSON object, as the service takes the extension.
fn is_extension(text: &str) -> bool {
    text.is_empty() || fits(text, LONGEST_EXTENSION) && serde_json::from_str::<Map<String, Value>>(text).is_ok()
}

/// The departments, each once. The service takes a list of numbers with commas in between and nothing else.
fn departments(list: &str) -> Result<Vec<i64>, OlderError> {
    let dept_ids: Result<Vec<i64>, _> = list.split(',').map(str::parse).collect();
    let mut dept_ids = dept_ids.map_err(|_| DEPARTMENTS_INVALID)?;
    if dept_ids.len() > MOST_DEPARTMENTS {
        return Err(DEPARTMENTS_INVALID);
    }
    if dept_ids.iter().any(|dept_id| *dept_id < 1) {
        return Err(DEPARTMENT_ID_INVALID);
    }
    let mut seen = HashSet::new();
    dept_ids.retain(|dept_id| seen.insert(*dept_id));
    Ok(dept_ids)
}

impl From<JoinError> for OlderError {
    fn from(error: JoinError) -> Self {
        match error {
            JoinError::DepartmentUnknown(_) => DEPARTMENT_UNKNOWN,
            JoinError::ManagerUnknown => USER_UNKNOWN,
            JoinError::FieldUnknown(_) => EXTENSION_INVALID,
            JoinError::UserIdTaken => USER_ID_TAKEN,
            JoinError::MobileTaken => MOBILE_TAKEN,
            JoinError::EmailTaken => EMAIL_TAKEN,
            JoinError::JobNumberTaken => JOB_NUMBER_INVALID,
            JoinError::Invited => INVITATION_SENT,
        }
    }
}
