//! People, through the older API.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use super::parameter::Parameter;
use crate::answer::{OlderAnswer, OlderError};
use crate::call::OlderCall;
use crate::service::Shared;
use crate::state::{Acquaintance, Arrangement, Mobile};

mod creation;
mod profile;

use profile::{Detail, Listed};

const USER_ID_INVALID: OlderError = OlderError::new(33012, "无效的USERID");
const MOBILE_INVALID: OlderError = OlderError::new(40104, "无效手机号");
const USER_UNKNOWN: OlderError = OlderError::new(60121, "找不到该用户");
pub(super) const DEPARTMENT_ID_INVALID: OlderError = OlderError::new(40009, "不合法的部门id");
pub(super) const DEPARTMENT_UNKNOWN: OlderError = OlderError::new(60003, "部门不存在");

const LONGEST_USER_ID: usize = 64;
const LARGEST_PAGE: usize = 100;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/topapi/v2/user/create", post(creation::create))
        .route("/topapi/v2/user/get", post(get))
        .route("/topapi/v2/user/getbymobile", post(get_by_mobile))
        .route("/topapi/user/getbyunionid", post(get_by_union_id))
        .route("/topapi/user/count", post(count))
        .route("/topapi/v2/user/list", post(list))
}

/// The language of names in the answer. People have theirs in Chinese only, departments in English too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Language {
    #[default]
    #[serde(rename = "zh_CN")]
    Chinese,
    #[serde(rename = "en_US")]
    English,
}

#[derive(Deserialize)]
struct Get {
    userid: String,
    #[serde(default, rename = "language")]
    _language: Language,
}

async fn get(State(service): State<Shared>, OlderCall(request): OlderCall<Get>) -> Result<OlderAnswer, OlderError> {
    if request.userid.is_empty() {
        return Err(OlderError::parameter("userid must not be empty"));
    }
    if request.userid.chars().count() > LONGEST_USER_ID {
        return Err(USER_ID_INVALID);
    }
    let user = service.organisation.directory().user(&request.userid);
    let user = user.ok_or(USER_UNKNOWN)?;
    Ok(OlderAnswer::new("result", json!(Detail::from(&*user))))
}

#[derive(Deserialize)]
struct GetByMobile {
    mobile: String,
}

async fn get_by_mobile(
    State(service): State<Shared>,
    OlderCall(request): OlderCall<GetByMobile>,
) -> Result<OlderAnswer, OlderError> {
    if request.mobile.is_empty() {
        return Err(OlderError::parameter("mobile must not be empty"));
    }
    let mobile: Mobile = request.mobile.parse().map_err(|_| MOBILE_INVALID)?;
    let user = service.organisation.directory().user_by_mobile(&mobile);
    let user = user.ok_or(USER_UNKNOWN)?;
    Ok(OlderAnswer::new("result", json!({ "userid": user.user_id })))
}

#[derive(Deserialize)]
struct GetByUnionId {
    unionid: String,
}

async fn get_by_union_id(
    State(service): State<Shared>,
    OlderCall(request): OlderCall<GetByUnionId>,
) -> Result<OlderAnswer, OlderError> {
    if request.unionid.is_empty() {
        return Err(OlderError::parameter("unionid must not be empty"));
    }
    let result = match service.organisation.directory().acquaintance(&request.unionid) {
        Some(Acquaintance::Member(user)) => json!({ "contact_type": 0, "userid": user.user_id }),
        Some(Acquaintance::External(contact)) => json!({ "contact_type": 1, "userid": contact.user_id }),
        None => return Err(USER_UNKNOWN),
    };
    Ok(OlderAnswer::new("result", result))
}

#[derive(Deserialize)]
struct Count {
    #[serde(default)]
    only_active: Parameter<bool>,
}

async fn count(State(service): State<Shared>, OlderCall(request): OlderCall<Count>) -> Result<OlderAnswer, OlderError> {
    let only_active = request.only_active.required("only_active")?;
    let (all, active) = service.organisation.directory().counts();
    Ok(OlderAnswer::new("result", json!({ "count": if only_active { active } else { all } })))
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    dept_id: Parameter<i64>,
    #[serde(default)]
    cursor: Parameter<usize>,
    #[serde(default)]
    size: Parameter<usize>,
    #[serde(default)]
    order_field: Parameter<OrderField>,
    #[serde(default)]
    contain_access_limit: Parameter<bool>,
    #[serde(default)]
    language: Parameter<Language>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OrderField {
    Custom,
    EntryAsc,
    EntryDesc,
    ModifyAsc,
    ModifyDesc,
}

/// Nobody is changed after joining, so that the order of changes is the order of joining.
impl From<OrderField> for Arrangement {
    fn from(field: OrderField) -> Self {
        match field {
            OrderField::Custom => Self::Places,
            OrderField::EntryAsc | OrderField::ModifyAsc => Self::OldestFirst,
            OrderField::EntryDesc | OrderField::ModifyDesc => Self::NewestFirst,
        }
    }
}

/// The people right in a department. The cursor is the number of people before the page.
async fn list(State(service): State<Shared>, OlderCall(request): OlderCall<List>) -> Result<OlderAnswer, OlderError> {
    let dept_id = request.dept_id.required("dept_id")?;
    let cursor = request.cursor.required("cursor")?;
    let size = request.size.required("size")?;
    let arrangement = request.order_field.optional("order_field")?.map(Arrangement::from).unwrap_or_default();
    request.contain_access_limit.optional("contain_access_limit")?;
    request.language.optional("language")?;
    if !(1..=LARGEST_PAGE).contains(&size) {
        return Err(OlderError::malformed(format!("size must be from 1 to {LARGEST_PAGE}")));
    }
    if dept_id < 1 {
        return Err(DEPARTMENT_ID_INVALID);
    }

    let page = service.organisation.directory().members(dept_id, arrangement, cursor, size);
    let page = page.ok_or(DEPARTMENT_UNKNOWN)?;
    let next = cursor.saturating_add(page.items.len());
    let has_more = next < page.total;
    let list: Vec<Listed<'_>> = page.items.iter().map(|user| Listed::of(user, dept_id)).collect();
    let mut result = json!({ "has_more": has_more });
    // The last page has no cursor to go on with.
    if has_more && let Value::Object(result) = &mut result {
        result.insert("next_cursor".to_owned(), next.into());
    }
    result["list"] = json!(list);
    Ok(OlderAnswer::new("result", result))
}
