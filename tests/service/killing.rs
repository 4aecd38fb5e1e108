//! `kill -9` at random moments, while callers write, read, and store credentials: the service starts again, nothing that
//! was answered is lost, and no call with an idempotency key is executed twice.
//!
//! The tenant is no part of what is killed: it sees every request that got out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use patchbay_tenant::{AGENT_ID, Fault, FaultRule, MANAGER_UNION_ID, Message, STAFF_SHEET_ID, Tenant, WORKBOOK_ID};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::serving::{Serving, read_body, serve};
use super::{Answer, JsonText, Up, client, try_answer};

/// The longest that a service runs, or starts, before it is killed.
const LONGEST_LIFE_MS: u64 = 600;
const LONGEST_START_MS: u64 = 150;
/// How many callers there are of those that write.
const WRITERS: usize = 6;
/// Invocations of one batch.
const BATCH: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_few_kills_under_load_lose_nothing_that_was_answered_and_repeat_nothing() {
    kill_under_load(5).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the long form, about two minutes: cargo test fifty_kills -- --ignored"]
async fn fifty_kills_under_load_lose_nothing_that_was_answered_and_repeat_nothing() {
    kill_under_load(50).await;
}

async fn kill_under_load(kills: usize) {
    let mut serving = Serving::start_unpaced("").await;
    // A kill strikes while a request is under way more often when requests take a while.
    let fault = Fault::Delay(Duration::from_millis(30));
    serving.tenant.add_fault(FaultRule { path: "/".to_owned(), method: None, times: None, share: Some(0.2), fault });
    let (place, seen) = watch::channel(Some(serving.up.address));
    let callers = Callers::start(&seen);
    for kill in 0..kills {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(0..LONGEST_LIFE_MS))).await;
        place.send_replace(None);
        let Serving { up, tenant, data } = serving;
        up.kill().await;
        if kill % 3 == 0 {
            // Once more while it starts: it has what the first one left to put in order.
            let mut command = Command::from(serve(data.path(), &tenant, &[]));
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..LONGEST_START_MS))).await;
            child.kill().await.unwrap();
        }
        let up = Up::spawn(serve(data.path(), &tenant, &[])).await;
        place.send_replace(Some(up.address));
        serving = Serving { up, tenant, data };
    }
    let answered = callers.finish().await;
    answered.check(&serving, kills).await;
}

/// Where the service is now; none while it is not.
type Place = watch::Receiver<Option<SocketAddr>>;

/// Those who call while the service is killed again and again.
struct Callers {
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<Answered>>,
}

/// What callers were answered.
#[derive(Default)]
struct Answered {
    /// The envelope of each run, by its id.
    runs: HashMap<String, Value>,
    /// What was asked under each key, and the envelope.
    once: HashMap<String, (Effect, Value)>,
    /// The credentials that are there, and those that are not.
    stored: BTreeSet<String>,
    removed: BTreeSet<String>,
}

/// A write that can be told from all others in the tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Effect {
    operation: &'static str,
    mark: String,
}

/// One who calls.
#[derive(Clone)]
struct Caller {
    client: Client,
    place: Place,
    stop: watch::Receiver<bool>,
}

impl Callers {
    fn start(place: &Place) -> Self {
        let (stop, stopped) = watch::channel(false);
        let caller = || Caller { client: client(), place: place.clone(), stop: stopped.clone() };
        let mut tasks = Vec::new();
        for writer in 0..WRITERS {
            tasks.push(tokio::spawn(caller().write(format!("writer-{writer}"))));
        }
        tasks.push(tokio::spawn(caller().write_batches()));
        tasks.push(tokio::spawn(caller().invoke_without_key("get-user", read_body())));
        tasks.push(tokio::spawn(caller().invoke_without_key("create-chat", json!({}))));
        tasks.push(tokio::spawn(caller().store_credentials()));
        Self { stop, tasks }
    }

    async fn finish(self) -> Answered {
        self.stop.send_replace(true);
        let mut all = Answered::default();
        for task in self.tasks {
            let Answered { runs, once, stored, removed } = task.await.unwrap();
            all.runs.extend(runs);
            all.once.extend(once);
            all.stored.extend(stored);
            all.removed.extend(removed);
        }
        all
    }
}

impl Caller {
    fn goes_on(&self) -> bool {
        !*self.stop.borrow()
    }

    /// Calls once; nothing when the service is killed before all of the answer is here.
    async fn ask(&mut self, method: Method, path: &str, key: Option<&str>, body: &Value) -> Option<Answer> {
        let request = self.request(method, path).await.json_text(body);
        let request = match key {
            Some(key) => request.header("idempotency-key", key),
            None => request,
        };
        try_answer(request).await.ok()
    }

    async fn request(&mut self, method: Method, path: &str) -> RequestBuilder {
        let address = self.place.wait_for(Option::is_some).await.unwrap().unwrap();
        self.client.request(method, format!("http://{address}{path}"))
    }

    /// Writes under keys, and repeats each call until it is answered.
    async fn write(mut self, name: String) -> Answered {
        let mut answered = Answered::default();
        for number in 0.. {
            if !self.goes_on() {
                break;
            }
            let effect = Effect::new(&name, number);
            let key = effect.mark.clone();
            let path = format!("/v1/nodes/dingtalk/{}/invoke", effect.operation);
            let answer = loop {
                match self.ask(Method::POST, &path, Some(&key), &effect.body()).await {
                    Some(answer) => break answer,
                    None => continue,
                }
            };
            assert_eq!(answer.status, 200, "{}", answer.text);
            let run = answer.header("patchbay-run-id").unwrap().to_owned();
            answered.note(run, key, effect, answer.json());
        }
        answered
    }

    /// The same, many in one call: each line counts as soon as it is whole.
    async fn write_batches(mut self) -> Answered {
        let mut answered = Answered::default();
        for batch in 0.. {
            if !self.goes_on() {
                break;
            }
            let effects = (0..BATCH).map(|number| Effect::new("batch", batch * BATCH + number));
            let mut open: BTreeMap<String, Effect> = effects.map(|effect| (effect.mark.clone(), effect)).collect();
            while !open.is_empty() {
                let invocations: Vec<Value> = open.iter().map(|(key, effect)| effect.invocation(key)).collect();
                let request = self.request(Method::POST, "/v1/invoke-batch").await;
                let Ok(mut response) = request.json_text(&json!({ "invocations": invocations })).send().await else {
                    continue;
                };
                let mut received = Vec::new();
                while let Ok(Some(chunk)) = response.chunk().await {
                    received.extend_from_slice(&chunk);
                }
                for line in received.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")) {
                    let mut line: Value = serde_json::from_slice(line).unwrap();
                    assert!(line.get("problem").is_none(), "{line}");
                    let (run, key) =
                        (line["run_id"].as_str().unwrap().to_owned(), line["id"].as_str().unwrap().to_owned());
                    let effect = open.remove(&key).unwrap();
                    answered.note(run, key, effect, line["envelope"].take());
                }
            }
        }
        answered
    }

    /// Runs that nobody asks for again.
    async fn invoke_without_key(mut self, operation: &'static str, body: Value) -> Answered {
        let mut answered = Answered::default();
        while self.goes_on() {
            let path = format!("/v1/nodes/dingtalk/{operation}/invoke");
            if let Some(answer) = self.ask(Method::POST, &path, None, &body).await {
                assert_eq!(answer.status, 200, "{}", answer.text);
                answered.runs.insert(answer.header("patchbay-run-id").unwrap().to_owned(), answer.json());
            }
        }
        answered
    }

    /// Stores credentials, and removes every third one.
    async fn store_credentials(mut self) -> Answered {
        let mut answered = Answered::default();
        for number in 0.. {
            if !self.goes_on() {
                break;
            }
            let name = format!("stored-{number}");
            let fields = json!({ "AppKey": "demo", "AppSecret": "demo-secret" });
            let body = json!({ "name": name, "provider": "dingtalk", "fields": fields });
            // 409: an earlier try was stored, and its answer lost.
            self.until(Method::POST, "/v1/credentials", &body, &[201, 409]).await;
            if number % 3 == 0 {
                self.until(Method::DELETE, &format!("/v1/credentials/{name}"), &json!({}), &[204, 404]).await;
                answered.removed.insert(name);
            } else {
                answered.stored.insert(name);
            }
            // There is more to be killed than this.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        answered
    }

    async fn until(&mut self, method: Method, path: &str, body: &Value, statuses: &[u16]) {
        loop {
            if let Some(answer) = self.ask(method.clone(), path, None, body).await {
                assert!(statuses.contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
                return;
            }
        }
    }
}

impl Answered {
    fn note(&mut self, run: String, key: String, effect: Effect, envelope: Value) {
        // Of a run that was killed there is no record to be found.
        if !is_unknown(&envelope) {
            self.runs.insert(run, envelope.clone());
        }
        self.once.insert(key, (effect, envelope));
    }

    /// Fails unless all of it is still so.
    async fn check(&self, serving: &Serving, kills: usize) {
        let unknown = self.once.values().filter(|(_, envelope)| is_unknown(envelope)).count();
        let (runs, once, stored) = (self.runs.len(), self.once.len(), self.stored.len());
        println!(
            "{runs} runs answered, {once} of them under keys, {unknown} outcomes unknown, {stored} credentials stored"
        );
        assert!(runs > kills * 10 && once > kills * 5 && stored > kills, "this is no load");
        self.check_runs(serving);
        self.check_keys(serving).await;
        self.check_credentials(serving).await;
    }

    fn check_runs(&self, serving: &Serving) {
        let exported = serving.run(&["runs", "export"]);
        let records: HashMap<String, Value> = exported
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("torn: {error}: {line}")))
            .map(|mut record| (record["id"].as_str().unwrap().to_owned(), record["envelope"].take()))
            .collect();
        for (run, envelope) in &self.runs {
            assert_eq!(records.get(run), Some(envelope), "the record of the run {run}");
        }
    }

    async fn check_keys(&self, serving: &Serving) {
        let again = self.once.iter().map(async |(key, (effect, envelope))| {
            let again = serving.up.invoke_once(effect.operation, key, &effect.body()).await;
            assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")), "{effect:?}");
            assert_eq!(again.json(), *envelope, "{effect:?}");
        });
        stream::iter(again).buffer_unordered(32).collect::<()>().await;
        let mut counts = Effect::count(&serving.tenant);
        for (effect, envelope) in self.once.values() {
            let count = counts.remove(effect).unwrap_or_default();
            let allowed = if is_unknown(envelope) { 0..=1 } else { 1..=1 };
            assert!(allowed.contains(&count), "{effect:?} took place {count} times and was answered {envelope}");
            let is_done = envelope["StatusCode"] == 200;
            assert!(is_done || (is_unknown(envelope) && envelope["Retryable"] == false), "{effect:?}: {envelope}");
        }
    }

    async fn check_credentials(&self, serving: &Serving) {
        // A list opens them all: one that is torn would be an error.
        let list = serving.up.get("/v1/credentials").await;
        assert_eq!(list.status, 200, "{}", list.text);
        let list = list.json();
        let list = list["credentials"].as_array().unwrap();
        let shown = |name: &str| list.iter().find(|credential| credential["name"] == name);
        for name in &self.stored {
            let fields = shown(name).map(|credential| &credential["fields"]);
            assert_eq!(fields, Some(&json!({ "AppKey": "demo", "AppSecret": "demo...." })), "the credential {name}");
        }
        for name in &self.removed {
            assert_eq!(shown(name), None, "it was removed");
        }
    }
}

fn is_unknown(envelope: &Value) -> bool {
    envelope["ErrorMessage"].as_str().unwrap().contains("the outcome is unknown")
}

impl Effect {
    /// One kind after the other.
    fn new(caller: &str, number: usize) -> Self {
        let operation = ["create-chat", "append-rows", "create-chat", "send-work-notice"][number % 4];
        Self { operation, mark: format!("{caller}-{number}") }
    }

    fn body(&self) -> Value {
        let mark = &self.mark;
        let inputs = match self.operation {
            "create-chat" => json!({ "Name": mark, "Owner": "manager001", "UserIds": "user002" }),
            "append-rows" => json!({
                "WorkbookId": WORKBOOK_ID, "SheetId": STAFF_SHEET_ID, "RangeAddress": "A:A", "Values": [[mark]],
                "OperatorId": MANAGER_UNION_ID,
            }),
            _ => json!({ "AgentId": AGENT_ID, "UserIds": "user002", "MsgType": "text", "Content": mark }),
        };
        json!({ "inputs": inputs, "credential": "main" })
    }

    /// As one of a batch.
    fn invocation(&self, key: &str) -> Value {
        let mut invocation = self.body();
        invocation["node"] = format!("dingtalk/{}", self.operation).into();
        invocation["id"] = key.into();
        invocation["idempotency_key"] = key.into();
        invocation
    }

    /// How often each took place.
    fn count(tenant: &Tenant) -> HashMap<Self, usize> {
        let sheet = tenant.sheet(WORKBOOK_ID, STAFF_SHEET_ID).unwrap();
        let rows = (0..sheet.cells.len()).map(|row| ("append-rows", sheet.cell(row, 0).to_owned()));
        let chats = tenant.chats().into_iter().map(|chat| ("create-chat", chat.name));
        let notices = tenant.notices().into_iter().filter_map(|notice| match notice.message {
            Message::Text { content } => Some(("send-work-notice", content)),
            _ => None,
        });
        let mut counts = HashMap::new();
        for (operation, mark) in rows.chain(chats).chain(notices) {
            *counts.entry(Self { operation, mark }).or_default() += 1;
        }
        counts
    }
}
