//! The way to outside services through a proxy. None of the hosts named here exists.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::json;

use super::{assert_says, envelope};
use crate::environment::{HOSTILE_NODES, patchbay, stderr};

const PASSWORD: &str = "canary-proxy-password-5f0a";
/// `user:` and the password in Base64.
const AUTHORIZATION: &str = "Basic dXNlcjpjYW5hcnktcHJveHktcGFzc3dvcmQtNWYwYQ==";
const HOST: &str = "a.files.example.com";

/// A proxy that answers every CONNECT with a line of status, and hands over what it was asked and the first byte after it.
struct Proxy {
    address: String,
    asked: Receiver<(Vec<String>, Option<u8>)>,
}

impl Proxy {
    fn start(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, asked) = channel();
        thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                let mut reader = BufReader::new(connection.try_clone().unwrap());
                let head: Vec<String> =
                    reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                write!(connection, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
                let mut first = [0];
                let read = reader.read(&mut first).unwrap_or(0);
                if tell.send((head, (read > 0).then_some(first[0]))).is_err() {
                    break;
                }
            }
        });
        Self { address, asked }
    }

    /// What it was asked for first, in lower case.
    fn asked(&self) -> (String, Option<u8>) {
        let (head, first) = self.asked.recv_timeout(Duration::from_secs(30)).expect("nothing reached the proxy");
        (head.join("\n"), first)
    }
}

/// A request of a node, with an environment that names a proxy nowhere.
fn invoke(request: &serde_json::Value) -> Command {
    let mut command = patchbay();
    command.env("PATCHBAY_NODES_DIR", &*HOSTILE_NODES);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"] {
        command.env_remove(name);
    }
    let inputs = json!({ "Request": request }).to_string();
    command.args(["invoke", "hostile/probe", "--options", r#"{"Raise":true}"#, "--inputs", &inputs]);
    command
}

fn probe() -> Command {
    invoke(&json!({ "Url": format!("https://{HOST}:8443/rows") }))
}

#[track_caller]
fn failure(output: &Output) -> (String, String) {
    let envelope = envelope(output);
    let text = |name: &str| envelope[name].as_str().unwrap().to_owned();
    assert!(!format!("{envelope}{}", stderr(output)).contains("canary"), "{envelope}{}", stderr(output));
    (text("ErrorMessage"), text("Hint"))
}

#[test]
fn requests_pass_the_proxy_that_the_settings_name_and_it_sees_their_host_alone() {
    let proxy = Proxy::start("200 Connection established");
    let output = probe()
        .env("PATCHBAY_HTTP_PROXY", format!("http://{}", proxy.address))
        .env("PATCHBAY_PROXY_USER", "user")
        .env("PATCHBAY_PROXY_PASSWORD", PASSWORD)
        .output()
        .unwrap();
    let (head, first) = proxy.asked();
    assert!(head.starts_with(&format!("CONNECT {HOST}:8443 HTTP/1.1\n")), "{head}");
    assert!(head.to_lowercase().contains("proxy-authorization: basic ") && head.contains(AUTHORIZATION), "{head}");
    assert!(!head.contains("rows"), "{head}");
    // What follows is TLS: a handshake's record.
    assert_eq!(first, Some(22));
    failure(&output);
}

#[test]
fn the_proxy_of_the_environment_is_used_when_the_settings_say_so() {
    let proxy = Proxy::start("502 Bad Gateway");
    let output = probe()
        .env("PATCHBAY_HTTP_PROXY", "environment")
        .env("HTTPS_PROXY", format!("http://user:{PASSWORD}@{}", proxy.address))
        .output()
        .unwrap();
    let (head, _) = proxy.asked();
    assert!(head.starts_with("CONNECT ") && head.contains(AUTHORIZATION), "{head}");
    assert_says(&failure(&output).0, &["no connection", &proxy.address, "http.proxy"]);
}

#[test]
fn a_request_for_a_token_passes_it_too() {
    let proxy = Proxy::start("407 Proxy Authentication Required");
    let output = invoke(&json!({ "Url": format!("https://{HOST}:8443/rows"), "Slot": "query" }))
        .env("PATCHBAY_HTTP_PROXY", format!("http://{}", proxy.address))
        .args(["--credential", "env:HOSTILE"])
        .env("HOSTILE_KEY", "key")
        .env("HOSTILE_SECRET", "canary-application-secret")
        .output()
        .unwrap();
    let (head, _) = proxy.asked();
    assert!(head.starts_with("CONNECT api.example.com:443 "), "{head}");
    assert_says(&failure(&output).0, &["no token", "PATCHBAY_PROXY_USER and PATCHBAY_PROXY_PASSWORD"]);
}

#[test]
fn a_proxy_that_is_named_and_not_used_is_told_where_no_connection_comes_about() {
    let output = probe().env("HTTPS_PROXY", format!("http://user:{PASSWORD}@127.0.0.1:9")).output().unwrap();
    let (message, hint) = failure(&output);
    assert_says(&message, &["no connection"]);
    assert_says(
        &hint,
        &["environment names a proxy", "http.proxy = \"environment\"", "PATCHBAY_HTTP_PROXY=environment"],
    );
    let output = probe().output().unwrap();
    assert!(!failure(&output).1.contains("proxy"));
}

#[test]
fn a_host_that_is_left_out_is_reached_without_it() {
    for (name, value) in [("PATCHBAY_HTTP_NO_PROXY", "files.example.com"), ("NO_PROXY", "*")] {
        let output = probe()
            .env("PATCHBAY_HTTP_PROXY", "environment")
            .env("HTTPS_PROXY", "http://127.0.0.1:9")
            .env(name, value)
            .output()
            .unwrap();
        let (message, _) = failure(&output);
        assert!(message.contains("could not be resolved") && !message.contains("http.proxy"), "{name}: {message}");
    }
}

#[test]
fn an_operators_upstream_is_reached_without_it() {
    let upstream = Proxy::start("204 No Content");
    let output = invoke(&json!({ "Url": "https://api.example.com/rows" }))
        .env("PATCHBAY_HTTP_PROXY", "http://127.0.0.1:9")
        .args(["--upstream", &format!("api.example.com=http://{}", upstream.address)])
        .output()
        .unwrap();
    assert!(upstream.asked().0.contains("/rows HTTP/1.1"));
    assert_eq!(envelope(&output)["StatusCode"], 200, "{}", stderr(&output));
}

#[test]
fn a_wrong_proxy_is_refused_without_a_word_of_its_password() {
    for (setting, variable, said) in [
        ("http://user:canary@proxy.example.com:3128", "", "PATCHBAY_PROXY_PASSWORD"),
        ("socks5://canary.example.com:1080", "", "http://HOST:PORT"),
        ("environment", "socks5://user:canary@proxy.example.com:1080", "HTTPS_PROXY"),
    ] {
        let output = probe().env("PATCHBAY_HTTP_PROXY", setting).env("HTTPS_PROXY", variable).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{setting}");
        assert_says(&stderr(&output), &[said]);
        assert!(!stderr(&output).contains("canary"), "{}", stderr(&output));
    }
}
