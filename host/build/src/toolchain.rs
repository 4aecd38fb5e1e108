//! Finds a compiler for `wasm32-unknown-unknown`: rustup's target, or Debian's packages.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use tokio::process::Command;

use crate::error::{Error, Result};
use crate::progress::{Progress, Step};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// The toolchain server may be out of reach, and then answers nothing at all.
const TARGET_ADD_LIMIT: Duration = Duration::from_secs(60);

pub(crate) const RECIPES: &str = "\
install one of these:
  with rustup        rustup target add wasm32-unknown-unknown
  on Debian, as root apt-get install --no-install-recommends rustc-web cargo-web rust-web-src lld-19
(PATCHBAY_GUEST_TOOLCHAIN=rustup|debian chooses between two that are there)";

/// A compiler for guests.
#[derive(Debug, Clone)]
pub struct Toolchain(Kind);

#[derive(Debug, Clone)]
enum Kind {
    /// The toolchain on the path, with the target added by rustup.
    Rustup,
    /// Debian's compiler, called by its full path so that it never mixes with a rustup toolchain. It has no compiled
    /// standard library for the target and builds it from source.
    Debian { linker: PathBuf },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Rustup,
    Debian,
}

impl FromStr for Choice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "rustup" => Ok(Self::Rustup),
            "debian" => Ok(Self::Debian),
            other => Err(Error::Choice(other.to_owned())),
        }
    }
}

impl Toolchain {
    /// The toolchain that is there; rustup's target is added when neither is.
    ///
    /// # Errors
    /// There is none and none can be had, or the environment asks for one that is not there.
    pub async fn find(progress: &dyn Progress) -> Result<Self> {
        let choice: Option<Choice> = match std::env::var("PATCHBAY_GUEST_TOOLCHAIN") {
            Ok(text) => Some(text.parse()?),
            Err(_) => None,
        };
        if choice != Some(Choice::Debian) && rustup_has_target().await {
            return Ok(Self(Kind::Rustup));
        }
        let debian = if choice == Some(Choice::Rustup) { Err(Vec::new()) } else { debian().await };
        let missing = match debian {
            Ok(toolchain) => return Ok(toolchain),
            Err(missing) => missing,
        };
        if choice == Some(Choice::Debian) {
            return Err(Error::NoDebian { missing: missing.join(", ") });
        }
        progress.reached(Step::AddingTarget { at_most: TARGET_ADD_LIMIT });
        let refused = match add_target().await {
            Ok(()) if rustup_has_target().await => return Ok(Self(Kind::Rustup)),
            Ok(()) => "rustup added the target to another toolchain than the one in use".to_owned(),
            Err(refused) => refused,
        };
        Err(Error::NoToolchain { refused })
    }

    /// A cargo command that compiles for the sandbox.
    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = self.release_cargo("build", TARGET);
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", without_machine_paths());
        if let Kind::Debian { linker } = &self.0 {
            cargo.args(["-Z", "build-std=std,panic_abort"]).env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        cargo
    }

    /// A cargo command that compiles for this machine, quickly. The profile is the one of the sandbox's command, so that
    /// both use the same procedural macros. `native` is what [`native_target`](Self::native_target) gives.
    pub fn native_cargo(&self, command: &str, native: &str) -> Command {
        let mut cargo = self.release_cargo(command, native);
        for setting in ["opt-level=0", "lto=false", "codegen-units=16", "strip=false", "incremental=true"] {
            cargo.args(["--config", &format!("profile.release.{setting}")]);
        }
        cargo
    }

    /// What the compiler calls this machine.
    ///
    /// # Errors
    /// The compiler can not be run, or does not say.
    pub async fn native_target(&self) -> Result<String> {
        let rustc = match self.0 {
            Kind::Rustup => "rustc",
            Kind::Debian { .. } => "/usr/bin/rustc",
        };
        let output = Command::new(rustc).arg("-vV").output().await.map_err(Error::run(rustc))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let triple = text.lines().find_map(|line| line.strip_prefix("host: "));
        triple.map(str::to_owned).ok_or_else(|| Error::NoHost(rustc.to_owned()))
    }

    fn release_cargo(&self, command: &str, target: &str) -> Command {
        let mut cargo = self.bare_cargo();
        cargo.args([command, "--release", "--target", target]);
        cargo
    }

    /// Cargo, without a command of its own.
    pub(crate) fn bare_cargo(&self) -> Command {
        let mut cargo = match self.0 {
            Kind::Rustup => Command::new("cargo"),
            Kind::Debian { .. } => Command::new("/usr/bin/cargo"),
        };
        // What an outer cargo or a CI job set for native builds must not reach this one.
        for variable in ["CARGO", "CARGO_BUILD_TARGET", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTFLAGS"] {
            cargo.env_remove(variable);
        }
        if let Kind::Debian { .. } = self.0 {
            cargo.env_remove("RUSTUP_TOOLCHAIN").env("RUSTC_BOOTSTRAP", "1").env("RUSTC", "/usr/bin/rustc");
        }
        cargo
    }
}

/// Compiler flags that leave the place of downloaded crates on this machine out of the nodes: it would stand in the
/// locations of panics, and the same sources would make other bytes elsewhere.
fn without_machine_paths() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let registries = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    let folders = registries.into_iter().flatten().flatten().map(|registry| registry.path());
    let flags: Vec<String> = folders.map(|folder| format!("--remap-path-prefix={}=", folder.display())).collect();
    flags.join(" ")
}

impl fmt::Display for Toolchain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Rustup => write!(f, "rustup's {TARGET}"),
            Kind::Debian { linker } => write!(f, "Debian's rustc (linker {})", linker.display()),
        }
    }
}

async fn rustup_has_target() -> bool {
    let Some(sysroot) = sysroot("rustc").await else { return false };
    sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

/// Debian's toolchain, or the packages that are missing of it.
async fn debian() -> Result<Toolchain, Vec<&'static str>> {
    let mut missing = Vec::new();
    if !Path::new("/usr/bin/rustc").is_file() {
        missing.push("rustc-web");
    }
    if !Path::new("/usr/bin/cargo").is_file() {
        missing.push("cargo-web");
    }
    let library = "lib/rustlib/src/rust/library/std/Cargo.toml";
    if !sysroot("/usr/bin/rustc").await.is_some_and(|sysroot| sysroot.join(library).is_file()) {
        missing.push("rust-web-src");
    }
    match linker().await {
        Some(linker) if missing.is_empty() => Ok(Toolchain(Kind::Debian { linker })),
        Some(_) => Err(missing),
        None => {
            missing.push("lld-19");
            Err(missing)
        }
    }
}

/// `rust-lld` of the toolchain on the path, else Debian's.
async fn linker() -> Option<PathBuf> {
    let of_rustup = sysroot("rustc").await.and_then(|sysroot| {
        let hosts = std::fs::read_dir(sysroot.join("lib/rustlib")).ok()?;
        hosts.flatten().map(|host| host.path().join("bin/rust-lld")).find(|linker| linker.is_file())
    });
    of_rustup.or_else(|| Some(PathBuf::from("/usr/bin/wasm-ld-19")).filter(|linker| linker.is_file()))
}

async fn sysroot(rustc: &str) -> Option<PathBuf> {
    let output = Command::new(rustc).args(["--print", "sysroot"]).stderr(Stdio::null()).output().await.ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(PathBuf::from(text.trim())).filter(|_| output.status.success())
}

/// Has rustup add its target; else why it could not.
async fn add_target() -> Result<(), String> {
    let adding =
        Command::new("rustup").args(["target", "add", TARGET]).stdin(Stdio::null()).kill_on_drop(true).output();
    let Ok(output) = tokio::time::timeout(TARGET_ADD_LIMIT, adding).await else {
        return Err(format!("no answer within {} s", TARGET_ADD_LIMIT.as_secs()));
    };
    let output = output.map_err(|error| format!("rustup can not be run: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let reason = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it failed");
    Err(reason.trim().to_owned())
}
