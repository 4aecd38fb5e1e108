//! The nodes that can be run: `<directory>/<provider>/provider.toml` and `<directory>/<provider>/<operation>.wasm`.
//!
//! What there is at a moment is one [`Snapshot`], which is replaced whole when the directory is read anew. A node is
//! compiled when it is first needed, or when all are asked to be; one that can not be leaves the others alone.

mod snapshot;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt};
use tokio::sync::{OnceCell, Semaphore, watch};
use wasmtime::component::Component;

use crate::bindings::{self, NodePre};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::id::NodeId;
use crate::manifest::Manifest;
use crate::memory::Expectation;
use crate::provider::Provider;
use crate::sandbox::{self, State};
use crate::sensitive::Sensitive;
use crate::validate::Checks;

/// How long a manifest and its schemas may take to read.
const LONGEST_READING: Duration = Duration::from_secs(10);

use snapshot::Stamp;
pub use snapshot::{LeftOut, Snapshot};

/// The nodes of a directory, now and after each change of it.
pub(crate) struct Registry {
    engine: Arc<Engine>,
    directory: PathBuf,
    /// Who waits for a node that is still being built is told of each change.
    current: watch::Sender<Arc<Snapshot>>,
    /// Held while the directory is read, so that no change is made on top of an older one.
    reloading: Mutex<()>,
    /// So many components are compiled at a time. Whoever loads all of them asks for no more than that at once, so a node
    /// that is called in between waits for one compilation and not for all.
    compiling: Arc<Semaphore>,
    at_once: usize,
}

/// A node's component, loaded once.
pub(crate) struct Entry {
    path: PathBuf,
    stamp: Option<Stamp>,
    provider: Arc<Provider>,
    loaded: OnceCell<Result<Arc<Node>, Arc<Error>>>,
}

/// A node that is ready to run.
pub struct Node {
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) provider: Arc<Provider>,
    pub(crate) checks: Arc<Checks>,
    pub(crate) component: NodePre<State>,
    /// The memory that its runs have needed.
    pub(crate) memory: Expectation,
    sensitive: Sensitive,
    label: Arc<str>,
    provider_label: Arc<str>,
}

impl Node {
    /// What the node says of itself.
    pub fn manifest(&self) -> &Arc<Manifest> {
        &self.manifest
    }

    /// The provider it belongs to.
    pub fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }

    /// The places of its inputs, options and outputs that are never kept.
    pub fn sensitive(&self) -> &Sensitive {
        &self.sensitive
    }

    /// Its id as text, for labels of measures: made once, so that no run makes it again.
    pub fn label(&self) -> &Arc<str> {
        &self.label
    }

    /// Its provider's id as text, for the same.
    pub fn provider_label(&self) -> &Arc<str> {
        &self.provider_label
    }
}

impl Registry {
    /// Finds providers and components; reads no component yet. `coming` are nodes that are still being built.
    ///
    /// # Errors
    /// There is nothing to run and nothing to come, or the directory can not be read.
    pub fn open(engine: Arc<Engine>, directory: PathBuf, coming: impl IntoIterator<Item = NodeId>) -> Result<Self> {
        let before = Snapshot { coming: coming.into_iter().collect(), ..Snapshot::default() };
        let snapshot = Snapshot::read(&directory, &before)?;
        if snapshot.is_empty() {
            // Of what is there and can not be used the reason helps more than that there is nothing.
            return Err(match snapshot.unusable.into_iter().next() {
                Some(left_out) => Error::Loading(left_out.error),
                None => Error::NoNodes(directory),
            });
        }
        let at_once = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            engine,
            directory,
            current: watch::Sender::new(Arc::new(snapshot)),
            reloading: Mutex::default(),
            compiling: Arc::new(Semaphore::new(at_once)),
            at_once,
        })
    }

    /// What there is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.borrow())
    }

    /// Reads the directory anew. `change` says what is known of the nodes that are being built.
    ///
    /// # Errors
    /// The directory can not be read; all stays as it was.
    pub async fn reload(self: &Arc<Self>, change: impl FnOnce(&mut Snapshot) + Send + 'static) -> Result<()> {
        let registry = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            let _alone = registry.reloading.lock().unwrap_or_else(PoisonError::into_inner);
            let mut snapshot = Snapshot::read(&registry.directory, &registry.snapshot())?;
            change(&mut snapshot);
            registry.current.send_replace(Arc::new(snapshot));
            Ok(())
        });
        read.await.map_err(|error| Error::Engine(format!("the nodes' directory was not read: {error}")))?
    }

    /// The node, compiled and checked; waited for while it is being built.
    pub async fn node(&self, id: &NodeId) -> Result<Arc<Node>> {
        let snapshot = self.snapshot();
        if !snapshot.coming.contains(id) {
            return self.load(&snapshot, id).await;
        }
        let mut changes = self.current.subscribe();
        let come = changes.wait_for(|snapshot| !snapshot.coming.contains(id)).await;
        let snapshot = come.map(|snapshot| Arc::clone(&snapshot)).unwrap_or(snapshot);
        self.load(&snapshot, id).await
    }

    async fn load(&self, snapshot: &Snapshot, id: &NodeId) -> Result<Arc<Node>> {
        match (snapshot.nodes.get(id), snapshot.not_built.get(id)) {
            (_, Some(error)) => Err(Error::Loading(Arc::clone(error))),
            (Some(entry), None) => self.loaded(entry, id).await,
            (None, None) => Err(snapshot.unknown(id)),
        }
    }

    async fn loaded(&self, entry: &Arc<Entry>, id: &NodeId) -> Result<Arc<Node>> {
        if let Some(loaded) = entry.loaded.get() {
            return loaded.clone().map_err(Error::Loading);
        }
        let (engine, compiling) = (Arc::clone(&self.engine), Arc::clone(&self.compiling));
        let (entry, id) = (Arc::clone(entry), id.clone());
        let path = entry.path.clone();
        // In a task of its own: a caller that waits no longer does not throw away what was compiled so far.
        let loading = tokio::spawn(async move {
            let load = || async { entry.load(&engine, &compiling, &id).await.map_err(Arc::new) };
            entry.loaded.get_or_init(load).await.clone()
        });
        let loaded = loading.await.map_err(|error| Error::Component { path, reason: error.to_string() })?;
        loaded.map_err(Error::Loading)
    }

    /// Compiles and checks all nodes that are there. Which are usable the snapshot tells afterwards.
    pub async fn load_all(&self) -> Arc<Snapshot> {
        let snapshot = self.snapshot();
        stream::iter(&snapshot.nodes)
            .for_each_concurrent(self.at_once, |(id, entry)| async move {
                // What fails is kept where it failed, for the snapshot to tell.
                drop(self.loaded(entry, id).await);
            })
            .await;
        snapshot
    }
}

impl Entry {
    /// Whether it failed by a file that could not be read, which may pass.
    fn was_unreadable(&self) -> bool {
        let failed = self.loaded.get().and_then(|loaded| loaded.as_ref().err());
        failed.is_some_and(|error| matches!(**error, Error::Read { .. }))
    }

    async fn load(&self, engine: &Arc<Engine>, compiling: &Semaphore, id: &NodeId) -> Result<Arc<Node>> {
        let unusable = |reason: String| Error::Component { path: self.path.clone(), reason };
        let (compiler, path) = (Arc::clone(engine), self.path.clone());
        // Compiling takes tens of milliseconds of computation, which would hold up every other run on this thread.
        let component = {
            let _turn = compiling.acquire().await.map_err(|error| unusable(error.to_string()))?;
            tokio::task::spawn_blocking(move || compiler.component(&path))
                .await
                .map_err(|error| unusable(error.to_string()))??
        };
        check_imports(engine, id, &component)?;
        let component = sandbox::link(engine, &component).map_err(|error| unusable(format!("{error:#}")))?;
        let refuse = |reason: String| Error::Manifest { node: id.clone(), reason };
        let json = {
            // Saying what it is takes a sandbox as running does: the pool may have fewer of them than there are nodes.
            let _place = engine.place().await;
            sandbox::manifest(engine, &component).await
        };
        let json = json.map_err(|reason| refuse(format!("the node {reason}")))?;
        // Its schemas are bounded by then; compiling them may take more than a moment all the same.
        let read = {
            let (id, provider) = (id.clone(), Arc::clone(&self.provider));
            move || {
                let manifest = Manifest::from_component(&id, &provider, &json)?;
                let checks = Checks::new(&manifest).map_err(|reason| Error::Manifest { node: id, reason })?;
                Ok((Sensitive::of(&manifest), manifest, checks))
            }
        };
        let read = engine.aside().run(Instant::now() + LONGEST_READING, read).await;
        let (sensitive, manifest, checks) = read.map_err(|error| refuse(error.to_string()))??;
        Ok(Arc::new(Node {
            manifest: Arc::new(manifest),
            provider: Arc::clone(&self.provider),
            checks: Arc::new(checks),
            component,
            memory: Expectation::default(),
            sensitive,
            label: id.to_string().into(),
            provider_label: id.provider.as_str().into(),
        }))
    }
}

/// The linker has nothing else to give, but its error would not say what a node may have.
fn check_imports(engine: &Engine, node: &NodeId, component: &Component) -> Result<()> {
    let imports = component.component_type();
    let foreign = imports.imports(engine.wasmtime()).find(|(name, _)| !bindings::is_import(name));
    foreign.map_or(Ok(()), |(import, _)| {
        let known = bindings::KnownImports.to_string();
        Err(Error::ForeignImport { node: node.clone(), import: import.to_owned(), known })
    })
}
