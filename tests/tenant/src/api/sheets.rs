//! Spreadsheets, through the newer API.

use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::a1::Area;
use crate::answer::NewerError;
use crate::call::{NewerBody, NewerRequest, NewerToken, query};
use crate::service::Shared;
use crate::state::WorkbookError;

const ARGUMENT_INVALID: &str = "invalidRequest.inputArgs.invalid";
const WORKBOOK_ID_ILLEGAL: &str = "invalidRequest.inputArgs.workbookIdIllegal";
const NOT_FOUND: &str = "invalidRequest.resource.notFound";
const ACCESS_DENIED: NewerError =
    NewerError::new(StatusCode::FORBIDDEN, "forbidden.accessDenied", "The operator has no permission.");

const WORKBOOK_ID_LENGTH: usize = 32;

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}", get(properties))
        .route("/v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/ranges/{rangeAddress}", put(update_range))
        .route("/v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/appendRows", post(append_rows))
}

/// What a spreadsheet call addresses, as somebody who may: its path, after the token and the operator were found good.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    workbook_id: String,
    /// The sheet's id or its title.
    sheet_id: String,
    #[serde(default)]
    range_address: String,
}

impl FromRequestParts<Shared> for Target {
    type Rejection = NewerError;

    async fn from_request_parts(parts: &mut Parts, service: &Shared) -> Result<Self, NewerError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Operator {
            operator_id: String,
        }

        NewerToken::from_request_parts(parts, service).await?;
        let operator: Operator =
            query(&parts.uri).ok_or_else(|| NewerError::bad_request(ARGUMENT_INVALID, "operatorId is required"))?;
        let Path(target): Path<Self> = Path::from_request_parts(parts, service)
            .await
            .map_err(|rejection| NewerError::bad_request(ARGUMENT_INVALID, rejection))?;
        if !is_workbook_id(&target.workbook_id) {
            let reason = "workbookId is not the id of a document";
            return Err(NewerError::bad_request(WORKBOOK_ID_ILLEGAL, reason));
        }
        let directory = service.organisation.directory();
        if !directory.knows_union_id(&operator.operator_id) {
            return Err(ACCESS_DENIED);
        }
        Ok(target)
    }
}

fn is_workbook_id(text: &str) -> bool {
    text.len() == WORKBOOK_ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

async fn properties(State(service): State<Shared>, target: Target) -> Result<Json<Value>, NewerError> {
    let workbooks = service.organisation.workbooks();
    let told = workbooks.read(&target.workbook_id, &target.sheet_id, |sheet| {
        json!({
            "id": sheet.id,
            "name": sheet.title,
            "visibility": "visible",
            "lastNonEmptyRow": position(sheet.last_non_empty_row()),
            "lastNonEmptyColumn": position(sheet.last_non_empty_column()),
            "rowCount": sheet.row_count,
            "columnCount": sheet.column_count,
        })
    })?;
    Ok(Json(told))
}

/// The cells to write. Formats beside `values` are accepted and not kept.
#[derive(Deserialize)]
struct Cells {
    values: Vec<Vec<String>>,
}

impl NewerRequest for Cells {
    const REFUSAL: &'static str = ARGUMENT_INVALID;
}

async fn update_range(
    State(service): State<Shared>,
    target: Target,
    NewerBody(cells): NewerBody<Cells>,
) -> Result<Json<Value>, NewerError> {
    let workbooks = service.organisation.workbooks();
    let area = workbooks
        .change(&target.workbook_id, &target.sheet_id, |sheet| sheet.write(&target.range_address, cells.values))?;
    Ok(written(area))
}

async fn append_rows(
    State(service): State<Shared>,
    target: Target,
    NewerBody(cells): NewerBody<Cells>,
) -> Result<Json<Value>, NewerError> {
    let workbooks = service.organisation.workbooks();
    let area = workbooks.change(&target.workbook_id, &target.sheet_id, |sheet| sheet.append(cells.values))?;
    Ok(written(area))
}

fn written(area: Area) -> Json<Value> {
    Json(json!({ "a1Notation": area.to_string() }))
}

/// A position as the service counts it: from 0, and -1 in an empty sheet.
fn position(last: Option<usize>) -> Value {
    last.map_or_else(|| json!(-1), |last| json!(last))
}

impl From<WorkbookError> for NewerError {
    fn from(error: WorkbookError) -> Self {
        match error {
            WorkbookError::UnknownWorkbook
            | WorkbookError::UnknownSheet
            | WorkbookError::Malformed(_)
            | WorkbookError::OutsideOfGrid { .. } => Self::with_reason(StatusCode::NOT_FOUND, NOT_FOUND, error),
            WorkbookError::Empty
            | WorkbookError::Ragged { .. }
            | WorkbookError::Dimensions { .. }
            | WorkbookError::TooWide { .. } => Self::bad_request(ARGUMENT_INVALID, error),
        }
    }
}
