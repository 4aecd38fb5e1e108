//! All nodes, found by id, by key and by parent.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::WikiError;
use super::node::Node;

/// The nodes in the order in which they were made; a parent comes before its children.
#[derive(Default)]
pub(super) struct Nodes {
    entries: Vec<Entry>,
    by_id: HashMap<String, usize>,
    by_doc_key: HashMap<String, usize>,
}

struct Entry {
    node: Arc<Node>,
    /// The positions of its children, oldest first.
    children: Vec<usize>,
    names_of_children: HashSet<String>,
}

impl Nodes {
    pub(super) fn node(&self, node_id: &str) -> Option<&Arc<Node>> {
        self.entry(node_id).map(|entry| &entry.node)
    }

    pub(super) fn by_doc_key(&self, doc_key: &str) -> Option<&Arc<Node>> {
        let entry = self.entries.get(*self.by_doc_key.get(doc_key)?)?;
        Some(&entry.node)
    }

    pub(super) fn has_children(&self, node_id: &str) -> bool {
        self.entry(node_id).is_some_and(|entry| !entry.children.is_empty())
    }

    pub(super) fn has_child_named(&self, parent_id: &str, name: &str) -> bool {
        self.entry(parent_id).is_some_and(|entry| entry.names_of_children.contains(name))
    }

    /// The child at this place below its parent, and whether it has children itself.
    pub(super) fn child(&self, parent_id: &str, place: usize) -> Option<(&Arc<Node>, bool)> {
        let position = self.entry(parent_id)?.children.get(place)?;
        let entry = self.entries.get(*position)?;
        Some((&entry.node, !entry.children.is_empty()))
    }

    pub(super) fn children(&self, parent_id: &str) -> impl Iterator<Item = (&Arc<Node>, bool)> {
        let positions = self.entry(parent_id).into_iter().flat_map(|entry| &entry.children);
        let entries = positions.filter_map(|position| self.entries.get(*position));
        entries.map(|entry| (&entry.node, !entry.children.is_empty()))
    }

    /// Adds a node below its parent, which must be here already.
    pub(super) fn insert(&mut self, node: Node) -> Result<Arc<Node>, WikiError> {
        let node = Arc::new(node);
        let position = self.entries.len();
        if let Some(parent_id) = &node.parent_id {
            let parent = self.by_id.get(parent_id).and_then(|position| self.entries.get_mut(*position));
            let parent = parent.ok_or(WikiError::UnknownParent)?;
            if !parent.names_of_children.insert(node.name.clone()) {
                return Err(WikiError::NameTaken);
            }
            parent.children.push(position);
        }
        self.by_id.insert(node.id.clone(), position);
        if !node.doc_key.is_empty() {
            self.by_doc_key.insert(node.doc_key.clone(), position);
        }
        self.entries.push(Entry { node: Arc::clone(&node), children: Vec::new(), names_of_children: HashSet::new() });
        Ok(node)
    }

    fn entry(&self, node_id: &str) -> Option<&Entry> {
        self.entries.get(*self.by_id.get(node_id)?)
    }
}

/// Written as the list of the nodes; the indexes are made again when it is read.
impl Serialize for Nodes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.entries.iter().map(|entry| &entry.node))
    }
}

impl<'de> Deserialize<'de> for Nodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut nodes = Self::default();
        for node in Vec::<Node>::deserialize(deserializer)? {
            nodes.insert(node).map_err(de::Error::custom)?;
        }
        Ok(nodes)
    }
}
