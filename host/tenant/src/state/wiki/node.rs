//! Nodes: folders, online documents and uploaded files.

use serde::{Deserialize, Serialize};

use super::workspace::NewWorkspace;

/// A node of a knowledge base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Node {
    /// Its id: 32 letters and digits. The service calls it nodeId, in Create Doc's answer `dentryUuid`. That of a
    /// workbook is its workbookId.
    pub id: String,
    /// What Create Doc's answer calls `nodeId`; no other call takes it.
    pub short_id: String,
    /// The key by which older links name an online document; empty for everything else.
    pub doc_key: String,
    /// The knowledge base it is in.
    pub workspace_id: String,
    /// The node it is below; nothing for the root of a knowledge base.
    pub parent_id: Option<String>,
    /// Its name, with the extension.
    pub name: String,
    /// Whether it is a folder.
    pub node_type: NodeType,
    /// What it holds.
    pub category: Category,
    /// `adoc` for a text document, `axls` for a workbook, `amind` for a mind map; empty for a folder.
    pub extension: String,
    /// Its size in bytes.
    pub size: u64,
    /// How many words it has.
    pub word_count: u64,
    /// The userId of the person who made it.
    pub creator_id: String,
    /// The userId of the person who changed it last.
    pub modifier_id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was changed last, in milliseconds since 1970.
    pub modified_at: i64,
}

/// Whether a node is a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum NodeType {
    /// A document or a file.
    File,
    /// A folder.
    Folder,
}

/// What a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Category {
    /// An online document.
    Alidoc,
    /// A document that was uploaded.
    Document,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound recording.
    Audio,
    /// An archive.
    Archive,
    /// Anything else, and folders.
    Other,
}

/// The kinds of node that Create Doc makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum DocType {
    Doc,
    Workbook,
    Mind,
    Folder,
}

/// Where a template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) enum TemplateType {
    #[serde(rename = "public_template")]
    Public,
    #[serde(rename = "team_template")]
    Team,
    #[serde(rename = "user_template")]
    User,
}

impl Node {
    /// The link to it.
    pub fn url(&self) -> String {
        format!("https://alidocs.dingtalk.com/i/nodes/{}", self.id)
    }

    /// The root of a new knowledge base: a folder of its name.
    pub(super) fn root(id: &str, workspace_id: &str, new: &NewWorkspace) -> Self {
        Self {
            id: id.to_owned(),
            short_id: String::new(),
            doc_key: String::new(),
            workspace_id: workspace_id.to_owned(),
            parent_id: None,
            name: new.name.clone(),
            node_type: NodeType::Folder,
            category: Category::Other,
            extension: String::new(),
            size: 0,
            word_count: 0,
            creator_id: new.creator_id.clone(),
            modifier_id: new.creator_id.clone(),
            created_at: new.created_at,
            modified_at: new.created_at,
        }
    }

    pub(super) fn may_have_children(&self) -> bool {
        self.node_type == NodeType::Folder || self.extension == DocType::Doc.extension()
    }
}

impl DocType {
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Doc => "adoc",
            Self::Workbook => "axls",
            Self::Mind => "amind",
            Self::Folder => "",
        }
    }

    pub(super) const fn node_type(self) -> NodeType {
        match self {
            Self::Folder => NodeType::Folder,
            Self::Doc | Self::Workbook | Self::Mind => NodeType::File,
        }
    }

    pub(super) const fn category(self) -> Category {
        match self {
            Self::Folder => Category::Other,
            Self::Doc | Self::Workbook | Self::Mind => Category::Alidoc,
        }
    }
}
