//! What there is to run at one moment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::OnceCell;

use super::{Entry, Node};
use crate::error::{Error, Result};
use crate::id::{Name, NodeId};
use crate::nearest::nearest;
use crate::provider::Provider;

/// All providers and nodes of a directory, as they were when it was read. It does not change but in one thing: nodes that
/// it holds become loaded, or turn out to be unusable. A directory that is read anew gives another snapshot.
#[derive(Default)]
pub struct Snapshot {
    pub(super) providers: BTreeMap<Name, ProviderFile>,
    pub(super) nodes: BTreeMap<NodeId, Arc<Entry>>,
    /// What lies where a provider or a node would, and is none.
    pub(super) unusable: Vec<LeftOut>,
    /// Nodes that are still being built.
    pub(super) coming: BTreeSet<NodeId>,
    /// Nodes that were to come and will not.
    pub(super) not_built: BTreeMap<NodeId, Arc<Error>>,
}

/// A provider and the file that says so.
pub(super) struct ProviderFile {
    pub path: PathBuf,
    pub provider: Arc<Provider>,
    stamp: Option<Stamp>,
}

/// A provider or a node that can not be had, and why. The others are there all the same.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// The node's id, or the name of the provider's folder.
    pub name: String,
    /// Why.
    pub error: Arc<Error>,
}

/// Tells whether a file is still the one that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    modified: SystemTime,
}

impl Stamp {
    /// The stamp of a file; none where it can not be told, which counts as a change.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self { bytes: metadata.len(), modified: metadata.modified().ok()? })
    }
}

impl Snapshot {
    /// Reads a directory: finds providers and components, and reads no component yet. What `before` has and what did not
    /// change since is taken over with all that was loaded of it.
    ///
    /// # Errors
    /// The directory itself can not be read. What is wrong with a part of it leaves that part out.
    pub(super) fn read(directory: &Path, before: &Self) -> Result<Self> {
        let mut snapshot =
            Self { coming: before.coming.clone(), not_built: before.not_built.clone(), ..Self::default() };
        if !directory.is_dir() {
            return Ok(snapshot);
        }
        for folder in entries(directory)? {
            let file = folder.join("provider.toml");
            if file.is_file()
                && let Err(error) = snapshot.add_provider(&folder, file, before)
            {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                snapshot.unusable.push(LeftOut { name, error: Arc::new(error) });
            }
        }
        Ok(snapshot)
    }

    /// An id has one owner: the folder of that name.
    fn add_provider(&mut self, folder: &Path, path: PathBuf, before: &Self) -> Result<()> {
        let stamp = Stamp::of(&path);
        let known =
            before.providers.values().find(|known| known.path == path && known.stamp == stamp && stamp.is_some());
        let provider = match known {
            Some(known) => Arc::clone(&known.provider),
            None => Arc::new(Provider::read(&path)?),
        };
        if folder.file_name().is_none_or(|name| name != provider.id.as_str()) {
            let owner = folder.with_file_name(provider.id.as_str());
            let reason = if owner.join("provider.toml").is_file() {
                format!("its id `{0}` belongs to the folder `{0}` beside it", provider.id)
            } else {
                format!("its id is `{}`, which is not the name of its folder", provider.id)
            };
            return Err(Error::Provider { path, reason });
        }
        for component in entries(folder)? {
            if component.extension().is_some_and(|extension| extension == "wasm")
                && let Err(error) = self.add_node(&component, &provider, before)
            {
                let stem = component.file_stem().unwrap_or_default().to_string_lossy();
                let name = format!("{}/{stem}", provider.id);
                self.unusable.push(LeftOut { name, error: Arc::new(error) });
            }
        }
        self.providers.insert(provider.id.clone(), ProviderFile { path, provider, stamp });
        Ok(())
    }

    fn add_node(&mut self, path: &Path, provider: &Arc<Provider>, before: &Self) -> Result<()> {
        let operation = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let operation: Name = operation
            .parse()
            .map_err(|error| Error::Component { path: path.to_owned(), reason: format!("its file name: {error}") })?;
        let id = NodeId { provider: provider.id.clone(), operation };
        let stamp = Stamp::of(path);
        let is_unchanged = |known: &&Arc<Entry>| {
            known.stamp == stamp && stamp.is_some() && Arc::ptr_eq(&known.provider, provider) && !known.was_unreadable()
        };
        let entry = match before.nodes.get(&id).filter(is_unchanged) {
            Some(known) => Arc::clone(known),
            None => Arc::new(Entry {
                path: path.to_owned(),
                stamp,
                provider: Arc::clone(provider),
                loaded: OnceCell::new(),
            }),
        };
        self.nodes.insert(id, entry);
        Ok(())
    }

    /// Nodes that are being built: what is there of them is out of date.
    pub(crate) fn expect(&mut self, nodes: Vec<NodeId>) {
        nodes.iter().for_each(|node| drop(self.not_built.remove(node)));
        self.coming.extend(nodes);
    }

    /// A node is being built no longer: it is there, or it will not be for this reason.
    pub(crate) fn settle(&mut self, node: NodeId, reason: Option<String>) {
        self.coming.remove(&node);
        match reason {
            Some(reason) => {
                let error = Error::NotBuilt { node: node.clone(), reason };
                self.not_built.insert(node, Arc::new(error));
            }
            None => {
                self.not_built.remove(&node);
            }
        }
    }

    /// Whether there is no node, and none to come.
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.coming.is_empty()
    }

    /// All providers, by name.
    pub fn providers(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.values().map(|known| &known.provider)
    }

    /// The provider of that name.
    ///
    /// # Errors
    /// [`Error::UnknownProvider`] with the nearest name.
    pub fn provider(&self, name: &str) -> Result<&Arc<Provider>> {
        self.providers().find(|provider| provider.id.as_str() == name).ok_or_else(|| Error::UnknownProvider {
            name: name.to_owned(),
            nearest: nearest(name, self.providers.keys().map(Name::as_str)).and_then(|name| name.parse().ok()),
        })
    }

    /// The ids of all nodes whose components are there, in order.
    pub fn node_ids(&self) -> impl Iterator<Item = &NodeId> {
        self.nodes.keys()
    }

    /// The nodes that are loaded, in the order of their ids.
    pub fn loaded(&self) -> impl Iterator<Item = &Arc<Node>> {
        let waited_for = |id: &NodeId| self.coming.contains(id);
        self.nodes
            .iter()
            .filter(move |(id, _)| !waited_for(id))
            .filter_map(|(_, entry)| entry.loaded.get()?.as_ref().ok())
    }

    /// How many nodes are still being built or loaded.
    pub fn loading(&self) -> usize {
        let unbuilt = self.coming.len();
        let unloaded =
            self.nodes.iter().filter(|(id, entry)| !self.coming.contains(id) && entry.loaded.get().is_none());
        unbuilt + unloaded.count()
    }

    /// What can not be had, as far as it is known yet: a node tells when it is loaded.
    pub fn left_out(&self) -> Vec<LeftOut> {
        let failed = self.nodes.iter().filter_map(|(id, entry)| {
            let error = entry.loaded.get()?.as_ref().err()?;
            Some(LeftOut { name: id.to_string(), error: Arc::clone(error) })
        });
        let not_built =
            self.not_built.iter().map(|(id, error)| LeftOut { name: id.to_string(), error: Arc::clone(error) });
        let mut left_out: Vec<LeftOut> = self.unusable.iter().cloned().chain(failed).chain(not_built).collect();
        left_out.sort_by(|one, other| one.name.cmp(&other.name));
        left_out
    }

    /// Whether a node of that id is there or is to come.
    ///
    /// # Errors
    /// [`Error::UnknownNode`] with the nearest id.
    pub fn check(&self, id: &NodeId) -> Result<()> {
        let is_known = self.nodes.contains_key(id) || self.coming.contains(id) || self.not_built.contains_key(id);
        if is_known { Ok(()) } else { Err(self.unknown(id)) }
    }

    pub(super) fn unknown(&self, id: &NodeId) -> Error {
        let known: Vec<String> = self.nodes.keys().chain(&self.coming).map(ToString::to_string).collect();
        let nearest = nearest(&id.to_string(), known.iter().map(String::as_str)).and_then(|id| id.parse().ok());
        Error::UnknownNode { id: id.clone(), nearest }
    }
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
