//! `patchbay.toml`, the environment and the command line, as an operator meets them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::cli::assert_says;
use crate::environment::{NODES, PROJECT, stderr, stdout_json};

/// A command in an empty folder, with an empty data directory and nothing else in its environment.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        Self(folder)
    }

    fn with_file(self, text: &str) -> Self {
        fs::write(self.path("patchbay.toml"), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command.args(arguments).current_dir(self.0.path()).env_clear();
        command.env("PATCHBAY_DATA_DIR", self.path("data")).env("HOME", self.0.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What `config check` says is wrong.
    #[track_caller]
    fn problems(&self) -> String {
        let output = self.run(&["config", "check"]);
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
        stderr(&output)
    }

    fn shown(&self, mut command: Command, key: &str) -> Value {
        let output = command.output().unwrap();
        stdout_json(&output)[key].clone()
    }
}

#[test]
fn without_a_file_the_defaults_are_in_force() {
    let place = Place::new();
    let output = place.run(&["config", "check"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let listen = place.shown(place.command(&["config", "show", "--json"]), "serve.listen");
    assert_eq!((listen["value"].as_str(), listen["from"]["kind"].as_str()), (Some("127.0.0.1:8787"), Some("default")));
    assert_eq!(listen["variable"], "PATCHBAY_SERVE_LISTEN");
    assert!(listen["about"].as_str().unwrap().starts_with("The address to listen on."));
}

#[test]
fn an_address_to_listen_on_is_taken_as_people_write_it() {
    let place = Place::new().with_file("\u{feff}[serve]\nlisten = \"22009\"\n");
    for (written, address) in [
        (None, "127.0.0.1:22009"),
        (Some("localhost:22010"), "127.0.0.1:22010"),
        (Some(":22011"), "127.0.0.1:22011"),
        (Some("[::]:22012"), "[::]:22012"),
    ] {
        let mut command = place.command(&["config", "show", "--json"]);
        command.envs(written.map(|written| ("PATCHBAY_SERVE_LISTEN", written)));
        assert_eq!(place.shown(command, "serve.listen")["value"], address);
    }
    let said = stderr(&place.run(&["serve", "--listen", "somewhere"]));
    assert_says(&said, &["somewhere", "such as 0.0.0.0:8787", "or a port alone"]);
}

#[test]
fn settings_in_another_encoding_are_named_as_what_they_probably_are() {
    let place = Place::new();
    let utf16: Vec<u8> = "[serve]\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(place.path("patchbay.toml"), utf16).unwrap();
    assert_says(&place.problems(), &["patchbay.toml", "it is UTF-16", "save it as UTF-8"]);
}

#[test]
fn nodes_that_stand_beside_the_program_are_found_from_any_folder() {
    let place = Place::new();
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let installed = folder.path();
    fs::create_dir(installed.join("bin")).unwrap();
    let program = installed.join("bin/patchbay");
    // A copy could not be started while another test starts a process: that one would hold it open for writing.
    fs::hard_link(env!("CARGO_BIN_EXE_patchbay"), &program).unwrap();
    copy_nodes(&installed.join("share/patchbay/nodes"));
    let mut command = Command::new(&program);
    command.arg("list").current_dir(place.0.path()).env_clear();
    command.env("PATCHBAY_DATA_DIR", place.path("data")).env("HOME", place.0.path());
    let listed = command.output().unwrap();
    assert!(listed.status.success(), "{}", stderr(&listed));
    assert_says(&String::from_utf8_lossy(&listed.stdout), &["dingtalk/get-user"]);
}

#[test]
fn where_there_are_no_nodes_and_no_project_it_says_where_to_go_before_anything_is_started() {
    let place = Place::new();
    for arguments in [&["list", "--nodes-dir", "missing"][..], &["up", "--nodes-dir", "missing"]] {
        let output = place.run(arguments);
        assert_eq!(output.status.code(), Some(2));
        let said = stderr(&output);
        assert_says(&said, &["there are no nodes in missing", "go to a Patchbay project", "--nodes-dir"]);
        assert!(!said.contains("tenant"), "{said}");
    }
}

/// One of the project's nodes, where a program looks for those it was installed with.
fn copy_nodes(to: &Path) {
    fs::create_dir_all(to.join("dingtalk")).unwrap();
    for file in ["provider.toml", "get-user.wasm"] {
        fs::copy(NODES.join("dingtalk").join(file), to.join("dingtalk").join(file)).unwrap();
    }
}

#[test]
fn a_setting_that_there_once_was_says_what_to_do_about_it() {
    let place = Place::new().with_file("[runs]\nbuffer = 10000\n");
    assert_says(&place.problems(), &["patchbay.toml:2:1: runs.buffer: is no longer a setting", "remove the line"]);
}

#[test]
fn each_source_outweighs_the_one_before_and_is_named() {
    let file = "data_dir = \"of-file\"\nnodes_dir = \"of-file\"\n\n[limits]\nqueue = 1\n  per_host = 2\n";
    let place = Place::new().with_file(file);
    let mut command = place.command(&["config", "show", "--json", "--data-dir", "of-flag"]);
    command.env("PATCHBAY_DATA_DIR", "of-variable").env("PATCHBAY_NODES_DIR", "of-variable");
    command.env("PATCHBAY_LIMITS_QUEUE", "7").env("PATCHBAY_LIMITS_PER_CREDENTIAL", "");
    let shown = stdout_json(&command.output().unwrap());
    let is = |key: &str| (shown[key]["value"].clone(), shown[key]["from"]["kind"].clone());
    assert_eq!(is("data_dir"), ("of-flag".into(), "flag".into()));
    assert_eq!(shown["data_dir"]["from"]["name"], "--data-dir");
    assert_eq!(is("nodes_dir"), ("of-variable".into(), "variable".into()));
    assert_eq!(is("limits.queue"), (7.into(), "variable".into()));
    assert_eq!(is("limits.per_host"), (2.into(), "file".into()));
    let from = &shown["limits.per_host"]["from"];
    assert_eq!((from["line"].as_u64(), from["column"].as_u64()), (Some(6), Some(14)));
    // An empty variable counts as none.
    assert_eq!(is("limits.per_credential").1, "default");
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place_and_the_nearest_right_name() {
    let place = Place::new().with_file(
        "lisen = 1\nserve = 3\n[serv]\n[limits]\nconcurrent = 0\ntimout = \"5s\"\nqueue_timeout = \"5 parsecs\"\n\
         listen = \"a\"\nmemory_per_run = 64\n[upstreams]\n\"a.b\" = \"127.0.0.1\"\n[runs]\nmax_age = 1979-05-27\n\
         [master_key]\nsource = \"keyrng\"\n",
    );
    assert_says(
        &place.problems(),
        &[
            "the configuration has 11 errors",
            "patchbay.toml:1:1: lisen: no such setting; did you mean `listen` in [serve]?",
            "patchbay.toml:2:9: serve: is a section",
            "patchbay.toml:3:2: serv: no such section; did you mean `serve`?",
            "patchbay.toml:5:14: limits.concurrent: expected a whole number, 1 or more, found 0",
            "patchbay.toml:6:1: limits.timout: no such setting; did you mean `timeout`?",
            "patchbay.toml:7:17: limits.queue_timeout: expected a time such as 500ms, 30s, 24h or 30d, found \"5 parsecs\"",
            "patchbay.toml:8:1: limits.listen: no such setting here; `listen` stands in [serve]",
            "patchbay.toml:9:18: limits.memory_per_run: expected a size such as 64KiB, 16MiB or 1GiB, found 64",
            "patchbay.toml:11:9: upstreams: `a.b=127.0.0.1` is not an upstream",
            "patchbay.toml:13:11: runs.max_age: expected a time",
            "patchbay.toml:15:10: master_key.source: expected one of auto, variable, file, keyring, found \"keyrng\"; did you mean keyring?",
        ],
    );
}

#[test]
fn what_is_not_toml_is_told_with_its_place_beside_all_else() {
    let problems = Place::new().with_file("[limits]\nqueue = \nconcurrent = \"x\"\n").problems();
    assert_says(&problems, &["patchbay.toml:2:", "patchbay.toml:3:14: limits.concurrent"]);
}

#[test]
fn a_wrong_value_is_told_even_where_another_source_outweighs_it() {
    let place = Place::new().with_file("[limits]\nqueue = -1\n");
    let output = place.command(&["config", "check"]).env("PATCHBAY_LIMITS_QUEUE", "many").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_says(
        &stderr(&output),
        &[
            "patchbay.toml:2:9: limits.queue: expected a whole number, 0 or more, found -1",
            "PATCHBAY_LIMITS_QUEUE: limits.queue",
            "`many`",
        ],
    );
}

#[test]
fn settings_that_contradict_each_other_are_told() {
    let place = Place::new()
        .with_file("[serve]\ncors_origins = [\"https://canvas.example.com/\"]\n[limits]\nmax_timeout = \"1s\"\n");
    assert_says(
        &place.problems(),
        &[
            "limits.timeout: is longer than limits.max_timeout",
            "patchbay.toml:2:16: serve.cors_origins",
            "is not an origin",
        ],
    );
}

#[test]
fn the_file_is_looked_for_here_and_in_the_data_directory_unless_it_is_named() {
    let place = Place::new();
    fs::write(place.path("data/patchbay.toml"), "[limits]\nqueue = 1\n").unwrap();
    fs::write(place.path("other.toml"), "[limits]\nqueue = 3\n").unwrap();
    let queue = |command: Command| place.shown(command, "limits.queue")["value"].clone();
    let show = ["config", "show", "limits.queue", "--json"];
    assert_eq!(queue(place.command(&show)), 1);
    fs::write(place.path("patchbay.toml"), "[limits]\nqueue = 2\n").unwrap();
    assert_eq!(queue(place.command(&show)), 2);
    let mut by_variable = place.command(&show);
    by_variable.env("PATCHBAY_CONFIG", "other.toml");
    assert_eq!(queue(by_variable), 3);
    assert_eq!(queue(place.command(&[&show[..], &["--config", "other.toml"]].concat())), 3);
    let missing = place.run(&["config", "check", "--config", "missing.toml"]);
    assert_eq!(missing.status.code(), Some(2));
    assert_says(&stderr(&missing), &["missing.toml", "can not be read"]);
}

#[test]
fn a_path_in_the_file_is_relative_to_the_file() {
    let place = Place::new();
    fs::create_dir(place.path("etc")).unwrap();
    fs::write(place.path("etc/patchbay.toml"), "nodes_dir = \"nodes\"\n[master_key]\nfile = \"/key\"\n").unwrap();
    let shown = stdout_json(&place.run(&["config", "show", "--json", "--config", "etc/patchbay.toml"]));
    assert_eq!(shown["nodes_dir"]["value"], "etc/nodes");
    assert_eq!(shown["master_key.file"]["value"], "/key");
}

#[test]
fn a_command_does_not_start_with_a_wrong_file_and_says_what_is_wrong() {
    let place = Place::new().with_file("[serve]\nlissten = 1\n");
    let output = place.run(&["list"]);
    assert_eq!(output.status.code(), Some(2));
    assert_says(&stderr(&output), &["patchbay.toml:2:1: serve.lissten", "did you mean `listen`?"]);
}

#[test]
fn the_master_key_is_never_shown() {
    let place = Place::new();
    for arguments in [&["config", "show"][..], &["config", "show", "--json"], &["config", "check"]] {
        let output = place.command(arguments).env("PATCHBAY_MASTER_KEY", "canary-master-key").output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), stderr(&output));
        assert!(!text.contains("canary"), "{text}");
    }
}

#[test]
fn the_example_files_for_operators_are_in_order() {
    let place = Place::new();
    let deploy = PROJECT.join("examples/deploy");
    let file = deploy.join("patchbay.toml");
    let output = place.run(&["config", "check", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    // What is commented out there is the default, so that the file shows all that can be set.
    let commented = fs::read_to_string(&file).unwrap();
    let everything: String = commented
        .lines()
        .map(|line| line.strip_prefix("#: ").unwrap_or(line))
        .fold(String::new(), |text, line| text + line + "\n");
    fs::write(place.path("everything.toml"), everything).unwrap();
    let all = stdout_json(&place.run(&["config", "show", "--json", "--config", "everything.toml"]));
    let defaults = stdout_json(&place.run(&["config", "show", "--json"]));
    for (key, setting) in all.as_object().unwrap() {
        assert_eq!(
            setting["from"]["kind"],
            if key == "data_dir" { "variable" } else { "file" },
            "{key} is not in the file"
        );
        let is_set = commented.lines().any(|line| line.starts_with(&format!("{} =", key.rsplit('.').next().unwrap())));
        let is_path = ["data_dir", "nodes_dir", "master_key.file", "upstreams", "log"].contains(&key.as_str());
        assert!(is_set || is_path || setting["value"] == defaults[key]["value"], "{key} is not the default: {setting}");
    }
}

#[test]
fn the_unit_and_the_container_file_start_the_service_as_it_is_started() {
    let deploy = PROJECT.join("examples/deploy");
    let read = |name: &str| fs::read_to_string(deploy.join(name)).unwrap();
    assert_says(
        &read("patchbay.service"),
        &["patchbay serve", "User=patchbay", "ProtectSystem=strict", "LoadCredential=", "StateDirectory="],
    );
    assert_says(&read("Containerfile"), &["\"serve\"", "USER ", "VOLUME ", "HEALTHCHECK "]);
    // Every variable that they set is one that is read.
    let known = stdout_json(&Place::new().run(&["config", "show", "--json"]));
    let known: Vec<&str> =
        known.as_object().unwrap().values().filter_map(|setting| setting["variable"].as_str()).collect();
    for text in [read("patchbay.service"), read("Containerfile")] {
        for word in text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_') {
            let is_known = known.contains(&word) || ["PATCHBAY_CONFIG", "PATCHBAY_MASTER_KEY"].contains(&word);
            assert!(!word.starts_with("PATCHBAY_") || is_known, "{word} is no setting");
        }
    }
    assert!(Path::new(&deploy).join("README.md").is_file());
}

#[test]
fn a_variable_that_is_nearly_a_setting_s_is_told_and_one_of_somebody_s_own_is_not() {
    let place = Place::new();
    for (name, says) in [
        ("PATCHBAY_SERVE_LISTN", "did you mean PATCHBAY_SERVE_LISTEN?"),
        ("PATCHBAY_LIMITS_WHATEVER_ELSE", "patchbay config show"),
    ] {
        for arguments in [&["config", "check"][..], &["runs", "list"]] {
            let output = place.command(arguments).env(name, "1").output().unwrap();
            assert_says(&stderr(&output), &[name, says]);
        }
        assert_eq!(place.command(&["config", "check"]).env(name, "1").output().unwrap().status.code(), Some(2));
    }
    let own = place.command(&["config", "check"]).env("PATCHBAY_DEPLOYED_BY", "us").output().unwrap();
    assert!(own.status.success() && own.stderr.is_empty(), "{}", stderr(&own));
}
