//! The nodes that can be run: `<directory>/<provider>/provider.toml` and `<directory>/<provider>/<operation>.wasm`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio::sync::OnceCell;
use wasmtime::component::Component;

use crate::bindings::{IMPORTS, NodePre};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::id::{Name, NodeId};
use crate::manifest::Manifest;
use crate::nearest::nearest;
use crate::provider::Provider;
use crate::sandbox::{self, State};
use crate::validate::Checks;

/// All providers and nodes of a directory. Nodes are compiled when they are first needed.
pub(crate) struct Registry {
    providers: BTreeMap<Name, Arc<Provider>>,
    nodes: BTreeMap<NodeId, Entry>,
}

struct Entry {
    path: PathBuf,
    provider: Arc<Provider>,
    loaded: OnceCell<Arc<Node>>,
}

/// A node that is ready to run.
pub(crate) struct Node {
    pub manifest: Manifest,
    pub provider: Arc<Provider>,
    pub checks: Checks,
    pub component: NodePre<State>,
}

impl Registry {
    /// Finds providers and components; reads no component yet.
    pub fn open(directory: &Path) -> Result<Self> {
        let mut registry = Self { providers: BTreeMap::new(), nodes: BTreeMap::new() };
        if directory.is_dir() {
            for folder in entries(directory)? {
                let file = folder.join("provider.toml");
                if file.is_file() {
                    let provider = Provider::read(&file)?;
                    if folder.file_name().is_none_or(|name| name != provider.id.as_str()) {
                        let reason = format!("its id is `{}`, which is not the name of its folder", provider.id);
                        return Err(Error::Provider { path: file, reason });
                    }
                    registry.add_provider(&folder, provider)?;
                }
            }
        }
        if registry.nodes.is_empty() { Err(Error::NoNodes(directory.to_owned())) } else { Ok(registry) }
    }

    fn add_provider(&mut self, folder: &Path, provider: Provider) -> Result<()> {
        let provider = Arc::new(provider);
        for path in entries(folder)? {
            if path.extension().is_none_or(|extension| extension != "wasm") {
                continue;
            }
            let operation = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let operation: Name = operation
                .parse()
                .map_err(|error| Error::Component { path: path.clone(), reason: format!("its file name: {error}") })?;
            let id = NodeId { provider: provider.id.clone(), operation };
            self.nodes.insert(id, Entry { path, provider: Arc::clone(&provider), loaded: OnceCell::new() });
        }
        self.providers.insert(provider.id.clone(), provider);
        Ok(())
    }

    /// All providers, by name.
    pub fn providers(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.values()
    }

    /// The provider of that name, or the error with the nearest.
    pub fn provider(&self, name: &str) -> Result<&Arc<Provider>> {
        self.providers.values().find(|provider| provider.id.as_str() == name).ok_or_else(|| Error::UnknownProvider {
            name: name.to_owned(),
            nearest: nearest(name, self.providers.keys().map(Name::as_str)).and_then(|name| name.parse().ok()),
        })
    }

    /// The ids of all nodes, in order.
    pub fn ids(&self) -> impl Iterator<Item = &NodeId> {
        self.nodes.keys()
    }

    /// The node, compiled and checked.
    pub async fn node(&self, engine: &Arc<Engine>, id: &NodeId) -> Result<Arc<Node>> {
        let entry = self.nodes.get(id).ok_or_else(|| self.unknown(id))?;
        entry.loaded.get_or_try_init(|| entry.load(engine, id)).await.cloned()
    }

    /// All nodes, compiled and checked side by side.
    pub async fn all_nodes(&self, engine: &Arc<Engine>) -> Result<Vec<Arc<Node>>> {
        try_join_all(self.nodes.keys().map(|id| self.node(engine, id))).await
    }

    fn unknown(&self, id: &NodeId) -> Error {
        let known: Vec<String> = self.nodes.keys().map(ToString::to_string).collect();
        let nearest = nearest(&id.to_string(), known.iter().map(String::as_str)).and_then(|id| id.parse().ok());
        Error::UnknownNode { id: id.clone(), nearest }
    }
}

impl Entry {
    async fn load(&self, engine: &Arc<Engine>, id: &NodeId) -> Result<Arc<Node>> {
        let unusable = |reason: String| Error::Component { path: self.path.clone(), reason };
        let (compiler, path) = (Arc::clone(engine), self.path.clone());
        // Compiling takes tens of milliseconds of computation, which would hold up every other run on this thread.
        let component = tokio::task::spawn_blocking(move || compiler.component(&path))
            .await
            .map_err(|error| unusable(error.to_string()))??;
        check_imports(engine, id, &component)?;
        let instance = engine.link(&component).map_err(|error| unusable(format!("{error:#}")))?;
        let component = NodePre::new(instance).map_err(|error| unusable(format!("{error:#}")))?;
        let refuse = |reason: String| Error::Manifest { node: id.clone(), reason };
        let json = {
            // Saying what it is takes a sandbox as running does: the pool may have fewer of them than there are nodes.
            let _place = engine.place().await;
            sandbox::manifest(engine, &component).await
        };
        let manifest = Manifest::from_component(id, &json.map_err(|reason| refuse(format!("the node {reason}")))?)?;
        let checks = Checks::new(&manifest).map_err(refuse)?;
        Ok(Arc::new(Node { manifest, provider: Arc::clone(&self.provider), checks, component }))
    }
}

/// The linker has nothing else to give, but its error would not say what a node may have.
fn check_imports(engine: &Engine, node: &NodeId, component: &Component) -> Result<()> {
    let imports = component.component_type();
    let foreign = imports.imports(engine.wasmtime()).find(|(name, _)| !IMPORTS.contains(name));
    foreign.map_or(Ok(()), |(import, _)| Err(Error::ForeignImport { node: node.clone(), import: import.to_owned() }))
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>> {
    let read = |source| Error::Read { path: directory.to_owned(), source };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(read)? {
        paths.push(entry.map_err(read)?.path());
    }
    paths.sort();
    Ok(paths)
}
