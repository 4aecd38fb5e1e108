//! Compares what was sent for the same values.

use std::fmt;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::capture::Sent;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// How many requests there are.
    Count,
    Host,
    Method,
    /// The segments of the path, decoded.
    Path,
    /// How the same segments are encoded.
    PathEncoding,
    Query,
    /// Its place, and the host that it is for.
    Token,
    ContentType,
    Body,
}

/// One difference.
#[derive(Debug)]
pub struct Difference<'a> {
    pub part: Part,
    /// Where it is; none for the number of requests.
    pub requests: Option<(&'a Sent, &'a Sent)>,
    number: usize,
    node: String,
    sdk: String,
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, number, node, sdk, .. } = self;
        write!(f, "{part:?}, request {number}\n  node: {node}\n  SDK:  {sdk}")
    }
}

/// The differences between the requests of a node and of the SDK.
pub fn compare<'a>(node: &'a [Sent], sdk: &'a [Sent]) -> Vec<Difference<'a>> {
    let mut differences: Vec<Difference> = node
        .iter()
        .zip(sdk)
        .enumerate()
        .flat_map(|(number, requests)| compare_requests(requests, number + 1))
        .collect();
    if node.len() != sdk.len() {
        let number = node.len().min(sdk.len()) + 1;
        let (node, sdk) = (told(node), told(sdk));
        differences.push(Difference { part: Part::Count, requests: None, number, node, sdk });
    }
    differences
}

fn compare_requests<'a>((node, sdk): (&'a Sent, &'a Sent), number: usize) -> Vec<Difference<'a>> {
    let mut differences = Vec::new();
    let mut differ = |part, node_has: String, sdk_has: String| {
        if node_has != sdk_has {
            let requests = Some((node, sdk));
            differences.push(Difference { part, requests, number, node: node_has, sdk: sdk_has });
        }
    };
    differ(Part::Host, node.host.to_owned(), sdk.host.to_owned());
    differ(Part::Method, node.method.clone(), sdk.method.clone());
    let segments = |sent: &Sent| sent.path.split('/').map(decoded).collect::<Vec<_>>();
    if segments(node) == segments(sdk) {
        differ(Part::PathEncoding, node.path.clone(), sdk.path.clone());
    } else {
        differ(Part::Path, node.path.clone(), sdk.path.clone());
    }
    differ(Part::Query, format!("{:?}", node.query), format!("{:?}", sdk.query));
    differ(Part::Token, node.token.clone(), sdk.token.clone());
    differ(Part::ContentType, format!("{:?}", node.content_type), format!("{:?}", sdk.content_type));
    differ(Part::Body, sorted(&node.body), sorted(&sdk.body));
    differences
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// The text of a JSON value, the same whatever the order of its members is.
fn sorted(value: &Value) -> String {
    let mut value = value.clone();
    value.sort_all_objects();
    value.to_string()
}

fn told(requests: &[Sent]) -> String {
    let told: Vec<String> = requests.iter().map(|sent| format!("{} {}", sent.method, sent.path)).collect();
    format!("{} requests: {}", requests.len(), told.join(", "))
}
