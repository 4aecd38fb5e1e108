//! Knowledge bases, and what people may do in them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::WikiError;
use super::demo;

/// A knowledge base.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Workspace {
    /// Its id: 16 letters and digits.
    pub id: String,
    /// The organisation's id.
    pub corp_id: String,
    /// The knowledge team it belongs to; empty when it belongs to none.
    pub team_id: String,
    /// The node that everything in it is below.
    pub root_node_id: String,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub workspace_type: WorkspaceType,
    /// A short description.
    pub description: String,
    /// The picture beside its name.
    pub icon: Icon,
    /// The address of the picture on its first page.
    pub cover: String,
    /// The userId of the person who made it.
    pub creator_id: String,
    /// The userId of the person who changed it last.
    pub modifier_id: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// When it was changed last, in milliseconds since 1970.
    pub modified_at: i64,
    /// What people may do in it who are not among [`Workspace::roles`].
    pub everybody: PermissionRole,
    /// What people with these userIds may do in it.
    pub roles: BTreeMap<String, PermissionRole>,
}

/// Whose a knowledge base is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum WorkspaceType {
    /// The organisation's.
    Team,
    /// One person's own documents; the calls do not take it for a knowledge base.
    Personal,
}

/// The picture beside a knowledge base's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Icon {
    /// What `value` is.
    #[serde(rename = "type")]
    pub icon_type: IconType,
    /// An address or a character.
    pub value: String,
}

/// What an icon is given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum IconType {
    /// The address of a picture.
    Url,
    /// A character.
    Emoji,
}

/// What somebody may do, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum PermissionRole {
    /// Nothing, not even see it.
    None,
    /// Read.
    Reader,
    /// Read and download.
    Downloader,
    /// Make and change documents.
    Editor,
    /// Manage it.
    Manager,
    /// Everything.
    Owner,
}

/// The order in which knowledge bases are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WorkspaceOrder {
    OldestFirst,
    NewestFirst,
}

/// What a knowledge base is made from.
pub(crate) struct NewWorkspace {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Empty for none.
    pub(crate) team_id: String,
    /// The userId of the person who makes it.
    pub(crate) creator_id: String,
    /// In milliseconds since 1970.
    pub(crate) created_at: i64,
}

impl Workspace {
    /// The link to its first page.
    pub fn url(&self) -> String {
        format!("https://alidocs.dingtalk.com/i/spaces/{}/overview", self.id)
    }

    pub(super) fn new(id: String, root_node_id: String, new: NewWorkspace) -> Self {
        Self {
            id,
            corp_id: demo::CORP_ID.to_owned(),
            team_id: new.team_id,
            root_node_id,
            name: new.name,
            workspace_type: WorkspaceType::Team,
            description: new.description,
            icon: Icon { icon_type: IconType::Url, value: demo::ICON_URL.to_owned() },
            cover: demo::COVER_URL.to_owned(),
            modifier_id: new.creator_id.clone(),
            created_at: new.created_at,
            modified_at: new.created_at,
            everybody: PermissionRole::Reader,
            roles: BTreeMap::from([(new.creator_id.clone(), PermissionRole::Owner)]),
            creator_id: new.creator_id,
        }
    }

    /// What the person with this userId may do in it.
    pub fn role_of(&self, user_id: &str) -> PermissionRole {
        self.roles.get(user_id).copied().unwrap_or(self.everybody)
    }

    /// The role of a person who may at least read.
    pub(super) fn readable_by(&self, user_id: &str) -> Result<PermissionRole, WikiError> {
        match self.role_of(user_id) {
            PermissionRole::None => Err(WikiError::Forbidden),
            role => Ok(role),
        }
    }
}

impl WorkspaceOrder {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::OldestFirst => "oldest",
            Self::NewestFirst => "newest",
        }
    }
}

/// All knowledge bases, oldest first.
#[derive(Default, Deserialize)]
#[serde(from = "Vec<Workspace>")]
pub(super) struct Workspaces {
    all: Vec<Arc<Workspace>>,
    by_id: HashMap<String, usize>,
    /// The positions of those that are listed: everything but people's own documents.
    listed: Vec<usize>,
    /// The same for each knowledge team.
    listed_by_team: HashMap<String, Vec<usize>>,
}

impl Workspaces {
    pub(super) fn all(&self) -> impl Iterator<Item = &Workspace> {
        self.all.iter().map(Arc::as_ref)
    }

    pub(super) fn get(&self, workspace_id: &str) -> Option<&Arc<Workspace>> {
        self.all.get(*self.by_id.get(workspace_id)?)
    }

    pub(super) fn at(&self, position: usize) -> Option<&Arc<Workspace>> {
        self.all.get(position)
    }

    /// The positions of the knowledge bases of one team, or of all.
    pub(super) fn listed(&self, team_id: Option<&str>) -> Result<&[usize], WikiError> {
        match team_id {
            None => Ok(&self.listed),
            Some(team_id) => self.listed_by_team.get(team_id).map(Vec::as_slice).ok_or(WikiError::UnknownTeam),
        }
    }

    /// Whether a new knowledge base may belong to this team. Teams are not made by any call that is served.
    pub(super) fn check_team(&self, team_id: &str) -> Result<(), WikiError> {
        let known = team_id.is_empty() || self.listed_by_team.contains_key(team_id);
        if known { Ok(()) } else { Err(WikiError::UnknownTeam) }
    }

    pub(super) fn insert(&mut self, workspace: Workspace) -> Arc<Workspace> {
        let position = self.all.len();
        self.by_id.insert(workspace.id.clone(), position);
        if workspace.workspace_type == WorkspaceType::Team {
            self.listed.push(position);
            if !workspace.team_id.is_empty() {
                self.listed_by_team.entry(workspace.team_id.clone()).or_default().push(position);
            }
        }
        let workspace = Arc::new(workspace);
        self.all.push(Arc::clone(&workspace));
        workspace
    }
}

/// Written as the list of the knowledge bases; the indexes are made again when it is read.
impl Serialize for Workspaces {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.all())
    }
}

impl From<Vec<Workspace>> for Workspaces {
    fn from(all: Vec<Workspace>) -> Self {
        let mut workspaces = Self::default();
        for workspace in all {
            workspaces.insert(workspace);
        }
        workspaces
    }
}
