//! The master key in a real keyring: a message bus and GNOME's Secret Service of the test's own.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

use super::sinks::add_files;
use super::{CANARY, Data, fed, finish, tenant};
use crate::cli::assert_says;
use crate::environment::needs::{self, DBUS, KEYRING, SECRET_TOOL, Tool};
use crate::environment::stderr;
use crate::service::Up;

const DEMO: &str = r#"{"AppKey":"demo","AppSecret":"demo"}"#;
const ADD: [&str; 5] = ["credential", "add", "main", "--provider", "dingtalk"];
/// What a session is made of.
const TOOLS: [Tool; 3] = [DBUS, KEYRING, SECRET_TOOL];
/// How long the keyring may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A bus that starts nothing by itself, so that a test decides whether there is a keyring.
const BUS: &str = r#"<busconfig>
    <type>session</type>
    <listen>unix:path=BUS</listen>
    <policy context="default">
        <allow send_destination="*" eavesdrop="true"/>
        <allow eavesdrop="true"/>
        <allow own="*"/>
    </policy>
</busconfig>"#;

/// A session of a person who is logged in: a bus, a home, and a keyring once it was started. Dropping it ends all.
struct Session {
    data: Data,
    home: TempDir,
    bus: Child,
    keyring: Option<Child>,
}

impl Session {
    /// With the keyring open.
    fn new() -> Self {
        let mut session = Self::without_keyring();
        session.start_keyring(true);
        session
    }

    fn without_keyring() -> Self {
        let home = TempDir::new().unwrap();
        let config = home.path().join("bus.conf");
        let socket = home.path().join("bus");
        fs::write(&config, BUS.replace("BUS", socket.to_str().unwrap())).unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.arg("--config-file").arg(config).args(["--nofork", "--nopidfile"]).stderr(Stdio::null());
        let bus = bus.spawn().unwrap();
        let session = Self { data: Data::new(), home, bus, keyring: None };
        wait_for("the bus", || socket.exists());
        session
    }

    /// Starts the keyring, opened with its password or locked.
    fn start_keyring(&mut self, is_open: bool) {
        self.stop_keyring();
        let mut command = self.of_session(Command::new("gnome-keyring-daemon"));
        command.args(["--foreground", "--components=secrets"]).args(is_open.then_some("--unlock"));
        command.arg("--control-directory").arg(self.home.path().join("control"));
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut keyring = command.spawn().unwrap();
        // A locked one reads nothing.
        keyring.stdin.take().unwrap().write_all(b"a password").unwrap_or_default();
        self.keyring = Some(keyring);
        // It says nothing when it finds nothing.
        wait_for("the keyring", || stderr(&self.secret_tool(&["lookup", "service", "nobody's"])).is_empty());
    }

    fn stop_keyring(&mut self) {
        if let Some(keyring) = self.keyring.take() {
            end(keyring);
        }
    }

    fn of_session(&self, mut command: Command) -> Command {
        let bus = format!("unix:path={}", self.home.path().join("bus").display());
        command.env("DBUS_SESSION_BUS_ADDRESS", bus).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"] {
            command.env(variable, self.home.path());
        }
        command
    }

    /// A command of Patchbay.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.of_session(self.data.command(arguments));
        command.env("PATCHBAY_MASTER_KEY_SOURCE", "keyring");
        command
    }

    /// What a command that must succeed printed on stdout.
    #[track_caller]
    fn stdout(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command said that could not be carried out.
    #[track_caller]
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = fed(self.command(arguments), DEMO);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        stderr(&output)
    }

    #[track_caller]
    fn add(&self, json: &str) {
        let output = fed(self.command(&ADD), json);
        assert!(output.status.success(), "{}", stderr(&output));
    }

    fn secret_tool(&self, arguments: &[&str]) -> Output {
        let mut command = self.of_session(Command::new("secret-tool"));
        command.args(arguments).output().unwrap()
    }

    /// The accounts of all entries of Patchbay.
    fn entries(&self) -> Vec<String> {
        let found = self.secret_tool(&["search", "--all", "service", "patchbay"]);
        let account = |line: &str| line.strip_prefix("attribute.username = ").map(str::to_owned);
        stderr(&found).lines().filter_map(account).collect()
    }

    /// The text of the only key.
    #[track_caller]
    fn key(&self) -> String {
        let entries = self.entries();
        let [id] = &entries[..] else { panic!("not one entry: {entries:?}") };
        let found = self.secret_tool(&["lookup", "service", "patchbay", "username", id]);
        String::from_utf8(found.stdout).unwrap()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stop_keyring();
        self.bus.kill().unwrap();
        self.bus.wait().unwrap();
    }
}

fn end(mut process: Child) {
    process.kill().unwrap();
    process.wait().unwrap();
}

#[track_caller]
fn wait_for(what: &str, is_there: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_there() {
        assert!(start.elapsed() < START_LIMIT, "{what} did not start within {START_LIMIT:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn a_credential_is_sealed_and_invoked_with_under_a_key_that_only_the_keyring_has() {
    if !needs::has(&TOOLS) {
        return;
    }
    let session = Session::new();
    assert_eq!(session.stdout(&["credential", "list", "--json"]).trim(), "[]");
    assert!(session.entries().is_empty(), "looking makes no key");
    session.add(&json!({ "AppKey": "demo", "AppSecret": CANARY }).to_string());
    assert_eq!(session.entries().len(), 1);
    assert_says(&session.stdout(&["credential", "list"]), &["main", "dingtalk"]);
    let (tenant, upstreams) = tenant(CANARY).await;
    let user = ["invoke", "dingtalk/get-user", "--options", r#"{"UserId":"manager001"}"#, "--credential", "main"];
    let mut command = session.command(&user);
    command.args(upstreams);
    let output = finish(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(tenant.request_count("/gettoken") > 0, "the tenant was asked for a token");
    assert!(!session.data.0.path().join("master.key").exists());
}

#[test]
fn rotating_leaves_one_entry_and_everything_opens_as_before() {
    if !needs::has(&TOOLS) {
        return;
    }
    let session = Session::new();
    session.add(DEMO);
    let (before, key) = (session.stdout(&["credential", "list"]), session.key());
    session.stdout(&["credential", "rotate-key"]);
    assert_ne!(session.key(), key);
    assert_eq!(session.stdout(&["credential", "list"]), before);
    // Also to a key that is given.
    let mut command = session.command(&["credential", "rotate-key"]);
    let output = command.env("PATCHBAY_MASTER_KEY_NEW", &key).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(session.key(), key);
    assert_eq!(session.stdout(&["credential", "list"]), before);
}

#[tokio::test]
async fn a_service_goes_on_after_a_command_changed_the_key() {
    if !needs::has(&TOOLS) {
        return;
    }
    let session = Session::new();
    session.add(DEMO);
    let up = Up::spawn(session.command(&["up", "--listen", "127.0.0.1:0"])).await;
    session.stdout(&["credential", "rotate-key"]);
    let answer = up.get("/v1/credentials").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text.contains("main"), "{}", answer.text);
    up.stop("TERM").await;
}

#[test]
fn without_a_keyring_a_command_says_what_to_set_and_stores_nothing() {
    if !needs::has(&TOOLS) {
        return;
    }
    let session = Session::without_keyring();
    let hints = ["master_key.source is `keyring` and none answers", "`file`", "`variable`", "PATCHBAY_MASTER_KEY"];
    assert_says(&session.refusal(&ADD), &hints);
    assert_says(&session.refusal(&["credential", "rotate-key"]), &hints);
    assert_says(&session.refusal(&["serve", "--listen", "127.0.0.1:0"]), &hints);
    let mut nowhere = session.command(&ADD);
    nowhere.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let output = fed(nowhere, DEMO);
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &hints);
    assert_eq!(session.stdout(&["credential", "list", "--json"]).trim(), "[]");
    assert!(!session.data.0.path().join("master.key").exists(), "no file takes its place");
}

#[test]
fn a_locked_keyring_is_told_and_nothing_is_lost() {
    if !needs::has(&TOOLS) {
        return;
    }
    let mut session = Session::new();
    session.add(DEMO);
    session.start_keyring(false);
    assert_says(&session.refusal(&["credential", "list"]), &["the keyring is locked", "unlock it"]);
    session.start_keyring(true);
    assert_says(&session.stdout(&["credential", "list"]), &["main"]);
}

#[test]
fn an_entry_that_is_gone_is_named_and_can_be_put_back_or_given_up() {
    if !needs::has(&TOOLS) {
        return;
    }
    let session = Session::new();
    session.add(DEMO);
    let (key, id) = (session.key(), session.entries().remove(0));
    let store = |text: &str| {
        let store = ["store", "--label=back", "service", "patchbay", "username", &id];
        let mut command = session.of_session(Command::new("secret-tool"));
        command.args(store);
        assert!(fed(command, text).status.success());
    };
    session.secret_tool(&["clear", "service", "patchbay", "username", &id]);
    for arguments in [vec!["credential", "list"], vec!["credential", "rotate-key"]] {
        let said = session.refusal(&arguments);
        assert_says(&said, &[&id, "no entry of service patchbay", "put it back", "rotate-key"]);
    }
    assert!(session.entries().is_empty(), "no other takes its place");
    store("changeme");
    assert_says(&session.refusal(&["credential", "list"]), &["the keyring's entry patchbay", &id]);
    let other = "2Yb0nXfMkE4jQ7cVt1uZ5sGqWv8xLr3oPdHiAy6TgCk=";
    store(other);
    let said = session.refusal(&["credential", "list"]);
    assert_says(&said, &["sealed under the master key", &id]);
    assert!(!said.contains(other), "{said}");
    store(&key);
    assert_says(&session.stdout(&["credential", "list"]), &["main"]);
    // Given up: without credentials the lost key does not matter.
    session.secret_tool(&["clear", "service", "patchbay", "username", &id]);
    session.stdout(&["credential", "remove", "main"]);
    session.stdout(&["credential", "rotate-key"]);
    session.add(DEMO);
    assert_says(&session.stdout(&["credential", "list"]), &["main"]);
}

#[test]
fn neither_the_secret_nor_the_key_is_in_what_commands_print_or_in_any_file() {
    if !needs::has(&TOOLS) {
        return;
    }
    let session = Session::new();
    let trace = |arguments: &[&str]| {
        let mut command = session.command(arguments);
        command.env("PATCHBAY_LOG", "trace,keyring_core=trace,sqlx=trace");
        command
    };
    let fields = json!({ "AppKey": "demo", "AppSecret": CANARY }).to_string();
    let mut outputs = vec![fed(trace(&ADD), &fields)];
    let mut keys = vec![session.key()];
    outputs.push(trace(&["credential", "rotate-key"]).output().unwrap());
    keys.push(session.key());
    outputs.push(trace(&["credential", "list"]).output().unwrap());
    let mut shown = Vec::new();
    for output in outputs {
        assert!(output.status.success(), "the key was in play: {}", stderr(&output));
        shown.push(("stdout".to_owned(), output.stdout));
        shown.push(("stderr".to_owned(), output.stderr));
    }
    add_files(session.data.0.path(), &mut shown);
    for (place, bytes) in &shown {
        let text = String::from_utf8_lossy(bytes);
        for secret in keys.iter().map(String::as_str).chain([CANARY]) {
            assert!(secret.len() > 10 && !text.contains(secret), "{secret} is on {place}: {text}");
        }
    }
}
