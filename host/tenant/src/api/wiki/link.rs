//! Links to nodes.
//!
//! | link | names |
//! | --- | --- |
//! | `https://alidocs.dingtalk.com/i/nodes/{nodeId}` | the node |
//! | `https://alidocs.dingtalk.com/document/edit?dentryKey={docKey}`, also `preview` | the online document |
//! | `https://alidocs.dingtalk.com/spreadsheetv2/{docKey}/edit` | the online document |
//! | `https://alidocs.dingtalk.com/i/p/{shortKey}`, `/i/spaces/{workspaceId}/overview`, any other path | nothing |
//!
//! A query and a fragment that say nothing of the node are ignored. Refused are links with another scheme or to another
//! host, and what is no link at all.

use axum::http::Uri;

const HOST: &str = "alidocs.dingtalk.com";

/// What a link names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// A node, by its id.
    Node(String),
    /// An online document, by its key.
    Document(String),
    /// No node.
    Elsewhere,
}

/// The text is not a link to a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("url must be a link such as https://{HOST}/i/nodes/{{nodeId}}")]
pub(super) struct MalformedLink;

impl std::str::FromStr for Link {
    type Err = MalformedLink;

    fn from_str(text: &str) -> Result<Self, MalformedLink> {
        let before_fragment = text.split('#').next().unwrap_or_default();
        let uri: Uri = before_fragment.parse().map_err(|_| MalformedLink)?;
        let is_link =
            uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| host.eq_ignore_ascii_case(HOST));
        if !is_link {
            return Err(MalformedLink);
        }
        let segments: Vec<&str> = uri.path().split('/').filter(|segment| !segment.is_empty()).collect();
        Ok(match segments.as_slice() {
            ["i", "nodes", node_id] => Self::Node((*node_id).to_owned()),
            ["document", "edit" | "preview"] => {
                uri.query().and_then(dentry_key).map_or(Self::Elsewhere, |key| Self::Document(key.to_owned()))
            }
            ["spreadsheetv2", doc_key, ..] => Self::Document((*doc_key).to_owned()),
            _ => Self::Elsewhere,
        })
    }
}

fn dentry_key(query: &str) -> Option<&str> {
    query.split('&').find_map(|parameter| parameter.strip_prefix("dentryKey="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_names_its_node() {
        for (link, names) in [
            ("https://alidocs.dingtalk.com/i/nodes/Ab1", Link::Node("Ab1".to_owned())),
            ("https://alidocs.dingtalk.com/i/nodes/Ab1/", Link::Node("Ab1".to_owned())),
            ("https://alidocs.dingtalk.com/i/nodes/Ab1?doc_type=wiki_doc#top", Link::Node("Ab1".to_owned())),
            ("https://ALIDOCS.dingtalk.com/i/nodes/Ab1", Link::Node("Ab1".to_owned())),
            ("https://alidocs.dingtalk.com/document/edit?a=1&dentryKey=K2", Link::Document("K2".to_owned())),
            ("https://alidocs.dingtalk.com/document/preview?dentryKey=K2", Link::Document("K2".to_owned())),
            ("https://alidocs.dingtalk.com/spreadsheetv2/K2/edit", Link::Document("K2".to_owned())),
            ("https://alidocs.dingtalk.com/document/edit", Link::Elsewhere),
            ("https://alidocs.dingtalk.com/i/p/K2", Link::Elsewhere),
            ("https://alidocs.dingtalk.com/i/spaces/W3/overview", Link::Elsewhere),
            ("https://alidocs.dingtalk.com", Link::Elsewhere),
        ] {
            assert_eq!(link.parse(), Ok(names), "{link}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "Ab1",
            "/i/nodes/Ab1",
            "http://alidocs.dingtalk.com/i/nodes/Ab1",
            "https://docs.example.com/i/nodes/Ab1",
            "https://alidocs.dingtalk.com.example.com/i/nodes/Ab1",
            "https://alidocs.dingtalk.com/i/nodes/a b",
        ] {
            assert_eq!(text.parse::<Link>(), Err(MalformedLink), "{text}");
        }
    }
}
