//! The organisation as a file holds it.

use serde::{Deserialize, Serialize};

use super::{Chats, Directory, Notices, Organisation, Wiki, Workbooks, reading};

/// Raised when files of before can not be read any longer.
const FORMAT: u32 = 1;

/// All but the tokens: after a restart each is fetched anew.
#[derive(Serialize)]
struct Whole<'a> {
    format: u32,
    directory: &'a Directory,
    chats: &'a Chats,
    notices: &'a Notices,
    wiki: &'a Wiki,
    workbooks: &'a Workbooks,
}

/// A part that is absent stays as it is built in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    format: u32,
    directory: Option<Directory>,
    chats: Option<Chats>,
    notices: Option<Notices>,
    wiki: Option<Wiki>,
    workbooks: Option<Workbooks>,
}

/// Why a text is not the state of an organisation.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// It is not JSON of the shape that [`Tenant::state`](crate::Tenant::state) gives.
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
    /// It was written by another version.
    #[error("the state has format {0}, this version reads format {FORMAT}")]
    Format(u32),
}

impl Organisation {
    /// The state as JSON text.
    pub(crate) fn to_json(&self) -> Result<String, serde_json::Error> {
        let wiki = reading(&self.wiki);
        serde_json::to_string(&Whole {
            format: FORMAT,
            directory: &self.directory,
            chats: &self.chats,
            notices: &self.notices,
            wiki: &wiki,
            workbooks: &self.workbooks,
        })
    }

    /// Takes over what the text says of the organisation.
    pub(crate) fn read(&mut self, json: &str) -> Result<(), StateError> {
        let Parts { format, directory, chats, notices, wiki, workbooks } = serde_json::from_str(json)?;
        if format != FORMAT {
            return Err(StateError::Format(format));
        }
        take(&mut self.directory, directory);
        take(&mut self.chats, chats);
        take(&mut self.notices, notices);
        take(&mut self.wiki, wiki.map(Into::into));
        take(&mut self.workbooks, workbooks);
        Ok(())
    }
}

fn take<T>(own: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *own = given;
    }
}
