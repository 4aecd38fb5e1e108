//! `patchbay build`

mod building;
mod progress;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use patchbay_build::{Build as GuestBuild, Schemas};
use patchbay_runtime::{Name, Runtime};

use crate::places::Places;
pub use building::Building;
use progress::Lines;

/// Compile nodes to components and regenerate their schemas
///
/// PATH is the folder of a provider (with a provider.toml) or of a workspace of such folders. The nodes of a provider are the
/// binaries of its own package and of the packages directly beneath it. What is current is skipped.
#[derive(Args)]
#[command(after_help = "\
Examples:
  patchbay build                   the project's own nodes, into target/nodes
                                   and schemas/
  patchbay build --check           the same, but a checked-in schema that is
                                   stale is an error and stays as it is
  patchbay build ../our-provider   a provider of your own; its schemas go to
                                   ../our-provider/schemas. In its folder the
                                   path can be left out

The guest toolchain is found by itself;
PATCHBAY_GUEST_TOOLCHAIN=rustup|debian chooses one.")]
pub struct Build {
    /// The folder to build [default: the provider that one stands in, else nodes in the project]
    path: Option<PathBuf>,
    /// Change no schema file; fail when one is stale
    #[arg(long)]
    check: bool,
}

impl Build {
    pub async fn run(self, places: &Places) -> Result<ExitCode> {
        let source = Source::find(places, self.path.as_deref())?;
        let is_new = source.build.run(&Lines::new()).await?;
        let schemas = source.schemas(places).await?;
        if self.check {
            schemas.check()?;
        } else {
            schemas.write()?;
        }
        if !is_new {
            eprintln!("all nodes are current");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Builds the nodes of the project, or of the provider that one stands in, where they are stale. Elsewhere, and in a folder
/// that the user named, the nodes that are there are taken as they are.
pub async fn build_project(places: &Places) -> Result<()> {
    if places.has_own_nodes() {
        let source = Source::find(places, None)?;
        // Only a new build can have other schemas; comparing them at every start would load every node twice.
        if source.build.run(&Lines::new()).await? {
            source.schemas(places).await?.write()?;
        }
    }
    Ok(())
}

/// Begins what [`build_project`] does, and goes on with it while its nodes are served. None when nothing is to be built.
pub async fn begin_project(places: &Places) -> Result<Option<Building>> {
    if places.has_own_nodes() { Building::begin(Source::find(places, None)?).await } else { Ok(None) }
}

fn is_inside(folder: &Path, project: &Path) -> bool {
    matches!((folder.canonicalize(), project.canonicalize()), (Ok(folder), Ok(project)) if folder.starts_with(&project))
}

/// What to build, and where its schemas go.
struct Source {
    build: GuestBuild,
    schemas: PathBuf,
    /// The project's own nodes: the schemas of the public contract stand beside theirs.
    is_own: bool,
}

impl Source {
    fn find(places: &Places, path: Option<&Path>) -> Result<Self> {
        let own = places.project.as_ref().map(|project| project.join("nodes"));
        let source = path
            .map(Path::to_owned)
            .or_else(|| places.sources())
            .context("this is not a Patchbay project; name the folder of a provider: patchbay build PATH")?;
        let is_own = own.is_some_and(|own| own.canonicalize().ok() == source.canonicalize().ok());
        let schemas = match &places.project {
            Some(project) if is_own => project.join("schemas"),
            _ => source.join("schemas"),
        };
        // The guests of a project share one folder and in it the compiled standard library. A provider elsewhere has its own,
        // because cargo takes packages of one name for the same.
        let target = match &places.project {
            Some(project) if is_inside(&source, project) => project.join("target/guest"),
            _ => source.join("target/guest"),
        };
        let interface = places.project.iter().map(|project| project.join("schemas/node.wit")).collect();
        let build = GuestBuild { source, output: places.nodes.clone(), target, also_read: interface };
        Ok(Self { build, schemas, is_own })
    }

    /// The schemas of what was built.
    async fn schemas(&self, places: &Places) -> Result<Schemas> {
        self.schemas_of(&places.runtime(Vec::new())?).await
    }

    /// The same, of a runtime that has them.
    async fn schemas_of(&self, runtime: &Runtime) -> Result<Schemas> {
        let providers: Vec<Name> = self.build.providers()?.into_iter().map(|provider| provider.id).collect();
        let manifests = runtime.manifests().await?;
        let mut schemas = Schemas::of_nodes(&self.schemas, &providers, &manifests)?;
        if self.is_own {
            let of_host = [("fixture.json", patchbay_replay::schema()), ("openapi.json", patchbay_service::document())];
            for (name, schema) in patchbay_runtime::schemas::contract().into_iter().chain(of_host) {
                schemas.add(self.schemas.join(name), &schema)?;
            }
        }
        Ok(schemas)
    }
}
