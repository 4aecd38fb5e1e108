//! Rows and columns. Their positions are counted from 0.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ARGUMENT_INVALID, AsDenied, AsIllegal, Refusal, Target, touched};
use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest};
use crate::service::{Service, Shared};
use crate::state::{Axis, Lines, WorkbookError, Worksheet};

pub(super) fn routes() -> Router<Shared> {
    let path = |call: &str| format!("/v1.0/doc/workbooks/{{workbookId}}/sheets/{{sheetId}}/{call}");
    Router::new()
        .route(&path("appendRows"), post(append_rows))
        .route(&path("insertRowsBefore"), post(insert_rows))
        .route(&path("insertColumnsBefore"), post(insert_columns))
        .route(&path("deleteRows"), post(delete_rows))
        .route(&path("deleteColumns"), post(delete_columns))
        .route(&path("setRowsVisibility"), post(set_rows_visibility))
        .route(&path("setColumnsVisibility"), post(set_columns_visibility))
}

#[derive(Deserialize)]
struct NewRows {
    values: Vec<Vec<String>>,
}

/// Neighbouring rows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rows {
    row: usize,
    row_count: usize,
}

/// Neighbouring columns.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Columns {
    column: usize,
    column_count: usize,
}

/// Rows or columns and whether they are to be shown.
#[derive(Deserialize)]
struct Shown<T> {
    #[serde(flatten)]
    lines: T,
    visibility: Visibility,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Visibility {
    Visible,
    Hidden,
}

impl From<Rows> for Lines {
    fn from(rows: Rows) -> Self {
        Self { axis: Axis::Rows, first: rows.row, count: rows.row_count }
    }
}

impl From<Columns> for Lines {
    fn from(columns: Columns) -> Self {
        Self { axis: Axis::Columns, first: columns.column, count: columns.column_count }
    }
}

impl NewerRequest for NewRows {
    const REFUSAL: &'static str = ARGUMENT_INVALID;
}

impl NewerRequest for Rows {
    const REFUSAL: &'static str = ARGUMENT_INVALID;
}

impl NewerRequest for Columns {
    const REFUSAL: &'static str = ARGUMENT_INVALID;
}

impl<T: NewerRequest> NewerRequest for Shown<T> {
    const REFUSAL: &'static str = T::REFUSAL;
}

async fn append_rows(
    State(service): State<Shared>,
    target: Target<AsDenied>,
    NewerBody(new): NewerBody<NewRows>,
) -> Result<Json<Value>, NewerError> {
    let area = target.change(&service, |sheet| sheet.append(new.values))?;
    Ok(Json(touched(area)))
}

async fn insert_rows(
    State(service): State<Shared>,
    target: Target<AsDenied>,
    NewerBody(rows): NewerBody<Rows>,
) -> Result<Json<Value>, NewerError> {
    changed(&service, &target, |sheet| sheet.insert(rows.into()))
}

async fn insert_columns(
    State(service): State<Shared>,
    target: Target<AsIllegal>,
    NewerBody(columns): NewerBody<Columns>,
) -> Result<Json<Value>, NewerError> {
    changed(&service, &target, |sheet| sheet.insert(columns.into()))
}

async fn delete_rows(
    State(service): State<Shared>,
    target: Target<AsIllegal>,
    NewerBody(rows): NewerBody<Rows>,
) -> Result<Json<Value>, NewerError> {
    changed(&service, &target, |sheet| sheet.delete(rows.into()))
}

async fn delete_columns(
    State(service): State<Shared>,
    target: Target<AsIllegal>,
    NewerBody(columns): NewerBody<Columns>,
) -> Result<Json<Value>, NewerError> {
    changed(&service, &target, |sheet| sheet.delete(columns.into()))
}

async fn set_rows_visibility(
    State(service): State<Shared>,
    target: Target<AsDenied>,
    NewerBody(shown): NewerBody<Shown<Rows>>,
) -> Result<Json<Value>, NewerError> {
    set_visibility(&service, &target, shown)
}

async fn set_columns_visibility(
    State(service): State<Shared>,
    target: Target<AsIllegal>,
    NewerBody(shown): NewerBody<Shown<Columns>>,
) -> Result<Json<Value>, NewerError> {
    set_visibility(&service, &target, shown)
}

fn set_visibility<R: Refusal>(
    service: &Service,
    target: &Target<R>,
    shown: Shown<impl Into<Lines>>,
) -> Result<Json<Value>, NewerError> {
    let visible = shown.visibility == Visibility::Visible;
    changed(service, target, |sheet| sheet.set_visibility(shown.lines.into(), visible))
}

/// Changes the sheet and answers its id, which is all the service says.
fn changed<R: Refusal>(
    service: &Service,
    target: &Target<R>,
    change: impl FnOnce(&mut Worksheet) -> Result<(), WorkbookError>,
) -> Result<Json<Value>, NewerError> {
    let id = target.change(service, |sheet| {
        change(sheet)?;
        Ok(sheet.id().to_owned())
    })?;
    Ok(Json(json!({ "id": id })))
}
