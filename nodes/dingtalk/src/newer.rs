//! The newer API, `api.dingtalk.com`: a failure is an HTTP error status with a code in the body, in either capitalisation.

use patchbay_node::api::{Api, Call, Refusal};
use serde_json::{Map, Value};

use crate::codes::{NEWER, ban};

pub(crate) static API: Api = Api::new("DingTalk", "https://api.dingtalk.com")
    .slot("newer")
    .code(&["/code", "/Code"])
    .message(&["/message", "/Message", "/description", "/Description"])
    .request_id(&["/requestid", "/RequestId", "/requestId"])
    .codes(NEWER)
    .refine(name_missing_scopes)
    .stranger(ban);

/// Reads.
pub fn get(path: &str) -> Call {
    API.get(path)
}

/// Creates or acts; [`reading`](Call::reading) where the documentation has a query behind a POST.
pub fn post(path: &str) -> Call {
    API.post(path)
}

/// Replaces.
pub fn put(path: &str) -> Call {
    API.put(path)
}

/// Deletes.
pub fn delete(path: &str) -> Call {
    API.delete(path)
}

/// A refusal for want of a permission says which scopes the application lacks.
fn name_missing_scopes(body: &Map<String, Value>, refusal: &mut Refusal) {
    let detail =
        ["AccessDeniedDetail", "accessdenieddetail", "accessDeniedDetail"].iter().find_map(|name| body.get(*name));
    let scopes = detail.and_then(|detail| detail.get("requiredScopes")).and_then(Value::as_array);
    let scopes: Vec<String> = scopes.into_iter().flatten().filter_map(patchbay_node::api::text).collect();
    if !scopes.is_empty() {
        let scopes = scopes.join(", ");
        refusal.hint = Some(format!("Apply for {scopes} on the application's page in the developer console."));
    }
}
