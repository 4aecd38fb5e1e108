//! What a test needs and a machine may lack: tools, and packages from a registry.
//!
//! A test that lacks something does nothing and is named, with the reason, in the last lines of `cargo test`
//! (`tests/not_run.rs`). In CI nothing may be missing: there it fails.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use super::PROJECT;

/// A program that some tests run.
#[derive(Clone, Copy)]
pub struct Tool {
    program: &'static str,
    /// Debian's package.
    package: &'static str,
}

const fn tool(program: &'static str, package: &'static str) -> Tool {
    Tool { program, package }
}

pub const BASH: Tool = tool("bash", "bash");
pub const CURL: Tool = tool("curl", "curl");
pub const JQ: Tool = tool("jq", "jq");
pub const DBUS: Tool = tool("dbus-daemon", "dbus");
pub const KEYRING: Tool = tool("gnome-keyring-daemon", "gnome-keyring");
pub const SECRET_TOOL: Tool = tool("secret-tool", "libsecret-tools");

pub const NODE: Tool = tool("node", "nodejs");
pub const NPM: Tool = tool("npm", "npm");

impl Tool {
    fn is_there(&self) -> bool {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(self.program).is_file())
    }
}

/// Whether the tools are there. A test that is told no ends without a word: it is named later.
#[must_use]
#[track_caller]
pub fn has(tools: &[Tool]) -> bool {
    let missing: Vec<&Tool> = tools.iter().filter(|tool| !tool.is_there()).collect();
    if missing.is_empty() {
        return true;
    }
    let names = |name: fn(&Tool) -> &'static str| missing.iter().map(|tool| name(tool)).collect::<Vec<_>>();
    let (programs, packages) = (names(|tool| tool.program), names(|tool| tool.package));
    not_run(&format!("{} missing (apt-get install {})", programs.join(" and "), packages.join(" ")));
    false
}

/// Notes that the current test can not be run here, and why.
///
/// # Panics
/// In CI.
#[track_caller]
pub fn not_run(reason: &str) {
    assert!(std::env::var_os("CI").is_none(), "in CI nothing may be missing: {reason}");
    static LIST: LazyLock<Mutex<File>> = LazyLock::new(|| {
        let path = list();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        Mutex::new(File::create(path).unwrap())
    });
    // The test harness names a test's thread after it, unless it runs one test at a time.
    let thread = std::thread::current();
    let test = thread.name().filter(|name| *name != "main").unwrap_or("a test");
    let reason = reason.lines().next().unwrap_or_default();
    writeln!(LIST.lock().unwrap(), "{reason}\t{test}").unwrap();
}

/// Where the tests that could not be run are kept until the end of this `cargo test`, which all its test binaries have as
/// their parent.
fn list() -> PathBuf {
    PROJECT.join("target/tests/not-run").join(std::os::unix::process::parent_id().to_string())
}
