//! What somebody writes who needs one call of DingTalk and no Patchbay: the smallest honest equivalent of two nodes, without
//! a sandbox, a check of what it is given, credentials that are kept, or a record. `service.sh` measures it beside the service.
//!
//! `native HOST:PORT http://UPSTREAM` fetches a token once and serves `POST /get-user` and `POST /send-work-notice`, with a
//! node's inputs and options in one object, and the node's answer.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

struct Native {
    client: reqwest::Client,
    upstream: String,
    token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetUser {
    user_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendWorkNotice {
    agent_id: String,
    user_ids: String,
    content: String,
}

type Answer = Result<Json<Value>, (StatusCode, String)>;

impl Native {
    async fn call(&self, path: &str, body: Value) -> Result<Value, (StatusCode, String)> {
        let address = format!("{}{path}?access_token={}", self.upstream, self.token);
        let failed = |error: reqwest::Error| (StatusCode::BAD_GATEWAY, error.to_string());
        let asked = self.client.post(address).header("content-type", "application/json").body(body.to_string());
        let answer = asked.send().await.map_err(failed)?.bytes().await.map_err(failed)?;
        let answer: Value =
            serde_json::from_slice(&answer).map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))?;
        match answer["errcode"].as_i64() {
            Some(0) => Ok(answer),
            _ => Err((StatusCode::BAD_GATEWAY, answer["errmsg"].to_string())),
        }
    }
}

async fn get_user(State(native): State<Arc<Native>>, Json(asked): Json<GetUser>) -> Answer {
    let answer = native.call("/topapi/v2/user/get", json!({ "userid": asked.user_id })).await?;
    Ok(Json(json!({ "StatusCode": 200, "UserData": answer["result"] })))
}

async fn send_work_notice(State(native): State<Arc<Native>>, Json(asked): Json<SendWorkNotice>) -> Answer {
    let message = json!({ "msgtype": "text", "text": { "content": asked.content } });
    let refused = |error: std::num::ParseIntError| (StatusCode::BAD_REQUEST, error.to_string());
    let agent_id: i64 = asked.agent_id.parse().map_err(refused)?;
    let body = json!({ "agent_id": agent_id, "userid_list": asked.user_ids, "msg": message });
    let answer = native.call("/topapi/message/corpconversation/asyncsend_v2", body).await?;
    Ok(Json(json!({ "StatusCode": 200, "MessageData": { "TaskId": answer["task_id"] } })))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (Some(listen), Some(upstream)) = (std::env::args().nth(1), std::env::args().nth(2)) else {
        return Err("native HOST:PORT http://UPSTREAM".into());
    };
    // The client asks for one, though it speaks plainly here.
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let token = client.get(format!("{upstream}/gettoken?appkey=demo&appsecret=demo")).send().await?.bytes().await?;
    let token: Value = serde_json::from_slice(&token)?;
    let token = token["access_token"].as_str().ok_or("the upstream gives no token")?.to_owned();
    let native = Arc::new(Native { client, upstream, token });
    let routes = Router::new().route("/get-user", post(get_user)).route("/send-work-notice", post(send_work_notice));
    let listener = tokio::net::TcpListener::bind(listen).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, routes.with_state(native)).await?;
    Ok(())
}
