//! Knowledge bases: spaces of documents, which the service calls workspaces, and the tree of nodes in each of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::seed::{Mint, Purpose};

mod demo;
mod moment;
mod node;
mod page;
mod tree;
mod workspace;

pub use demo::{
    DOCUMENT_NODE_ID, FINANCE_WORKSPACE_ID, FOLDER_NODE_ID, HANDBOOK_WORKSPACE_ID, PERSONAL_WORKSPACE_ID, TEMPLATE_ID,
    WORKSPACE_ID,
};
pub(crate) use moment::{Minute, milliseconds};
pub use node::{Category, Node, NodeType};
pub(crate) use node::{DocType, TemplateType};
pub(crate) use page::{Page, PageRequest};
pub use workspace::{Icon, IconType, PermissionRole, Workspace, WorkspaceType};
pub(crate) use workspace::{NewWorkspace, WorkspaceOrder};

use tree::Nodes;
use workspace::Workspaces;

/// Why something could not be read or made. Each call has codes of its own for these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WikiError {
    #[error("the knowledge base does not exist")]
    UnknownWorkspace,
    #[error("the id is that of somebody's own documents, which are no knowledge base")]
    NotAWorkspace,
    #[error("the knowledge team does not exist")]
    UnknownTeam,
    #[error("the node does not exist")]
    UnknownNode,
    #[error("the parent node does not exist in the knowledge base")]
    UnknownParent,
    #[error("only folders and text documents have children")]
    Childless,
    #[error("the operator has no permission")]
    Forbidden,
    #[error("the parent node has a child of this name")]
    NameTaken,
    #[error("the template does not exist for this type of document")]
    UnknownTemplate,
    #[error("nextToken is not one that an answer to the same question gave")]
    UnknownToken,
}

/// A node as an operator finds it.
pub(crate) struct FoundNode {
    pub(crate) node: Arc<Node>,
    pub(crate) has_children: bool,
    /// What the operator may do with it.
    pub(crate) role: PermissionRole,
}

/// A knowledge base as an operator finds it.
pub(crate) struct FoundWorkspace {
    pub(crate) workspace: Arc<Workspace>,
    /// What the operator may do in it.
    pub(crate) role: PermissionRole,
}

/// What a document is made from.
pub(crate) struct NewDocument<'a> {
    pub(crate) workspace_id: &'a str,
    /// The root of the knowledge base when nothing is given.
    pub(crate) parent_id: Option<&'a str>,
    pub(crate) name: String,
    pub(crate) doc_type: DocType,
    pub(crate) template: Option<(&'a str, Option<TemplateType>)>,
    /// The userId of the person who makes it.
    pub(crate) creator_id: String,
    /// In milliseconds since 1970.
    pub(crate) created_at: i64,
}

/// The knowledge bases and all their nodes.
#[derive(Serialize, Deserialize)]
pub(crate) struct Wiki {
    mint: Mint,
    workspaces: Workspaces,
    nodes: Nodes,
}

impl Wiki {
    pub(crate) fn new(seed: u64) -> Self {
        let mut wiki =
            Self { mint: Mint::new(seed, Purpose::Wiki), workspaces: Workspaces::default(), nodes: Nodes::default() };
        demo::fill(&mut wiki, seed);
        wiki
    }

    /// All knowledge bases, and the spaces of people's own documents, oldest first.
    pub(crate) fn workspaces(&self) -> impl Iterator<Item = &Workspace> {
        self.workspaces.all()
    }

    pub(crate) fn workspace(&self, workspace_id: &str) -> Option<&Workspace> {
        self.workspaces.get(workspace_id).map(Arc::as_ref)
    }

    pub(crate) fn node(&self, node_id: &str) -> Option<&Node> {
        self.nodes.node(node_id).map(Arc::as_ref)
    }

    pub(crate) fn children(&self, parent_id: &str) -> impl Iterator<Item = &Node> {
        self.nodes.children(parent_id).map(|(child, _)| child.as_ref())
    }

    /// The knowledge base with this id, for the person with this userId.
    pub(crate) fn find_workspace(&self, workspace_id: &str, user_id: &str) -> Result<FoundWorkspace, WikiError> {
        let workspace = self.workspaces.get(workspace_id).ok_or(WikiError::UnknownWorkspace)?;
        if workspace.workspace_type == WorkspaceType::Personal {
            return Err(WikiError::NotAWorkspace);
        }
        let role = workspace.readable_by(user_id)?;
        Ok(FoundWorkspace { workspace: Arc::clone(workspace), role })
    }

    /// A page of the knowledge bases that the person may read, of one knowledge team or of all.
    pub(crate) fn list_workspaces(
        &self,
        user_id: &str,
        order: WorkspaceOrder,
        team_id: Option<&str>,
        page: PageRequest<'_>,
    ) -> Result<Page<FoundWorkspace>, WikiError> {
        let listed = self.workspaces.listed(team_id)?;
        let find = |position: usize| {
            let place = match order {
                WorkspaceOrder::OldestFirst => position,
                // Later ones would shift what is counted from the newest, so the newest are found from a fixed end.
                WorkspaceOrder::NewestFirst => position.checked_sub(1)?,
            };
            let workspace = self.workspaces.at(*listed.get(place)?)?;
            let role = workspace.readable_by(user_id);
            Some(role.ok().map(|role| FoundWorkspace { workspace: Arc::clone(workspace), role }))
        };
        let scope = ["workspaces", order.name(), team_id.unwrap_or_default()];
        match order {
            WorkspaceOrder::OldestFirst => page.answer(&scope, 0, |position| position + 1, find),
            WorkspaceOrder::NewestFirst => {
                page.answer(&scope, listed.len(), |position| position.saturating_sub(1), find)
            }
        }
    }

    /// Makes a knowledge base with its root. Its creator owns it; everybody else may read it.
    pub(crate) fn create_workspace(&mut self, new: NewWorkspace) -> Result<FoundWorkspace, WikiError> {
        self.workspaces.check_team(&new.team_id)?;
        let (workspace_id, root_id) = (self.mint.alphanumeric(16), self.mint.alphanumeric(32));
        let root = Node::root(&root_id, &workspace_id, &new);
        let workspace = Workspace::new(workspace_id, root_id, new);
        self.nodes.insert(root)?;
        Ok(FoundWorkspace { workspace: self.workspaces.insert(workspace), role: PermissionRole::Owner })
    }

    /// The node with this id, for the person with this userId.
    pub(crate) fn find_node(&self, node_id: &str, user_id: &str) -> Result<FoundNode, WikiError> {
        let node = self.nodes.node(node_id).ok_or(WikiError::UnknownNode)?;
        let role = self.role(node, user_id)?;
        Ok(FoundNode { has_children: self.nodes.has_children(node_id), node: Arc::clone(node), role })
    }

    /// The online document with this key, which older links name it by.
    pub(crate) fn find_by_doc_key(&self, doc_key: &str, user_id: &str) -> Result<FoundNode, WikiError> {
        let node = self.nodes.by_doc_key(doc_key).ok_or(WikiError::UnknownNode)?;
        self.find_node(&node.id, user_id)
    }

    /// A page of the direct children of a node, oldest first.
    pub(crate) fn list_children(
        &self,
        parent_id: &str,
        user_id: &str,
        page: PageRequest<'_>,
    ) -> Result<Page<FoundNode>, WikiError> {
        let parent = self.nodes.node(parent_id).ok_or(WikiError::UnknownParent)?;
        let role = self.role(parent, user_id)?;
        let find = |position: usize| {
            let (child, has_children) = self.nodes.child(parent_id, position)?;
            Some(Some(FoundNode { node: Arc::clone(child), has_children, role }))
        };
        page.answer(&["nodes", parent_id], 0, |position| position + 1, find)
    }

    /// Makes a folder or a document.
    pub(crate) fn create_document(&mut self, new: NewDocument<'_>) -> Result<Arc<Node>, WikiError> {
        let workspace = self.workspaces.get(new.workspace_id).ok_or(WikiError::UnknownWorkspace)?;
        if workspace.role_of(&new.creator_id) < PermissionRole::Editor {
            return Err(WikiError::Forbidden);
        }
        let parent_id = new.parent_id.unwrap_or(&workspace.root_node_id);
        let parent = self.nodes.node(parent_id).filter(|parent| parent.workspace_id == workspace.id);
        if !parent.ok_or(WikiError::UnknownParent)?.may_have_children() {
            return Err(WikiError::Childless);
        }
        let template = match new.template {
            Some((id, source)) => Some(demo::template(id, source, new.doc_type).ok_or(WikiError::UnknownTemplate)?),
            None => None,
        };
        let extension = new.doc_type.extension();
        let name = named(new.name, extension);
        // Asked before ids are made, so that a refusal does not use any up.
        if self.nodes.has_child_named(parent_id, &name) {
            return Err(WikiError::NameTaken);
        }
        let node = Node {
            id: self.mint.alphanumeric(32),
            short_id: self.mint.alphanumeric(16),
            doc_key: if new.doc_type == DocType::Folder { String::new() } else { self.mint.alphanumeric(16) },
            workspace_id: workspace.id.clone(),
            parent_id: Some(parent_id.to_owned()),
            name,
            node_type: new.doc_type.node_type(),
            category: new.doc_type.category(),
            extension: extension.to_owned(),
            size: template.map_or(0, |template| template.size),
            word_count: template.map_or(0, |template| template.word_count),
            modifier_id: new.creator_id.clone(),
            creator_id: new.creator_id,
            created_at: new.created_at,
            modified_at: new.created_at,
        };
        self.nodes.insert(node)
    }

    /// What the person may do with the node: the same as in its knowledge base.
    fn role(&self, node: &Node, user_id: &str) -> Result<PermissionRole, WikiError> {
        let workspace = self.workspaces.get(&node.workspace_id).ok_or(WikiError::UnknownNode)?;
        workspace.readable_by(user_id)
    }
}

/// A node's name carries its extension, once.
fn named(name: String, extension: &str) -> String {
    let carries_it = name.rsplit_once('.').is_some_and(|(_, last)| last == extension);
    if extension.is_empty() || carries_it { name } else { format!("{name}.{extension}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extension_is_added_once() {
        assert_eq!(named("周报".to_owned(), "adoc"), "周报.adoc");
        assert_eq!(named("周报.adoc".to_owned(), "adoc"), "周报.adoc");
        assert_eq!(named("v1.2".to_owned(), "axls"), "v1.2.axls");
        assert_eq!(named("归档".to_owned(), ""), "归档");
    }

    #[test]
    fn what_is_written_and_read_again_is_the_same() -> serde_json::Result<()> {
        let wiki = Wiki::new(1);
        let written = serde_json::to_value(&wiki)?;

        let read: Wiki = serde_json::from_value(written.clone())?;

        assert_eq!(serde_json::to_value(&read)?, written);
        let children = |wiki: &Wiki| wiki.children(FOLDER_NODE_ID).cloned().collect::<Vec<_>>();
        assert_eq!(children(&read), children(&wiki));
        assert!(!children(&read).is_empty());
        assert!(read.workspace(WORKSPACE_ID).is_some());
        Ok(())
    }
}
