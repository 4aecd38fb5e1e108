//! Why nodes can not be built.

use std::io;
use std::path::{Path, PathBuf};

use crate::toolchain::{RECIPES, TARGET};

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why nodes can not be built, or their schemas not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder can not be read.
    #[error("{} can not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file or folder can not be written or removed.
    #[error("{} can not be written", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A manifest of cargo can not be understood.
    #[error("{} is not TOML", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// Why.
        source: toml::de::Error,
    },
    /// What was named to build is no folder.
    #[error("{} can not be read; name the folder of a provider or of a workspace", path.display())]
    Source {
        /// What was named.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The id belongs to another provider.
    #[error(
        "the id `{id}` belongs to {}, whose nodes {} would replace; give one of the two another id in its provider.toml, or \
         build into another folder with --nodes-dir", owner.display(), source_folder.display()
    )]
    Owned {
        /// The id.
        id: patchbay_runtime::Name,
        /// Whose it is.
        owner: PathBuf,
        /// Who asks for it.
        source_folder: PathBuf,
    },
    /// There is nothing to build.
    #[error("{} has no provider: a folder with a provider.toml beside its Cargo.toml, or above those of its packages", .0.display())]
    NoProvider(PathBuf),
    /// A `provider.toml` is wrong.
    #[error(transparent)]
    Provider(#[from] patchbay_runtime::Error),
    /// A provider has nothing that can be run.
    #[error("{} has no nodes; a node is a file in the src/bin of a package", .0.display())]
    NoNodes(PathBuf),
    /// A package of a provider is not one that cargo knows.
    #[error("{} is not a member of its workspace, so it would not be built; add it to `members`", .0.display())]
    NotAMember(PathBuf),
    /// A binary's name can not be a node's.
    #[error("{} has a binary whose name can not be an operation's", package.display())]
    Name {
        /// The folder of its package.
        package: PathBuf,
        /// Why.
        source: patchbay_runtime::IdError,
    },
    /// Two packages of a provider have the same operation.
    #[error("{id} is in two packages, {} and {}; an operation is the binary of one", first.display(), second.display())]
    Twice {
        /// The node.
        id: patchbay_runtime::NodeId,
        /// The folder of a package that has it.
        first: PathBuf,
        /// The folder of another.
        second: PathBuf,
    },
    /// The environment asks for a toolchain that is none.
    #[error("PATCHBAY_GUEST_TOOLCHAIN is `{0}`; it is rustup or debian")]
    Choice(String),
    /// The environment asks for Debian's toolchain, and it is not there.
    #[error("Debian's guest toolchain is not whole, {missing} is missing; {RECIPES}")]
    NoDebian {
        /// The packages to install.
        missing: String,
    },
    /// There is no compiler for nodes.
    #[error("there is no compiler for {TARGET} (tried `rustup target add {TARGET}`: {refused}); {RECIPES}")]
    NoToolchain {
        /// Why rustup's target could not be added.
        refused: String,
    },
    /// A program can not be run.
    #[error("{program} can not be run")]
    Run {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program said something else than it should.
    #[error("{program} answers something else than expected")]
    Answer {
        /// The program.
        program: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The compiler does not say what it compiles for.
    #[error("`{0} -vV` names no host")]
    NoHost(String),
    /// Cargo failed.
    #[error("the nodes do not compile:\n{0}")]
    Compile(String),
    /// A module is none of a node.
    #[error("{id} can not be made a component; does it declare itself with `node!`?")]
    Component {
        /// The node.
        id: patchbay_runtime::NodeId,
        /// Why.
        source: anyhow::Error,
    },
    /// A node does not say what it is.
    #[error("{operation} has no manifest:\n{said}")]
    NoManifest {
        /// The node's binary.
        operation: String,
        /// What it said instead.
        said: String,
    },
    /// A node's program does not end.
    #[error("{operation} does not print its manifest; is its `main` the one of `node!`?")]
    EndlessManifest {
        /// The node's binary.
        operation: String,
    },
    /// A manifest leaves out what people and agents need to read.
    #[error("{operation} leaves its users without words:\n  {}", missing.join("\n  "))]
    WithoutWords {
        /// The operation.
        operation: String,
        /// What is missing, and where.
        missing: Vec<String>,
    },
    /// A node says something else than what it is.
    #[error("what {operation} prints is no manifest")]
    NotAManifest {
        /// The node's binary.
        operation: String,
        /// Why.
        source: serde_json::Error,
    },
    /// Two nodes of a package have the same id.
    #[error("two nodes of {} have the id {id}; the id is the file's name", package.display())]
    TwoIds {
        /// The folder of the package.
        package: PathBuf,
        /// The id.
        id: String,
    },
    /// A schema has no JSON form.
    #[error("{} can not be generated", path.display())]
    Schema {
        /// The schema's file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// Files differ from what would be generated.
    #[error("these files are stale, run `patchbay build` and commit them: {}", list(.0))]
    Stale(Vec<PathBuf>),
    /// A task of the build ended before its time.
    #[error("the build was broken off")]
    Task(#[from] tokio::task::JoinError),
}

impl Error {
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn run(program: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Run { program: program.into(), source }
    }
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}
