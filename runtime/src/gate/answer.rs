//! Takes an answer in: the secrets are taken out of it, and it is read, or kept as a file where the node wants one.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::message::{AnswerForm, KeptAnswer, Response, ResponseBody};
use super::passage::{Failed, Outgoing, Passage};
use super::tokens::Token;
use super::transport::{OpenResponse, RawResponse, ResponseStream, SignedRequest, TransportError};
use crate::exchange::RecordedBody;
use crate::files::{FileError, FileStream, NewFile};
use crate::provider::{AnswerRule, Slot};
use crate::scrub::Scrubber;

/// The longest answer that is read where a file was wanted and none came.
const LONGEST_TOLD: usize = 1 << 20;

/// What came back.
pub(super) enum Answer {
    /// All of it.
    Whole(RawResponse),
    /// A file was made of it.
    Kept(Response),
}

impl Answer {
    /// As the node gets it.
    pub fn into_response(self) -> Response {
        match self {
            Self::Kept(response) => response,
            Self::Whole(RawResponse { status, headers, body }) => {
                Response { status, headers: header_texts(&headers), body: ResponseBody::Bytes(body) }
            }
        }
    }
}

impl ResponseBody {
    /// As the record has it.
    pub(super) fn recorded(&self) -> RecordedBody {
        match self {
            Self::Bytes(bytes) => RecordedBody::of(bytes),
            Self::File(file) => {
                let text = format!("file {} ({}, {}, {} bytes)", file.id, file.name, file.media_type, file.size);
                RecordedBody::of(&Bytes::from(text))
            }
        }
    }
}

/// An answer that says that nothing was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// The token is not valid any longer.
    Token,
    /// There were too many requests.
    Rate,
}

impl Refused {
    /// What an answer refuses by the slot's rules.
    pub fn of(slot: Option<&Slot>, response: &RawResponse) -> Option<Self> {
        // A long body is data, and a refusal is short: large answers are not parsed a second time.
        const LONGEST_REFUSAL: usize = 16 << 10;
        let (tokens, rates) =
            slot.map_or((&[][..], &[][..]), |slot| (slot.token_refused.as_slice(), slot.rate_refused.as_slice()));
        let is_short = response.body.len() <= LONGEST_REFUSAL && !(tokens.is_empty() && rates.is_empty());
        let json: Option<Value> = is_short.then(|| serde_json::from_slice(&response.body).ok()).flatten();
        let matches = |rule: &AnswerRule| rule.matches(response.status, json.as_ref());
        if tokens.iter().any(matches) {
            Some(Self::Token)
        } else if response.status == 429 || rates.iter().any(matches) {
            Some(Self::Rate)
        } else {
            None
        }
    }
}

impl RawResponse {
    /// The answer, unless it is encoded: none was asked for, and a secret in it would not be recognised.
    pub(super) fn unencoded(self) -> Result<Self, TransportError> {
        refuse_encoding(self.status, &self.headers)?;
        Ok(self)
    }
}

fn refuse_encoding(status: u16, headers: &HeaderMap) -> Result<(), TransportError> {
    let encoding = headers.get(CONTENT_ENCODING).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    match encoding.filter(|encoding| !encoding.trim().eq_ignore_ascii_case("identity") && !encoding.trim().is_empty()) {
        Some(encoding) => Err(TransportError::Encoded { status, encoding: encoding.chars().take(40).collect() }),
        None => Ok(()),
    }
}

impl Passage {
    /// Sends a request and takes its answer in.
    pub(super) async fn receive(
        &self,
        request: SignedRequest,
        outgoing: &Outgoing<'_>,
        token: Option<&Token>,
    ) -> Result<Answer, Failed> {
        let failed = |error| Failed::of(error, outgoing.effect);
        match &outgoing.answer {
            AnswerForm::Bytes => {
                let sent = self.gate.transport.send(request).await;
                let raw = sent.and_then(RawResponse::unencoded).map_err(failed)?;
                self.scrub(raw, outgoing, token).await.map(Answer::Whole)
            }
            AnswerForm::File(kept) => {
                let memory = request.memory.clone();
                let open = self.gate.transport.open(request).await.map_err(failed)?;
                refuse_encoding(open.status, &open.headers).map_err(failed)?;
                if is_file(&open, kept) {
                    self.keep(open, kept, outgoing, token).await
                } else {
                    let raw = open.whole(LONGEST_TOLD, &memory).await.map_err(failed)?;
                    self.scrub(raw, outgoing, token).await.map(Answer::Whole)
                }
            }
        }
    }

    /// All that takes secrets out of an answer to this run.
    fn scrubbers<'run>(&'run self, token: Option<&'run Token>) -> impl Iterator<Item = &'run Scrubber> {
        self.credentials.iter().map(|credential| credential.scrubber()).chain(token.map(Token::scrubber))
    }

    /// Step 7.
    async fn scrub(
        &self,
        mut response: RawResponse,
        outgoing: &Outgoing<'_>,
        token: Option<&Token>,
    ) -> Result<RawResponse, Failed> {
        /// More is not looked through on a thread that serves others.
        const LARGE: usize = 256 << 10;
        self.scrubbers(token).for_each(|scrubber| scrub_headers(scrubber, &mut response.headers));
        let body = std::mem::take(&mut response.body);
        if body.len() <= LARGE {
            response.body = self.scrubbers(token).fold(body, |body, scrubber| scrubber.bytes(body));
            return Ok(response);
        }
        let scrubbers: Vec<Scrubber> = self.scrubbers(token).cloned().collect();
        let scrub = move || scrubbers.iter().fold(body, |body, scrubber| scrubber.bytes(body));
        response.body = tokio::task::spawn_blocking(scrub).await.map_err(|error| {
            let message = format!("the answer could not be looked through for secrets: {error}");
            Failed::unusable(response.status, outgoing.effect, message, "Report it to Patchbay's authors.")
        })?;
        Ok(response)
    }

    /// Makes a file of an answer.
    async fn keep(
        &self,
        open: OpenResponse,
        kept: &KeptAnswer,
        outgoing: &Outgoing<'_>,
        token: Option<&Token>,
    ) -> Result<Answer, Failed> {
        let OpenResponse { status, mut headers, body } = open;
        let unusable = |message: String, hint: &str| Failed::unusable(status, outgoing.effect, message, hint);
        let Some(files) = &self.gate.files else {
            return Err(unusable(
                "the node wants the answer as a file, and this host keeps no files".to_owned(),
                "Run the node where files are kept.",
            ));
        };
        self.scrubbers(token).for_each(|scrubber| scrub_headers(scrubber, &mut headers));
        let name =
            kept.name.clone().or_else(|| name_of(&headers)).unwrap_or_else(|| last_segment(&outgoing.admitted.url));
        let broken = Arc::new(Mutex::new(None));
        let body = limited(body, status, self.gate.limits.max_file_bytes, Arc::clone(&broken));
        let content = self.scrubbers(token).cloned().fold(body, scrubbed);
        let new = NewFile { name: file_name(&name), media_type: media_type(&headers), content };
        let created = tokio::time::timeout(self.time_left(), files.create(&self.owner, new)).await;
        let taken = || broken.lock().unwrap_or_else(PoisonError::into_inner).take();
        match created {
            Ok(Ok(file)) => {
                Ok(Answer::Kept(Response { status, headers: header_texts(&headers), body: ResponseBody::File(file) }))
            }
            Err(_) => Err(Failed::of(TransportError::TimedOut(self.gate.limits.request_timeout), outgoing.effect)),
            Ok(Err(error)) => Err(match (taken(), error) {
                (Some(broken), _) => Failed::of(broken, outgoing.effect),
                (None, error) => {
                    tracing::warn!(cause = error.source_text(), "an answer could not be kept: {error}");
                    let hint = match error {
                        FileError::NoRoom(_) => "Remove files that are not needed any longer, then run it again.",
                        _ => "Run it again later.",
                    };
                    unusable(format!("the answer could not be kept: {error}"), hint)
                }
            }),
        }
    }
}

/// Whether an answer is what the node wants as a file, and not what tells of a failure.
fn is_file(open: &OpenResponse, kept: &KeptAnswer) -> bool {
    let media_type = media_type(&open.headers);
    (200..300).contains(&open.status) && !kept.except.iter().any(|except| except.eq_ignore_ascii_case(&media_type))
}

/// The media type of an answer, without its parameters.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.contains('/') && essence.len() <= 255 { essence } else { "application/octet-stream".to_owned() }
}

/// The file name that an answer gives itself.
fn name_of(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_DISPOSITION)?.to_str().ok()?;
    let parameter = |name: &str| {
        value.split(';').find_map(|part| {
            let (known, value) = part.split_once('=')?;
            known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
        })
    };
    let extended = parameter("filename*").and_then(|value| {
        let encoded = value.splitn(3, '\'').nth(2)?.to_owned();
        Some(percent_encoding::percent_decode_str(&encoded).decode_utf8_lossy().into_owned())
    });
    extended.or_else(|| parameter("filename")).filter(|name| !name.is_empty())
}

fn last_segment(url: &url::Url) -> String {
    url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default().to_owned()
}

/// A name without a path and without what a person could not read, of bounded length.
fn file_name(name: &str) -> String {
    const LONGEST: usize = 255;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut clean: String = name.chars().filter(|letter| !letter.is_control()).collect();
    clean.truncate(clean.floor_char_boundary(LONGEST));
    let clean = clean.trim().trim_start_matches('.');
    if clean.is_empty() { "file".to_owned() } else { clean.to_owned() }
}

/// The body of an answer as the content of a file: it ends in an error where it breaks off or is too large, and what that
/// was is told apart.
fn limited(body: ResponseStream, status: u16, limit: u64, broken: Arc<Mutex<Option<TransportError>>>) -> FileStream {
    Box::pin(stream::unfold((Some(body), limit), move |(body, left)| {
        let broken = Arc::clone(&broken);
        async move {
            let mut body = body?;
            let error = match body.next().await? {
                Ok(piece) => match left.checked_sub(piece.len() as u64) {
                    Some(left) => return Some((Ok(piece), (Some(body), left))),
                    None => TransportError::TooLarge { status, limit },
                },
                Err(error) => error,
            };
            let text = io::Error::other(error.to_string());
            *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            Some((Err(text), (None, 0)))
        }
    }))
}

/// Content without the secrets that a scrubber knows.
fn scrubbed(content: FileStream, scrubber: Scrubber) -> FileStream {
    let state = (Some(content), BytesMut::new());
    Box::pin(stream::unfold((state, scrubber), |((content, mut held), scrubber)| async move {
        let mut content = content?;
        loop {
            match content.next().await {
                Some(Ok(piece)) => {
                    held.extend_from_slice(&piece);
                    let clean = scrubber.piece(&mut held, false);
                    if !clean.is_empty() {
                        return Some((Ok(clean), ((Some(content), held), scrubber)));
                    }
                }
                Some(Err(error)) => return Some((Err(error), ((None, held), scrubber))),
                None if held.is_empty() => return None,
                None => {
                    let clean = scrubber.piece(&mut held, true);
                    return Some((Ok(clean), ((None, held), scrubber)));
                }
            }
        }
    }))
}

fn scrub_headers(scrubber: &Scrubber, headers: &mut HeaderMap) {
    headers.values_mut().for_each(|value| scrubber.header(value));
}

fn header_texts(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: reqwest::header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn a_file_is_named_by_its_answer_and_never_by_a_path() {
        for (value, name) in [
            (r#"attachment; filename="report.pdf""#, "report.pdf"),
            ("attachment; filename=report.pdf", "report.pdf"),
            (r#"attachment; filename="x.pdf"; filename*=UTF-8''%E4%B8%AD.pdf"#, "中.pdf"),
            (r#"attachment; filename="../../etc/passwd""#, "passwd"),
            (r#"attachment; filename="..\\..\\boot.ini""#, "boot.ini"),
            (r#"attachment; filename=".bashrc""#, "bashrc"),
        ] {
            let given = name_of(&headers(CONTENT_DISPOSITION, value)).unwrap();
            assert_eq!(file_name(&given), name, "{value}");
        }
        assert_eq!(name_of(&headers(CONTENT_DISPOSITION, "inline")), None);
        assert_eq!(file_name(""), "file");
        assert_eq!(file_name(&"字".repeat(300)).len(), 255);
    }

    #[test]
    fn an_encoding_that_was_not_asked_for_is_refused() {
        for (value, is_refused) in [("gzip", true), ("br, gzip", true), ("identity", false), ("", false)] {
            assert_eq!(refuse_encoding(200, &headers(CONTENT_ENCODING, value)).is_err(), is_refused, "{value}");
        }
        assert!(refuse_encoding(200, &HeaderMap::new()).is_ok());
    }

    #[test]
    fn the_media_type_is_that_of_the_answer_without_its_parameters() {
        assert_eq!(media_type(&headers(CONTENT_TYPE, "Text/CSV; charset=utf-8")), "text/csv");
        assert_eq!(media_type(&headers(CONTENT_TYPE, "nonsense")), "application/octet-stream");
        assert_eq!(media_type(&HeaderMap::new()), "application/octet-stream");
    }
}
