//! `tenant`.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use super::{assert_says, envelope, patchbay_with_nodes};
use crate::environment::{patchbay, stderr};

/// A tenant in a process of its own.
struct Alone {
    child: Child,
    base: String,
}

impl Alone {
    fn start(arguments: &[&str]) -> Self {
        let mut command = patchbay();
        command.args(["tenant", "--listen", "127.0.0.1:0"]).args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let Some((_, rest)) = line.split_once(" is at ") else {
            panic!("{line}{}", stderr(&child.wait_with_output().unwrap()))
        };
        let base = rest.split(';').next().unwrap().to_owned();
        child.stdout = Some(stdout.into_inner());
        Self { child, base }
    }

    fn invoke(&self, operation: &str, options: &Value) -> Value {
        let mut command = patchbay_with_nodes();
        command.args(["invoke", &format!("dingtalk/{operation}"), "--options", &options.to_string()]);
        command.args(["--credential", "demo", "--upstream", &format!("oapi.dingtalk.com={}", self.base)]);
        // A read that is throttled for ever is sent again for as long as there is time.
        command.args(["--timeout-ms", "5000"]);
        envelope(&command.output().unwrap())
    }

    /// Asks it to stop; what it printed after its first line.
    fn stop(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let mut printed = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        assert!(self.child.wait().unwrap().success());
        printed
    }
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let file = folder.join(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn each_exchange_is_a_line_without_token_and_secret() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "tenant.toml", "app_key = \"demo\"\napp_secret = \"demo\"\n");
    let tenant = Alone::start(&["--settings", &config]);
    assert_eq!(tenant.invoke("get-user", &json!({ "UserId": "manager001" }))["StatusCode"], 200);
    let printed = tenant.stop();
    let lines: Vec<&str> = printed.lines().filter(|line| line.contains(" ms")).collect();
    assert_eq!(lines.len(), 2, "{printed}");
    assert_says(lines[0], &[" GET /gettoken?appkey=***&appsecret=*** 200 "]);
    assert_says(lines[1], &[" POST /topapi/v2/user/get?access_token=*** 200 "]);
}

#[test]
fn the_organisation_is_kept_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("office.json");
    let state = ["--state", file.to_str().unwrap()];
    let by_mobile = json!({ "Mobile": "18500000077" });
    let tenant = Alone::start(&state);
    assert_eq!(tenant.invoke("get-user", &by_mobile)["StatusCode"], 404);
    let mut create = patchbay_with_nodes();
    let inputs = json!({ "Name": "周杰", "Mobile": "18500000077", "DeptIdList": [1] });
    create.args(["invoke", "dingtalk/create-user", "--inputs", &inputs.to_string(), "--credential", "demo"]);
    create.args(["--upstream", &format!("oapi.dingtalk.com={}", tenant.base)]);
    assert_eq!(envelope(&create.output().unwrap())["StatusCode"], 200);
    tenant.stop();

    let tenant = Alone::start(&state);
    assert_eq!(tenant.invoke("get-user", &by_mobile)["UserData"]["name"], "周杰");
    tenant.stop();

    let seeded = Alone::start(&["--seed", file.to_str().unwrap()]);
    assert_eq!(seeded.invoke("get-user", &by_mobile)["UserData"]["name"], "周杰");
    seeded.stop();
}

#[test]
fn limits_missing_permissions_and_faults_come_from_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let text = "missing_scopes = [\"qyapi_get_department_list\"]\n\
                [[faults]]\npath = \"/topapi/user/count\"\nfault = \"throttle\"\n";
    let tenant = Alone::start(&["--settings", &write(folder.path(), "tenant.toml", text)]);
    let refused = tenant.invoke("get-dept-list", &json!({}));
    assert_says(refused["ErrorMessage"].as_str().unwrap(), &["60011"]);
    let throttled = tenant.invoke("get-user-count", &json!({ "OnlyActive": true }));
    assert_eq!((&throttled["StatusCode"], &throttled["Retryable"]), (&json!(429), &json!(true)));
    tenant.stop();
}

#[test]
fn a_file_that_can_not_be_used_is_refused_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let config = write(folder.path(), "tenant.toml", "[[faults]]\npath = \"/\"\nfault = \"thrttle\"\n");
    let seed = write(folder.path(), "seed.json", "{\"format\":1,\"users\":[]}");
    for (arguments, phrases) in [
        (["--settings", &config], ["tenant.toml is not usable", "unknown variant `thrttle`"]),
        (["--settings", "no-such.toml"], ["no-such.toml can not be read", "No such file"]),
        (["--seed", &seed], ["seed.json", "unknown field `users`"]),
        (["--seed", "no-such.json"], ["no-such.json can not be read", "No such file"]),
        (["--state", "/no/such/folder/office.json"], ["/no/such/folder/office.json", "can not be written"]),
    ] {
        let output = patchbay().args(["tenant", "--listen", "127.0.0.1:0"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_says(&stderr(&output), &phrases);
    }
}
