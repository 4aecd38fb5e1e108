//! `completions`, and what a shell gets that asks.

use super::{patchbay_with_nodes, refusal, run, stdout};
use crate::environment::stderr;

#[test]
fn each_shell_has_a_script_that_asks_the_program() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = stdout(&run(&["completions", shell]));
        assert!(script.contains("PATCHBAY_COMPLETE") && script.contains("patchbay"), "{shell}: {script}");
    }
    assert!(refusal(&["completions", "tcsh"]).contains("bash, zsh, fish, powershell"));
}

/// What bash is told when the last of these words is completed.
fn completed(words: &[&str]) -> Vec<String> {
    let mut command = patchbay_with_nodes();
    command.env("PATCHBAY_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string());
    command.env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true").env("_CLAP_IFS", "\n");
    let output = command.arg("--").args(words).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn ids_of_the_built_nodes_are_completed() {
    assert_eq!(completed(&["patchbay", "invoke", "dingtalk/recall"]), ["dingtalk/recall-message"]);
    assert!(completed(&["patchbay", "describe", "dingtalk/get-user"]).contains(&"dingtalk/get-user-count".to_owned()));
    assert!(completed(&["patchbay", "invoke", "nothing/"]).is_empty());
}

#[test]
fn commands_and_flags_are_completed() {
    assert_eq!(completed(&["patchbay", "compl"]), ["completions"]);
    assert!(completed(&["patchbay", "invoke", "--dry"]).contains(&"--dry-run".to_owned()));
}
