//! Writes a body: bytes as they are, a file, or the parts of a form (`multipart/form-data`, RFC 7578).

use std::io;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use memchr::memmem;
use sha2::{Digest, Sha256};

use super::transport::{BodyStream, RequestBody};
use crate::files::{FileStream, OpenFile};

/// A part whose file, if it has one, is open.
pub(super) struct OpenPart {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub content: Content,
}

pub(super) enum Content {
    Bytes(Bytes),
    File(OpenFile),
}

/// A form that is written: its boundary, and what lies between.
pub(super) struct Form {
    boundary: String,
    pieces: Vec<Content>,
}

impl Form {
    /// Writes parts in their order.
    pub fn of(parts: Vec<OpenPart>) -> Self {
        let boundary = boundary(&parts);
        let mut pieces = Vec::with_capacity(2 * parts.len() + 1);
        for (index, part) in parts.into_iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\r\n" };
            pieces.push(Content::Bytes(format!("{line_break}--{boundary}\r\n{}\r\n", head(&part)).into()));
            pieces.push(part.content);
        }
        let line_break = if pieces.is_empty() { "" } else { "\r\n" };
        pieces.push(Content::Bytes(format!("{line_break}--{boundary}--\r\n").into()));
        Self { boundary, pieces }
    }

    /// The value of the header `content-type`.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// The body: in one piece when no part is a file.
    pub fn into_body(self) -> RequestBody {
        let length = self.pieces.iter().map(Content::length).fold(0, u64::saturating_add);
        if self.pieces.iter().any(|piece| matches!(piece, Content::File(_))) {
            let pieces = self.pieces.into_iter().map(Content::into_stream);
            return RequestBody::Stream(BodyStream { content: Box::pin(stream::iter(pieces).flatten()), length });
        }
        let whole: Vec<u8> = self.pieces.iter().flat_map(|piece| piece.bytes().iter().copied()).collect();
        RequestBody::Bytes(whole.into())
    }
}

impl Content {
    fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(file) => file.info.size,
        }
    }

    /// What is there of it without reading.
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::File(_) => &[],
        }
    }

    fn into_stream(self) -> FileStream {
        match self {
            Self::Bytes(bytes) => Box::pin(stream::iter([Ok(bytes)])),
            Self::File(file) => exactly(file),
        }
    }
}

/// A file's content, which has to be as long as the file says: the service was told so.
pub(super) fn exactly(file: OpenFile) -> FileStream {
    let OpenFile { info, content } = file;
    let wrong = |what: &str| io::Error::other(format!("the file is {what} than it says"));
    let state = (Some(content), info.size);
    Box::pin(stream::unfold(state, move |(content, left)| async move {
        let mut content = content?;
        match content.next().await {
            Some(Ok(piece)) => match left.checked_sub(piece.len() as u64) {
                Some(left) => Some((Ok(piece), (Some(content), left))),
                None => Some((Err(wrong("longer")), (None, 0))),
            },
            Some(Err(error)) => Some((Err(error), (None, 0))),
            None if left > 0 => Some((Err(wrong("shorter")), (None, 0))),
            None => None,
        }
    }))
}

/// The header lines of a part, with their line breaks.
fn head(part: &OpenPart) -> String {
    let (file_name, content_type) = match &part.content {
        Content::Bytes(_) => (part.file_name.as_deref(), part.content_type.as_deref()),
        Content::File(file) => (
            Some(part.file_name.as_deref().unwrap_or(&file.info.name)),
            Some(part.content_type.as_deref().unwrap_or(&file.info.media_type)),
        ),
    };
    let mut head = format!("content-disposition: form-data; name=\"{}\"", quoted(&part.name));
    if let Some(file_name) = file_name {
        head.push_str(&format!("; filename=\"{}\"", quoted(file_name)));
    }
    if let Some(content_type) = content_type {
        // What a header can not hold ends it: nothing of a part's type becomes a line of its own.
        let content_type: String = content_type.chars().take_while(|letter| !letter.is_control()).collect();
        head.push_str(&format!("\r\ncontent-type: {content_type}"));
    }
    head.push_str("\r\n");
    head
}

/// As browsers write it (WHATWG, multipart/form-data encoding).
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

/// A boundary that does not occur in the parts. It is made of what they hold, files by their digests, so that the same form
/// is written the same each time, and a file can not know the boundary that it is sent with.
fn boundary(parts: &[OpenPart]) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for part in parts {
        add(part.name.as_bytes());
        match &part.content {
            Content::Bytes(bytes) => add(bytes),
            Content::File(file) => add(file.info.sha256.as_bytes()),
        }
    }
    loop {
        let digest = hash.clone().finalize();
        let digits: String = digest.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
        let boundary = format!("patchbay-{digits}");
        let occurs = |part: &OpenPart| memmem::find(part.content.bytes(), boundary.as_bytes()).is_some();
        if !parts.iter().any(occurs) {
            return boundary;
        }
        hash.update([0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::FileInfo;

    fn part(name: &str, content: Content) -> OpenPart {
        OpenPart { name: name.into(), file_name: None, content_type: None, content }
    }

    fn file(size: u64, pieces: &[&'static str]) -> OpenFile {
        let info = FileInfo {
            id: "f1".into(),
            name: "a \"b\"\r\n.png".into(),
            media_type: "image/png".into(),
            size,
            sha256: "00".into(),
        };
        let pieces: Vec<io::Result<Bytes>> =
            pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
        OpenFile { info, content: Box::pin(stream::iter(pieces)) }
    }

    async fn read(body: RequestBody) -> (String, u64) {
        match body {
            RequestBody::Bytes(bytes) => (String::from_utf8(bytes.to_vec()).unwrap(), bytes.len() as u64),
            RequestBody::Stream(mut stream) => {
                let mut all = Vec::new();
                while let Some(piece) = stream.content.next().await {
                    all.extend_from_slice(&piece.unwrap());
                }
                (String::from_utf8(all).unwrap(), stream.length)
            }
            RequestBody::Empty => (String::new(), 0),
        }
    }

    #[tokio::test]
    async fn fields_and_files_are_written_in_their_order_and_the_length_is_known() {
        let form = Form::of(vec![
            part("type", Content::Bytes("image".into())),
            part("media", Content::File(file(6, &["abc", "def"]))),
        ]);
        let boundary = form.boundary.clone();
        assert_eq!(form.content_type(), format!("multipart/form-data; boundary={boundary}"));
        let (text, length) = read(form.into_body()).await;
        let expected = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"type\"\r\n\r\nimage\r\n--{boundary}\r\n\
             content-disposition: form-data; name=\"media\"; filename=\"a %22b%22%0D%0A.png\"\r\n\
             content-type: image/png\r\n\r\nabcdef\r\n--{boundary}--\r\n"
        );
        assert_eq!(text, expected);
        assert_eq!(length, expected.len() as u64);
    }

    #[tokio::test]
    async fn a_part_says_its_own_file_name_and_type() {
        let named = OpenPart {
            file_name: Some("r.csv".into()),
            content_type: Some("text/csv\r\nx-evil: 1".into()),
            ..part("rows", Content::Bytes("1,2".into()))
        };
        let (text, _) = read(Form::of(vec![named]).into_body()).await;
        assert!(text.contains("name=\"rows\"; filename=\"r.csv\"\r\ncontent-type: text/csv\r\n\r\n1,2"), "{text}");
    }

    #[tokio::test]
    async fn the_boundary_does_not_occur_in_what_it_bounds() {
        let first = Form::of(vec![part("a", Content::Bytes("1".into()))]).boundary;
        let again = Form::of(vec![part("a", Content::Bytes("1".into()))]).boundary;
        assert_eq!(first, again);
        // A content whose own boundary stands in it can not be made up; two parts of which one guesses the other's can not
        // either, but a longer list with the same texts has another boundary.
        let with_it = Form::of(vec![part("a", Content::Bytes(first.clone().into()))]);
        assert_ne!(with_it.boundary, first);
        assert_eq!(read(Form::of(vec![]).into_body()).await.0.matches("--").count(), 2);
    }

    #[tokio::test]
    async fn a_file_that_is_not_as_long_as_it_says_breaks_the_request_off() {
        for (size, pieces) in [(5, &["abc", "def"][..]), (7, &["abc", "def"]), (1, &[])] {
            let all: Vec<io::Result<Bytes>> = exactly(file(size, pieces)).collect().await;
            assert!(all.last().unwrap().is_err(), "{size}");
        }
        let all: Vec<io::Result<Bytes>> = exactly(file(6, &["abc", "def"])).collect().await;
        assert!(all.iter().all(Result::is_ok));
    }
}
