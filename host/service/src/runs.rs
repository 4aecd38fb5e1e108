//! What was run, and how it went.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use axum::routing::get;
use patchbay_runtime::NodeId;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::Service;
use super::access::{Caller, Needs};
use super::extract::{PathOf, QueryOf};
use super::openapi::Endpoint;
use super::problem::Problem;
use patchbay_state::TimestampError;
use patchbay_state::runs::{RunCursor, RunFilter, RunId, RunPage, RunRecord, RunTextError};

/// Which runs to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct RunQuery {
    /// Only runs of this node, `provider/operation`.
    #[schemars(with = "Option<NodeId>")]
    node: Option<String>,
    /// Only runs with this credential.
    credential: Option<String>,
    /// Only runs with this outcome: `success`, `failure`, `running`, `interrupted`, or a StatusCode.
    #[schemars(
        regex(pattern = r"^(success|failure|running|interrupted|-?[0-9]{1,9})$"),
        extend("x-pattern-words" = "that is success, failure, running, interrupted or a StatusCode")
    )]
    status: Option<String>,
    /// Only runs that began at this time or later: `2027-01-31` or `2027-01-31T08:00:00Z`.
    #[schemars(schema_with = "time")]
    from: Option<String>,
    /// Only runs that began before this time.
    #[schemars(schema_with = "time")]
    to: Option<String>,
    /// Where an earlier page ended: its `next_cursor`.
    #[schemars(with = "Option<RunCursor>")]
    cursor: Option<String>,
    /// How many at most; 50 when left out.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u32>,
}

fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "null"], "anyOf": [{ "format": "date-time" }, { "format": "date" }] })
}

/// The endpoints.
pub fn endpoints() -> Vec<Endpoint<Arc<Service>>> {
    vec![
        Endpoint {
            method: Method::GET,
            path: "/v1/runs",
            needs: Some(Needs::Read),
            handler: get(list),
            describe: |operation| {
                operation
                    .named("runs", "Runs", "Runs", "The runs that the caller may see, newest first.")
                    .query::<RunQuery>()
                    .answer::<RunPage>(200, "A page of runs.")
                    .problems(&[(400, "The query is not as described."), (500, "The store failed.")])
            },
        },
        Endpoint {
            method: Method::GET,
            path: "/v1/runs/{id}",
            needs: Some(Needs::Read),
            handler: get(one),
            describe: |operation| {
                let text = "Inputs, options, envelope, each exchange with its times, and log lines. Secrets were never there, and \
                            what a schema marks sensitive is masked.";
                operation
                    .named("run", "Runs", "A run", text)
                    .path::<RunId>("id", "The run's id, from the header Patchbay-Run-Id.")
                    .answer::<RunRecord>(200, "The run.")
                    .problems(&[
                        (400, "The path is not text, or no id."),
                        (404, "There is no such run, or no longer."),
                        (500, "The store failed."),
                    ])
            },
        },
    ]
}

async fn list(
    State(service): State<Arc<Service>>,
    Caller(access): Caller,
    QueryOf(query): QueryOf<RunQuery>,
) -> Result<Json<RunPage>, Problem> {
    let node = query.node.map(|node| {
        let unusable = |_| Problem::bad_request(format!("`{node}` is not a node"), "Write provider/operation.");
        node.parse().map_err(unusable)
    });
    let limit = match query.limit {
        Some(limit) if limit == 0 || limit > RunFilter::MOST => {
            let detail = format!("limit is {limit}");
            return Err(Problem::bad_request(detail, format!("Ask for 1 to {} runs.", RunFilter::MOST)));
        }
        limit => limit,
    };
    let filter = RunFilter {
        node: node.transpose()?,
        credential: query.credential,
        status: query.status.map(|text| text.parse()).transpose().map_err(unusable)?,
        from: query.from.map(|text| text.parse()).transpose().map_err(unusable_time)?,
        to: query.to.map(|text| text.parse()).transpose().map_err(unusable_time)?,
        nodes: access.nodes().clone(),
        credentials: access.credentials().clone(),
        cursor: query.cursor.map(|text| text.parse()).transpose().map_err(unusable)?,
        limit,
    };
    Ok(Json(service.state().runs.page(&filter).await?))
}

async fn one(
    State(service): State<Arc<Service>>,
    Caller(access): Caller,
    PathOf(id): PathOf<String>,
) -> Result<Json<RunRecord>, Problem> {
    let id: RunId = id.parse().map_err(unusable)?;
    let run = service.state().runs.by_id(id).await?;
    let may_see =
        |run: &RunRecord| access.sees(&run.summary.node) && access.sees_credential(run.summary.credential.as_deref());
    // What the caller may not see is not there for it.
    run.filter(may_see).map(Json).ok_or_else(|| {
        Problem::not_found(format!("there is no run {id}, or no longer"), "GET /v1/runs lists the runs.")
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn unusable(error: RunTextError) -> Problem {
    Problem::bad_request(error.to_string(), "GET /v1/runs lists the runs.")
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn unusable_time(error: TimestampError) -> Problem {
    Problem::bad_request(error.to_string(), "Times are RFC 3339; escape `+` as %2B.")
}
