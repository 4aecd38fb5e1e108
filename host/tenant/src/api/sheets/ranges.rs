//! Ranges of cells: what is in them and what they look like.

use axum::extract::State;
use axum::http::Uri;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;

use super::{ARGUMENT_INVALID, AsDenied, Target, touched};
use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest, query};
use crate::service::Shared;
use crate::state::{Field, RangeChanges, RangeData};

pub(super) fn routes() -> Router<Shared> {
    const RANGE: &str = "/v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/ranges/{rangeAddress}";

    Router::new()
        .route(RANGE, get(read).put(update))
        .route(&format!("{RANGE}/clear"), post(clear_all))
        .route(&format!("{RANGE}/clearData"), post(clear_data))
}

async fn read(
    State(service): State<Shared>,
    target: Target<AsDenied>,
    uri: Uri,
) -> Result<Json<RangeData>, NewerError> {
    #[derive(Deserialize)]
    struct Selection {
        select: Option<String>,
    }

    let invalid = |reason: &str| NewerError::bad_request(ARGUMENT_INVALID, reason);
    let selection: Selection = query(&uri).ok_or_else(|| invalid("select may be given once"))?;
    let fields = match selection.select {
        None => Field::USUAL.to_vec(),
        Some(names) => fields(&names).ok_or_else(|| invalid("select names a field that a range does not have"))?,
    };
    target.read(&service, |sheet| sheet.read(target.range(), &fields)).map(Json)
}

/// The fields that a list such as `values,formulas` names.
fn fields(names: &str) -> Option<Vec<Field>> {
    names.split(',').map(|name| Field::named(name.trim())).collect()
}

impl NewerRequest for RangeChanges {
    const REFUSAL: &'static str = ARGUMENT_INVALID;
}

async fn update(
    State(service): State<Shared>,
    target: Target<AsDenied>,
    NewerBody(changes): NewerBody<RangeChanges>,
) -> Result<Json<Value>, NewerError> {
    let area = target.change(&service, |sheet| sheet.update(target.range(), changes))?;
    Ok(Json(touched(area)))
}

async fn clear_all(State(service): State<Shared>, target: Target<AsDenied>) -> Result<Json<Value>, NewerError> {
    let area = target.change(&service, |sheet| sheet.clear_all(target.range()))?;
    Ok(Json(touched(area)))
}

async fn clear_data(State(service): State<Shared>, target: Target<AsDenied>) -> Result<Json<Value>, NewerError> {
    let area = target.change(&service, |sheet| sheet.clear_data(target.range()))?;
    Ok(Json(touched(area)))
}
