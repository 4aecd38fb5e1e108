//! How many requests a second a tenant serves, and how long they take:
//! `cargo run -p patchbay-tenant --example load [seconds] [connections]`.
//!
//! The tenant runs in a runtime of its own, the callers in another, all on this machine. Each caller keeps one connection
//! and sends its next request when the last one is answered. Requests are written and answers read by hand, so that
//! little of what is measured is the caller's work.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use patchbay_tenant::{
    AGENT_ID, FOLDER_NODE_ID, MANAGER_UNION_ID, MEMBER_USER_ID, STAFF_SHEET_ID, Tenant, TenantConfig, WORKBOOK_ID,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

type Failure = Box<dyn Error + Send + Sync>;

const DEFAULT_SECONDS: u64 = 5;
const DEFAULT_CONNECTIONS: usize = 64;
const SERVICE_THREADS: &str = "tenant";

/// Stands for a number that differs in every request: the service refuses to send the same notice twice.
const NUMBER: &str = "0000000000";

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().map_or(Ok(DEFAULT_SECONDS), |text| text.parse())?;
    let connections = arguments.next().map_or(Ok(DEFAULT_CONNECTIONS), |text| text.parse())?;

    let service = Builder::new_multi_thread().enable_all().thread_name(SERVICE_THREADS).build()?;
    let tenant = service.block_on(Tenant::start(TenantConfig::default()))?;
    let callers = Builder::new_current_thread().enable_all().build()?;
    let tallies = callers.block_on(drive(tenant.address(), Duration::from_secs(seconds), connections))?;
    let processor_time = processor_time_of(SERVICE_THREADS);
    service.block_on(tenant.shutdown());

    let requests = report(tallies, Duration::from_secs(seconds));
    if let Some(time) = processor_time {
        let each = time.as_secs_f64() * 1e6 / requests.max(1) as f64;
        println!("the tenant's threads used {each:.1} us of processor time for each request");
    }
    Ok(())
}

/// A call of the mix.
#[derive(Clone)]
struct Call {
    name: &'static str,
    request: Vec<u8>,
    /// Where [`NUMBER`] stands in the request.
    number_at: Option<usize>,
}

impl Call {
    fn new(name: &'static str, head: &str, token: &str, body: &str) -> Self {
        let mut request = format!("{head} HTTP/1.1\r\nHost: 127.0.0.1\r\nx-acs-dingtalk-access-token: {token}\r\n");
        if !body.is_empty() {
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        request = request + "\r\n" + body;
        Self { name, number_at: request.find(NUMBER), request: request.into_bytes() }
    }
}

fn mix(token: &str) -> Vec<Call> {
    let sheet = format!("/v1.0/doc/workbooks/{WORKBOOK_ID}/sheets/{STAFF_SHEET_ID}");
    let operator = format!("operatorId={MANAGER_UNION_ID}");
    let notice = format!(
        r#"{{"agent_id":{AGENT_ID},"userid_list":"{MEMBER_USER_ID}","msg":{{"msgtype":"text","text":{{"content":"第{NUMBER}号通知"}}}}}}"#
    );
    vec![
        fetch_token(),
        Call::new(
            "get user",
            &format!("POST /topapi/v2/user/get?access_token={token}"),
            token,
            &format!(r#"{{"userid":"{MEMBER_USER_ID}"}}"#),
        ),
        Call::new("sheet properties", &format!("GET {sheet}?{operator}"), token, ""),
        Call::new(
            "append rows",
            &format!("POST {sheet}/appendRows?{operator}"),
            token,
            r#"{"values":[["李军","销售部","5200"]]}"#,
        ),
        Call::new(
            "send notice",
            &format!("POST /topapi/message/corpconversation/asyncsend_v2?access_token={token}"),
            token,
            &notice,
        ),
        Call::new(
            "list nodes",
            &format!("GET /v2.0/wiki/nodes?parentNodeId={FOLDER_NODE_ID}&maxResults=10&{operator}"),
            token,
            "",
        ),
    ]
}

fn fetch_token() -> Call {
    let body = r#"{"appKey":"demo","appSecret":"demo"}"#;
    Call::new("token", "POST /v1.0/oauth2/accessToken", "", body)
}

/// What one caller saw of one call.
#[derive(Clone, Default)]
struct Tally {
    name: &'static str,
    latencies: Vec<Duration>,
    refusals: usize,
    /// The first answer that was no success.
    refusal: Option<String>,
}

async fn drive(address: SocketAddr, duration: Duration, connections: usize) -> Result<Vec<Tally>, Failure> {
    let answer = Connection::open(address).await?.call(&fetch_token().request).await?;
    let answer: serde_json::Value = serde_json::from_slice(&answer.body)?;
    let calls = mix(answer["accessToken"].as_str().ok_or("no token")?);

    let until = Instant::now() + duration;
    let callers: Vec<_> = (0..connections)
        .map(|number| tokio::spawn(caller(address, calls.clone(), number, connections, until)))
        .collect();
    let mut tallies: Vec<Tally> = calls.iter().map(|call| Tally { name: call.name, ..Tally::default() }).collect();
    for caller in callers {
        for (all, tally) in tallies.iter_mut().zip(caller.await??) {
            all.latencies.extend(tally.latencies);
            all.refusals += tally.refusals;
            all.refusal = all.refusal.take().or(tally.refusal);
        }
    }
    Ok(tallies)
}

/// Calls in turn, each caller beginning with another call, until the time is over.
async fn caller(
    address: SocketAddr,
    mut calls: Vec<Call>,
    number: usize,
    connections: usize,
    until: Instant,
) -> Result<Vec<Tally>, Failure> {
    let mut connection = Connection::open(address).await?;
    let mut tallies = vec![Tally::default(); calls.len()];
    let mut began = Instant::now();
    let mut round = 0;
    while began < until {
        let place = (number + round) % calls.len();
        let (Some(call), Some(tally)) = (calls.get_mut(place), tallies.get_mut(place)) else { break };
        if let Some(at) = call.number_at
            && let Some(digits) = call.request.get_mut(at..at + NUMBER.len())
        {
            digits.copy_from_slice(format!("{:010}", round * connections + number).as_bytes());
        }
        let answer = connection.call(&call.request).await?;
        if !answer.succeeded() {
            tally.refusals += 1;
            tally.refusal.get_or_insert_with(|| String::from_utf8_lossy(&answer.body).into_owned());
        }
        let ended = Instant::now();
        tally.latencies.push(ended - began);
        began = ended;
        round += 1;
    }
    Ok(tallies)
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Answer {
    /// The older API tells failures in the body, which begins with `errcode`; 0 means success.
    fn succeeded(&self) -> bool {
        let told = self.body.strip_prefix(b"{\"errcode\":");
        self.status == 200 && told.is_none_or(|told| told.starts_with(b"0,"))
    }
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(16 * 1024) })
    }

    async fn call(&mut self, request: &[u8]) -> Result<Answer, Failure> {
        self.stream.write_all(request).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the connection was closed".into());
            }
            if let Some(answer) = whole_answer(&self.received)? {
                return Ok(answer);
            }
        }
    }
}

/// The answer, once all of it has arrived.
fn whole_answer(received: &[u8]) -> Result<Option<Answer>, Failure> {
    let Some(end) = received.windows(4).position(|window| matches!(window, [b'\r', b'\n', b'\r', b'\n'])) else {
        return Ok(None);
    };
    let (head, rest) = received.split_at(end + 4);
    let head = str::from_utf8(head)?;
    let status = head.split(' ').nth(1).ok_or("no status")?.parse()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let length = length.ok_or("no length")??;
    Ok(rest.get(..length).map(|body| Answer { status, body: body.to_vec() }))
}

/// How long this process's threads of this name have run so far, where the system tells (Linux). It says more than
/// requests a second do on a machine that is busy with other things too.
fn processor_time_of(thread_name: &str) -> Option<Duration> {
    let mut time = Duration::ZERO;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let folder = thread.ok()?.path();
        if std::fs::read_to_string(folder.join("comm")).ok()?.trim() == thread_name {
            let statistics = std::fs::read_to_string(folder.join("schedstat")).ok()?;
            time += Duration::from_nanos(statistics.split(' ').next()?.parse().ok()?);
        }
    }
    Some(time)
}

/// Prints the table and gives the number of requests.
fn report(tallies: Vec<Tally>, duration: Duration) -> usize {
    let mut all = Tally { name: "all", ..Tally::default() };
    for tally in &tallies {
        all.latencies.extend(&tally.latencies);
        all.refusals += tally.refusals;
    }
    let requests = all.latencies.len();
    println!("{:<18}{:>12}{:>12}{:>12}{:>10}", "call", "requests/s", "median", "99 %", "refused");
    for mut tally in tallies.into_iter().chain([all]) {
        tally.latencies.sort_unstable();
        let at = |share: f64| {
            let place = (tally.latencies.len() as f64 * share) as usize;
            tally.latencies.get(place).copied().unwrap_or_default()
        };
        println!(
            "{:<18}{:>12.0}{:>12}{:>12}{:>10}",
            tally.name,
            tally.latencies.len() as f64 / duration.as_secs_f64(),
            format!("{} us", at(0.5).as_micros()),
            format!("{} us", at(0.99).as_micros()),
            tally.refusals,
        );
        if let Some(refusal) = tally.refusal {
            println!("  {refusal}");
        }
    }
    requests
}
