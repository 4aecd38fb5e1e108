//! The HTTP service as a canvas meets it: `patchbay up`, and in `serving` `patchbay serve`.

mod access;
mod batches;
mod catalog;
mod clients;
mod credentials;
#[cfg(target_os = "linux")]
mod disk;
mod document;
mod fuzzing;
mod idempotency;
mod killing;
mod lifecycle;
mod load;
mod loading;
mod observing;
mod operating;
mod runs;
mod scripts;
mod secrets;
pub mod serving;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use patchbay_runtime::{HttpLimits, HttpTransport};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cli::assert_says;
use crate::environment::{NODES, PROJECT, needs, patchbay};
use serving::Serving;

/// A service that has started may have had to build its nodes.
const START_LIMIT: Duration = Duration::from_secs(300);

/// A running `patchbay up`. Dropping it kills it.
pub struct Up {
    pub child: Child,
    pub address: SocketAddr,
    /// What it printed when it had started.
    pub greeting: String,
    stderr: JoinHandle<String>,
}

impl Up {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With further variables.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        let mut command = patchbay();
        command.args(["up", "--listen", "127.0.0.1:0"]).env("PATCHBAY_NODES_DIR", &*NODES);
        command.envs(variables.iter().copied());
        Self::spawn(command).await
    }

    /// Of a command that serves.
    pub async fn spawn(command: std::process::Command) -> Self {
        let mut command = Command::from(command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let errors = child.stderr.take().unwrap();
        // A log of JSON says in a line what else is greeted.
        let (logged, mut serving) = oneshot::channel();
        let stderr = tokio::spawn(async move {
            let (mut errors, mut said, mut logged) = (BufReader::new(errors), Vec::new(), Some(logged));
            loop {
                let before = said.len();
                if errors.read_until(b'\n', &mut said).await.unwrap() == 0 {
                    return String::from_utf8_lossy(&said).into_owned();
                }
                let line: Option<Value> = serde_json::from_slice(&said[before..]).ok();
                if let Some(line) = line.filter(|line| line["message"] == "serving")
                    && let Some(logged) = logged.take()
                {
                    logged.send(line["address"].as_str().unwrap().to_owned()).ok();
                }
            }
        });
        let mut greeting = String::new();
        let greeted = async {
            loop {
                tokio::select! {
                    line = lines.next_line() => match line.unwrap() {
                        None => return None,
                        Some(line) => {
                            greeting += &format!("{line}\n");
                            if line.starts_with("Ctrl-C") {
                                return None;
                            }
                        }
                    },
                    Ok(address) = &mut serving => return Some(address),
                }
            }
        };
        let logged = tokio::time::timeout(START_LIMIT, greeted).await.unwrap();
        let printed = greeting.split_once("http://").and_then(|(_, rest)| rest.split_whitespace().next());
        let address = logged.as_deref().or(printed).and_then(|address| address.parse().ok());
        let Some(address) = address else { panic!("{greeting}{}", stderr.await.unwrap()) };
        Self { child, address, greeting, stderr }
    }

    /// The line to paste.
    fn curl(&self) -> &str {
        self.greeting.lines().find(|line| line.starts_with("curl ")).unwrap()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(client().get(self.url(path))).await
    }

    /// A call with a key.
    pub async fn get_with_key(&self, key: &str, path: &str) -> Answer {
        answer(client().get(self.url(path)).bearer_auth(key)).await
    }

    /// Posts a text that says it is JSON.
    pub async fn post(&self, path: &str, body: impl Into<String>) -> Answer {
        answer(client().post(self.url(path)).header("content-type", "application/json").body(body.into())).await
    }

    pub async fn invoke(&self, operation: &str, body: Value) -> Answer {
        self.post(&format!("/v1/nodes/dingtalk/{operation}/invoke"), body.to_string()).await
    }

    /// A node's run with an idempotency key.
    pub async fn invoke_once(&self, operation: &str, key: &str, body: &Value) -> Answer {
        let url = self.url(&format!("/v1/nodes/dingtalk/{operation}/invoke"));
        answer(client().post(url).header("idempotency-key", key).json_text(body)).await
    }

    /// Ends it as a crash would.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Sends a signal.
    pub async fn signal(&self, signal: &str) {
        let line = format!("kill -{signal} {}", self.child.id().unwrap());
        let sent = Command::new("sh").args(["-c", &line]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Sends a signal and waits for the end; the exit code, and all that was said on stderr.
    pub async fn stop(mut self, signal: &str) -> (Option<i32>, String) {
        self.signal(signal).await;
        let status = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await.unwrap().unwrap();
        (status.code(), self.stderr.await.unwrap())
    }
}

/// What the service answered.
pub struct Answer {
    pub status: u16,
    content_type: String,
    allow: Option<String>,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Fails unless it is a problem with this status that a repeat does not mend; what it says.
    #[track_caller]
    pub fn problem(&self, status: u16) -> (String, String) {
        assert_eq!((self.status, self.content_type.as_str()), (status, "application/problem+json"), "{}", self.text);
        let problem = self.json();
        assert_eq!((&problem["status"], &problem["StatusCode"]), (&json!(status), &json!(status)));
        assert_eq!(problem["detail"], problem["ErrorMessage"]);
        assert_eq!((&problem["Retryable"], &problem["Summary"]), (&json!(false), &json!("")));
        assert_eq!(problem["OriginalStatusCode"], json!(0));
        let text = |name: &str| problem[name].as_str().unwrap().to_owned();
        assert!(!text("Hint").is_empty() && !text("title").is_empty(), "{problem}");
        (text("ErrorMessage"), text("Hint"))
    }
}

/// A body of JSON; the client is built without a way to write it.
pub trait JsonText {
    fn json_text(self, body: &Value) -> Self;
}

impl JsonText for RequestBuilder {
    fn json_text(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }
}

pub fn client() -> Client {
    // It installs what the client wants for TLS, http:// or not.
    HttpTransport::new(&HttpLimits::default()).unwrap();
    Client::builder().no_proxy().build().unwrap()
}

pub async fn answer(request: RequestBuilder) -> Answer {
    try_answer(request).await.unwrap()
}

/// The same, of a service that may be gone.
pub async fn try_answer(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (content_type, allow) = (header("content-type").unwrap_or_default(), header("allow"));
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, content_type, allow, headers, text: response.text().await? })
}

/// Fails unless the text is the envelope of a notice that was sent, with its members in the promised order.
#[track_caller]
fn assert_notice_was_sent(text: &str) {
    let envelope: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let (data, summary) = (&envelope["MessageData"], &envelope["Summary"]);
    let expected = format!(
        r#"{{"MessageData":{data},"StatusCode":200,"ErrorMessage":"","Hint":"","Retryable":false,"Summary":{summary},"OriginalStatusCode":200,"Errors":[],"ConfirmWith":"dingtalk/get-message-status"}}"#
    );
    assert_eq!(text.trim_end(), expected);
    assert!(data["task_id"].is_i64() && data["request_id"].is_string(), "{text}");
    assert!(!summary.as_str().unwrap().is_empty(), "{text}");
}

#[tokio::test]
async fn the_greeting_fits_a_screen_and_has_the_address_the_documentation_and_one_line_to_paste() {
    let up = Up::start().await;
    let (address, docs) = (format!("Patchbay is up at http://{}", up.address), format!("http://{}/docs", up.address));
    assert_says(&up.greeting, &[&address, "39 nodes are ready: `patchbay list`", &docs, "Ctrl-C stops it."]);
    assert!(up.greeting.lines().count() < 20, "{}", up.greeting);
    assert_eq!(up.greeting.lines().filter(|line| line.contains("curl ")).count(), 1);
}

#[tokio::test]
async fn the_pasted_line_sends_a_work_notice() {
    // The test below sends the same request without curl.
    if !needs::has(&[needs::CURL]) {
        return;
    }
    let up = Up::start().await;
    let output = Command::new("sh").args(["-c", up.curl()]).output().await.unwrap();
    assert!(output.status.success(), "{}", up.curl());
    assert_notice_was_sent(&String::from_utf8(output.stdout).unwrap());
}

#[tokio::test]
async fn the_request_of_the_pasted_line_sends_a_work_notice() {
    let up = Up::start().await;
    let words: Vec<&str> = up.curl().split(' ').collect();
    let url = words.iter().find(|word| word.starts_with("http://")).unwrap();
    let (_, body) = up.curl().split_once("-d '").unwrap();
    let body = body.trim_end_matches('\'').to_owned();
    let answer = answer(client().post(*url).header("content-type", "application/json").body(body)).await;
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/json"));
    assert_notice_was_sent(&answer.text);
}

#[tokio::test]
async fn the_nodes_are_listed() {
    let up = Up::start().await;
    let answer = up.get("/v1/nodes").await;
    assert_eq!(answer.status, 200);
    let list = answer.json();
    let nodes = list["nodes"].as_array().unwrap();
    let text = |node: &Value, name: &str| node[name].as_str().unwrap().to_owned();
    let ids: Vec<String> = nodes.iter().map(|node| text(node, "id")).collect();
    assert!(ids.is_sorted() && ids.contains(&"dingtalk/append-rows".to_owned()), "{ids:?}");
    let effect = |id: &str| nodes.iter().find(|node| node["id"] == id).map(|node| text(node, "effect"));
    assert_eq!(effect("dingtalk/get-user").as_deref(), Some("read"));
    let mut resources = BTreeMap::new();
    for node in nodes {
        *resources.entry(text(node, "resource")).or_insert(0) += 1;
    }
    let promised = [
        ("Cell Range Data", 4),
        ("Column", 3),
        ("Department", 3),
        ("Group Chat", 2),
        ("Knowledge Base Node", 5),
        ("Knowledge Base Space", 4),
        ("Message", 3),
        ("Row", 5),
        ("User", 6),
        ("Worksheet", 4),
    ];
    assert_eq!(resources, promised.map(|(resource, count)| (resource.to_owned(), count)).into());
}

#[tokio::test]
async fn the_manifest_of_a_node_is_its_checked_in_schema() {
    let up = Up::start().await;
    let file = std::fs::read(PROJECT.join("schemas/dingtalk/append-rows.json")).unwrap();
    let answer = up.get("/v1/nodes/dingtalk/append-rows").await;
    assert_eq!((answer.status, answer.json()), (200, serde_json::from_slice(&file).unwrap()));
}

#[tokio::test]
async fn the_health_is_ok() {
    let answer = Up::start().await.get("/healthz").await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "status": "ok" })));
}

#[tokio::test]
async fn inputs_may_be_left_out_where_none_is_needed() {
    let up = Up::start().await;
    let body = json!({ "options": { "Mobile": "18500000002" }, "credential": "demo" });
    let envelope = up.invoke("get-user", body).await.json();
    assert_eq!((&envelope["StatusCode"], &envelope["UserData"]["userid"]), (&json!(200), &json!("user002")));
}

#[tokio::test]
async fn what_one_call_did_the_next_one_sees() {
    let up = Up::start().await;
    let body = json!({ "credential": "demo", "inputs": {
        "WorkbookId": patchbay_tenant::WORKBOOK_ID, "SheetId": patchbay_tenant::STAFF_SHEET_ID, "RangeAddress": "A:B",
        "Values": [["周婷", "市场部"]], "OperatorId": patchbay_tenant::MANAGER_UNION_ID,
    }});
    for range in ["A6:B6", "A7:B7"] {
        let envelope = up.invoke("append-rows", body.clone()).await.json();
        assert_eq!(envelope["AppendResult"]["appendedRange"], json!(range), "{envelope}");
    }
}

#[tokio::test]
async fn a_parameter_error_is_an_envelope_with_http_200() {
    let up = Up::start().await;
    let answer = up.invoke("create-chat", json!({ "inputs": { "Nmae": "x" }, "credential": "demo" })).await;
    assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/json"));
    let envelope = answer.json();
    assert_eq!((&envelope["StatusCode"], &envelope["ChatData"]), (&json!(-1), &json!({})));
    assert_says(envelope["ErrorMessage"].as_str().unwrap(), &["Nmae: unknown, did you mean Name?"]);
}

#[tokio::test]
async fn a_failure_of_the_service_is_an_envelope_with_http_200() {
    let up = Up::start().await;
    let answer = up.invoke("get-user", json!({ "options": { "UserId": "nobody" }, "credential": "demo" })).await;
    assert_eq!((answer.status, &answer.json()["StatusCode"]), (200, &json!(404)));
}

#[tokio::test]
async fn an_unknown_node_is_a_404_with_the_nearest() {
    let up = Up::start().await;
    for answer in [up.get("/v1/nodes/dingtalk/get-usr").await, up.invoke("get-usr", json!({})).await] {
        let (message, hint) = answer.problem(404);
        assert_says(&message, &["there is no node `dingtalk/get-usr`"]);
        assert_says(&hint, &["Did you mean dingtalk/get-user?"]);
    }
}

#[tokio::test]
async fn an_unknown_credential_is_a_400_with_those_there_are() {
    let up = Up::start().await;
    let (message, hint) = up.invoke("get-user", json!({ "credential": "production" })).await.problem(400);
    assert_says(&message, &["there is no credential `production`"]);
    assert_says(&hint, &["demo"]);
}

#[tokio::test]
async fn a_body_that_is_not_json_is_a_400() {
    let up = Up::start().await;
    for body in ["", "{", "UserId=manager001"] {
        up.post("/v1/nodes/dingtalk/get-user/invoke", body).await.problem(400);
    }
}

#[tokio::test]
async fn a_body_may_begin_with_a_byte_order_mark() {
    let up = Up::start().await;
    let call = json!({ "options": { "UserId": "manager001" }, "credential": "demo" });
    let answer = up.post("/v1/nodes/dingtalk/get-user/invoke", format!("\u{feff}{call}")).await;
    assert_eq!(answer.json()["StatusCode"], json!(200));
}

#[tokio::test]
async fn a_body_in_another_encoding_is_a_400_that_names_it() {
    let up = Up::start().await;
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    // `{"inputs":{"Name":"` and two characters in GBK.
    let gbk = b"{\"inputs\":{\"Name\":\"\xd6\xd0\xce\xc4\"}}".to_vec();
    for (body, named) in [(utf16, "UTF-16"), (gbk, "GBK")] {
        let request = client().post(up.url("/v1/nodes/dingtalk/create-chat/invoke"));
        let (message, hint) = answer(request.header("content-type", "application/json").body(body)).await.problem(400);
        assert_says(&message, &[named]);
        assert_says(&hint, &["UTF-8"]);
    }
}

#[tokio::test]
async fn a_number_in_a_body_keeps_all_its_digits() {
    let up = Up::start().await;
    let body = r#"{"dry_run":true,"credential":"demo","inputs":{"WorkbookId":"w","SheetId":"s","RangeAddress":"A1:A1","OperatorId":"o",
        "Values":[[24332000000123456789]]}}"#;
    let answer = up.post("/v1/nodes/dingtalk/update-range-data/invoke", body).await;
    assert_says(&answer.text, &[r#"[["24332000000123456789"]]"#]);
}

#[tokio::test]
async fn a_body_with_an_unknown_member_is_a_422_that_shows_the_form() {
    let up = Up::start().await;
    for body in [json!({ "input": {} }), json!({ "credential": 1 }), json!([])] {
        let (_, hint) = up.invoke("get-user", body).await.problem(422);
        assert_says(&hint, &["\"inputs\"", "\"credential\""]);
    }
}

#[tokio::test]
async fn another_content_type_is_a_415() {
    let up = Up::start().await;
    let url = up.url("/v1/nodes/dingtalk/get-user/invoke");
    for request in [client().post(&url), client().post(&url).header("content-type", "text/plain")] {
        let (_, hint) = answer(request.body("{}")).await.problem(415);
        assert_says(&hint, &["content-type: application/json"]);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_a_413() {
    let up = Up::start().await;
    let body = json!({ "inputs": { "Content": "x".repeat(3 << 20) } });
    up.invoke("send-work-notice", body).await.problem(413);
}

#[tokio::test]
async fn a_client_that_writes_all_before_it_reads_gets_the_413_too() {
    let up = Up::start().await;
    for declared in [true, false] {
        let mut connection = TcpStream::connect(up.address).await.unwrap();
        let body = vec![b'x'; 6 << 20];
        let (framing, body) = match declared {
            true => (format!("content-length: {}", body.len()), body),
            false => {
                let chunk = format!("{:x}\r\n{}\r\n", body.len(), String::from_utf8(body).unwrap());
                ("transfer-encoding: chunked".to_owned(), format!("{chunk}0\r\n\r\n").into_bytes())
            }
        };
        let head = format!(
            "POST /v1/nodes/dingtalk/get-user/invoke HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        connection.write_all(&body).await.unwrap();
        let mut answer = vec![0; 4096];
        let length = connection.read(&mut answer).await.unwrap();
        assert_says(&String::from_utf8_lossy(&answer[..length]), &["413", "serve.max_body"]);
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let serving = Serving::start_with("[serve]\nread_timeout = \"300ms\"\n", &[]).await;
    let mut connection = TcpStream::connect(serving.up.address).await.unwrap();
    let head = "POST /v1/nodes/dingtalk/get-user/invoke HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{";
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let reading = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut answer)).await;
    reading.expect("the connection stays open").unwrap();
    assert_says(&String::from_utf8_lossy(&answer), &["408", "serve.read_timeout", "\"Retryable\":true"]);
}

#[tokio::test]
async fn more_connections_than_one_address_may_have_are_refused_and_the_others_go_on() {
    let serving = Serving::start_with("[serve]\nmax_connections_of_one = 8\n", &[]).await;
    let connect = || TcpStream::connect(serving.up.address);
    let mut held = Vec::new();
    // The harness has connections of its own, which may have ended.
    let refusal = loop {
        assert!(held.len() <= 8, "none was refused");
        let mut connection = connect().await.unwrap();
        let mut said = vec![0; 1024];
        match tokio::time::timeout(Duration::from_millis(300), connection.read(&mut said)).await {
            Ok(length) => break String::from_utf8_lossy(&said[..length.unwrap()]).into_owned(),
            Err(_) => held.push(connection),
        }
    };
    assert_says(&refusal, &["503", "retry-after: 1", "serve.max_connections_of_one", "\"Retryable\":true"]);
    let mut first = held.remove(0);
    first.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    first.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    drop((held, first));
    let began = std::time::Instant::now();
    while try_answer(client().get(serving.up.url("/healthz"))).await.is_ok_and(|answer| answer.status == 503) {
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_call_is_said_without_the_words_of_libraries() {
    let up = Up::start().await;
    for (body, says) in [
        (r#"{"inputs":{},}"#, "line 1, column 14"),
        (r#"{"credential":5}"#, "`credential` of the body: expected a string, found integer `5`"),
        (r#"{"input":{}}"#, "unknown field `input`"),
        ("[]", "expected an object, found a list"),
        (r#"{"retries":"x"}"#, "`retries`"),
    ] {
        let answer = up.post("/v1/nodes/dingtalk/get-user/invoke", body).await;
        assert_says(&answer.text.replace("\\\"", "\""), &[says]);
        assert_no_library_words(&answer.text);
    }
    for path in ["/v1/nodes?colour=red", "/v1/runs?limit=x", "/v1/nodes/%ff/get-user", "/v1/runs/x"] {
        let answer = up.get(path).await;
        answer.problem(400);
        assert_no_library_words(&answer.text);
    }
}

#[track_caller]
fn assert_no_library_words(text: &str) {
    for word in ["deserialize", "target type", "Failed to", "sequence", "u32", "u64", "usize", "struct", "Cannot parse"]
    {
        assert!(!text.contains(word), "{word}: {text}");
    }
}

#[tokio::test]
async fn a_browser_is_shown_the_page() {
    let up = Up::start().await;
    let page = answer(client().get(up.url("/")).header("accept", "text/html,application/xhtml+xml")).await;
    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
}

#[tokio::test]
async fn a_timeout_that_is_cut_is_told() {
    let serving = Serving::start_with("[limits]\ntimeout = \"4s\"\nmax_timeout = \"5s\"\n", &[]).await;
    let mut body = serving::read_body();
    for (asked, told) in [(5_001, Some("5000")), (5_000, None)] {
        body["timeout_ms"] = json!(asked);
        let answer = serving.up.invoke("get-user", body.clone()).await;
        assert_eq!((answer.status, answer.header("patchbay-timeout-ms")), (200, told));
    }
    body["timeout_ms"] = json!(60_000);
    body["node"] = json!("dingtalk/get-user");
    let line = serving.up.post("/v1/invoke-batch", json!({ "invocations": [body] }).to_string()).await.json();
    assert_eq!(line["timeout_ms"], json!(5_000));
}

#[tokio::test]
async fn a_timeout_of_nothing_is_a_400() {
    let up = Up::start().await;
    up.invoke("get-user", json!({ "timeout_ms": 0 })).await.problem(400);
}

#[tokio::test]
async fn another_method_is_a_405_that_names_the_right_one() {
    let up = Up::start().await;
    let read = up.post("/v1/nodes", "{}").await;
    let invoked = up.get("/v1/nodes/dingtalk/get-user/invoke").await;
    for (answer, method) in [(read, "GET"), (invoked, "POST")] {
        answer.problem(405);
        assert!(answer.allow.as_deref().is_some_and(|allowed| allowed.contains(method)), "{:?}", answer.allow);
    }
}

#[tokio::test]
async fn an_unknown_path_is_a_404() {
    let up = Up::start().await;
    for path in ["/", "/v1", "/v1/nodes/", "/v1/nodes/dingtalk", "/v2/nodes"] {
        up.get(path).await.problem(404);
    }
}

#[tokio::test]
async fn a_path_that_is_not_text_is_a_problem_too() {
    let up = Up::start().await;
    up.get("/v1/nodes/%ff/get-user").await.problem(400);
    up.post("/v1/nodes/dingtalk/%ff/invoke", "{}").await.problem(400);
}
