//! What somebody may use: everything, or what is listed.

use serde::{Deserialize, Serialize};

/// All of something, or only what is listed. An empty list grants nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", from = "Written<T>")]
pub enum Grants<T> {
    /// Everything, also what comes to be later.
    #[default]
    All,
    /// These and no others.
    Only(Vec<T>),
}

/// Grants as they were written: now, or by a version for which an empty list was everything.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written<T> {
    Before(Vec<T>),
    Now(Now<T>),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Now<T> {
    All,
    Only(Vec<T>),
}

impl<T> Grants<T> {
    /// Grants of a list that somebody wrote: everything where nothing is listed.
    pub fn all_unless_listed(listed: Vec<T>) -> Self {
        if listed.is_empty() { Self::All } else { Self::Only(listed) }
    }

    /// Whether everything is granted, or something of which this is true.
    pub fn allow(&self, is_meant: impl FnMut(&T) -> bool) -> bool {
        match self {
            Self::All => true,
            Self::Only(listed) => listed.iter().any(is_meant),
        }
    }

    /// What is listed; none for everything.
    pub fn listed(&self) -> Option<&[T]> {
        match self {
            Self::All => None,
            Self::Only(listed) => Some(listed),
        }
    }

    /// What is listed; none for everything.
    pub fn into_listed(self) -> Option<Vec<T>> {
        match self {
            Self::All => None,
            Self::Only(listed) => Some(listed),
        }
    }
}

impl<T> From<Written<T>> for Grants<T> {
    fn from(written: Written<T>) -> Self {
        match written {
            Written::Before(listed) => Self::all_unless_listed(listed),
            Written::Now(Now::All) => Self::All,
            Written::Now(Now::Only(listed)) => Self::Only(listed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Grants<String> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn an_empty_list_grants_nothing_and_one_of_an_earlier_version_everything() {
        for grants in [Grants::All, Grants::Only(Vec::new()), Grants::Only(vec!["a".to_owned()])] {
            assert_eq!(read(&serde_json::to_string(&grants).unwrap()), grants);
        }
        assert!(!Grants::<String>::Only(Vec::new()).allow(|_| true) && Grants::<String>::All.allow(|_| false));
        assert_eq!(read("[]"), Grants::All);
        assert_eq!(read(r#"["a"]"#), Grants::Only(vec!["a".to_owned()]));
    }
}
