//! The sheets of a workbook.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ARGUMENT_INVALID, AsDenied, AsIllegal, Target};
use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest};
use crate::service::Shared;
use crate::state::Properties;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1.0/doc/workbooks/{workbookId}/sheets", get(list).post(create))
        .route("/v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}", get(properties).delete(delete))
}

#[derive(Deserialize)]
struct NewSheet {
    name: String,
}

impl NewerRequest for NewSheet {
    const REFUSAL: &'static str = ARGUMENT_INVALID;
}

async fn create(
    State(service): State<Shared>,
    target: Target<AsIllegal>,
    NewerBody(new): NewerBody<NewSheet>,
) -> Result<Json<Value>, NewerError> {
    let tab = service.organisation.workbooks().add_sheet(target.workbook_id(), new.name)?;
    Ok(Json(json!({ "visibility": "visible", "name": tab.name, "id": tab.id })))
}

async fn list(State(service): State<Shared>, target: Target<AsDenied>) -> Result<Json<Value>, NewerError> {
    let tabs = service.organisation.workbooks().tabs(target.workbook_id())?;
    Ok(Json(json!({ "value": tabs })))
}

async fn properties(State(service): State<Shared>, target: Target<AsDenied>) -> Result<Json<Properties>, NewerError> {
    target.read(&service, |sheet| Ok(sheet.properties())).map(Json)
}

async fn delete(State(service): State<Shared>, target: Target<AsIllegal>) -> Result<Json<Value>, NewerError> {
    service.organisation.workbooks().remove_sheet(target.workbook_id(), target.sheet_id())?;
    Ok(Json(json!({ "success": true })))
}
