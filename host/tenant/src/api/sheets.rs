//! Spreadsheets, through the newer API.

use std::marker::PhantomData;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::a1::Area;
use crate::answer::NewerError;
use crate::call::{NewerToken, query};
use crate::service::{Service, Shared};
use crate::state::{Acquaintance, PermissionRole, WikiError, WorkbookError, Worksheet};

mod lines;
mod ranges;
mod worksheets;

const ARGUMENT_INVALID: &str = "invalidRequest.inputArgs.invalid";
const WORKBOOK_ID_ILLEGAL: &str = "invalidRequest.inputArgs.workbookIdIllegal";
const NOT_FOUND: &str = "invalidRequest.resource.notFound";
const OPERATION_ILLEGAL: &str = "forbidden.operationIllegal";
const SIZE_OVER_LIMIT: &str = "forbidden.document.sizeOverLimit";

const WORKBOOK_ID_LENGTH: usize = 32;
const WORKBOOK_EXTENSION: &str = "axls";

pub(super) fn routes() -> Router<Shared> {
    Router::new().merge(worksheets::routes()).merge(ranges::routes()).merge(lines::routes())
}

const ACCESS_DENIED: NewerError =
    NewerError::new(StatusCode::FORBIDDEN, "forbidden.accessDenied", "The operator has no permission.");
const NOT_WORKBOOK: NewerError = NewerError::new(
    StatusCode::BAD_REQUEST,
    "invalidRequest.resource.notWorkbook",
    "The document is not a spreadsheet.",
);

/// How a call refuses an operator whom nobody knows. The service's pages list one or the other code.
trait Refusal {
    const UNKNOWN_OPERATOR: NewerError;
}

/// As somebody without a right.
struct AsDenied;

impl Refusal for AsDenied {
    const UNKNOWN_OPERATOR: NewerError = ACCESS_DENIED;
}

/// As a text that is no unionId.
struct AsIllegal;

impl Refusal for AsIllegal {
    const UNKNOWN_OPERATOR: NewerError = NewerError::new(
        StatusCode::BAD_REQUEST,
        "invalidRequest.inputArgs.operatorIdIllegal",
        "operatorId is not the unionId of a member.",
    );
}

/// What a spreadsheet call addresses, as somebody who may: its path, after the token and the operator were found good.
struct Target<R> {
    path: TargetPath,
    refusal: PhantomData<R>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TargetPath {
    workbook_id: String,
    /// The sheet's id or its title.
    #[serde(default)]
    sheet_id: String,
    #[serde(default)]
    range_address: String,
}

impl<R: Refusal> FromRequestParts<Shared> for Target<R> {
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
        let Path(path): Path<TargetPath> = Path::from_request_parts(parts, service)
            .await
            .map_err(|rejection| NewerError::bad_request(ARGUMENT_INVALID, rejection))?;
        if !is_workbook_id(&path.workbook_id) {
            let reason = "workbookId is not the id of a document";
            return Err(NewerError::bad_request(WORKBOOK_ID_ILLEGAL, reason));
        }
        match service.organisation.directory().acquaintance(&operator.operator_id) {
            Some(Acquaintance::Member(user)) => check_right(service, &parts.method, &path.workbook_id, &user.user_id)?,
            Some(Acquaintance::External(_)) => return Err(ACCESS_DENIED),
            None => return Err(R::UNKNOWN_OPERATOR),
        }
        Ok(Self { path, refusal: PhantomData })
    }
}

/// Whether the person may read the workbook or, unless the call is a GET, change it: what the knowledge base it is in
/// allows. An id that no knowledge base has is left to the workbooks.
fn check_right(service: &Service, method: &Method, workbook_id: &str, user_id: &str) -> Result<(), NewerError> {
    let needed = if method == Method::GET { PermissionRole::Reader } else { PermissionRole::Editor };
    let found = service.organisation.wiki().find_node(workbook_id, user_id);
    match found {
        Ok(found) if found.node.extension != WORKBOOK_EXTENSION => Err(NOT_WORKBOOK),
        Ok(found) if found.role < needed => Err(ACCESS_DENIED),
        Err(WikiError::Forbidden) => Err(ACCESS_DENIED),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn is_workbook_id(text: &str) -> bool {
    text.len() == WORKBOOK_ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl<R> Target<R> {
    fn workbook_id(&self) -> &str {
        &self.path.workbook_id
    }

    fn sheet_id(&self) -> &str {
        &self.path.sheet_id
    }

    fn range(&self) -> &str {
        &self.path.range_address
    }

    /// Reads the sheet.
    fn read<T>(
        &self,
        service: &Service,
        read: impl FnOnce(&Worksheet) -> Result<T, WorkbookError>,
    ) -> Result<T, NewerError> {
        let workbooks = service.organisation.workbooks();
        Ok(workbooks.read_sheet(self.workbook_id(), self.sheet_id(), read)?)
    }

    /// Changes the sheet.
    fn change<T>(
        &self,
        service: &Service,
        change: impl FnOnce(&mut Worksheet) -> Result<T, WorkbookError>,
    ) -> Result<T, NewerError> {
        let workbooks = service.organisation.workbooks();
        Ok(workbooks.change_sheet(self.workbook_id(), self.sheet_id(), change)?)
    }
}

/// The answer that names the cells a call has written or cleared.
fn touched(area: Area) -> Value {
    json!({ "a1Notation": area.to_string() })
}

impl From<WorkbookError> for NewerError {
    fn from(error: WorkbookError) -> Self {
        let (status, code) = match error {
            WorkbookError::UnknownWorkbook
            | WorkbookError::UnknownSheet
            | WorkbookError::Malformed(_)
            | WorkbookError::OutsideOfGrid { .. } => (StatusCode::NOT_FOUND, NOT_FOUND),
            WorkbookError::NoLineLeft { .. } | WorkbookError::NoSheetLeft => (StatusCode::FORBIDDEN, OPERATION_ILLEGAL),
            WorkbookError::TooLarge { .. } => (StatusCode::FORBIDDEN, SIZE_OVER_LIMIT),
            WorkbookError::TooManyCells { .. }
            | WorkbookError::NothingToWrite
            | WorkbookError::Empty { .. }
            | WorkbookError::Ragged { .. }
            | WorkbookError::Dimensions { .. }
            | WorkbookError::TooWide { .. }
            | WorkbookError::OutsideOfLines { .. }
            | WorkbookError::LineCount { .. }
            | WorkbookError::TitleEmpty => (StatusCode::BAD_REQUEST, ARGUMENT_INVALID),
        };
        Self::with_reason(status, code, error)
    }
}
