//! Files: the gate streams them, and the node names them.

use super::*;
use crate::exchange::ExchangeOutcome;
use crate::gate::message::{KeptAnswer, Part, PartContent, ResponseBody, SendErrorKind};

fn setup(script: Arc<Script>, files: &Arc<Files>) -> Setup {
    let limits = GateLimits { max_file_bytes: 1_000, ..GateLimits::default() };
    Setup::with(script, PROVIDER, limits, Some(Arc::clone(files) as _))
}

fn agreeing() -> Arc<Script> {
    Script::with_tokens(|_| answer(200, json!({ "media_id": "m1" })))
}

fn upload(id: &str) -> Request {
    let part = |name: &str, content| Part { name: name.into(), file_name: None, content_type: None, content };
    let parts = vec![part("type", PartContent::Bytes("image".into())), part("media", PartContent::File(id.into()))];
    Request { body: Some(Body::Parts(parts)), ..write("/media/upload") }
}

fn download() -> Request {
    let kept = KeptAnswer { name: None, except: vec!["application/json".into()] };
    Request { answer: AnswerForm::File(kept), ..read("/media/report.pdf") }
}

#[tokio::test]
async fn a_form_is_sent_with_its_file_and_recorded_without() {
    let files = Files::with("f1", "photo.png", "image/png", "the content of a photo");
    let setup = setup(agreeing(), &files);
    let (answered, exchange) = setup.send(upload("f1")).await;
    assert!(matches!(answered.unwrap().body, ResponseBody::Bytes(_)));
    let sent = &setup.script.calls()[0];
    let content_type = sent.headers["content-type"].to_str().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8(sent.body.to_vec()).unwrap();
    assert!(body.starts_with(&format!("--{boundary}\r\n")) && body.ends_with(&format!("--{boundary}--\r\n")), "{body}");
    assert!(body.contains(
        "name=\"media\"; filename=\"photo.png\"\r\ncontent-type: image/png\r\n\r\nthe content of a photo\r\n"
    ));
    let recorded = String::from_utf8(exchange.body.unwrap().text.to_vec()).unwrap();
    assert!(recorded.contains("f1") && !recorded.contains("the content"), "{recorded}");
}

#[tokio::test]
async fn a_file_alone_is_sent_under_its_own_media_type_unless_the_node_names_another() {
    let files = Files::with("f1", "photo.png", "image/png", "the content");
    let setup = setup(agreeing(), &files);
    let request = Request { method: "PUT".into(), body: Some(Body::File("f1".into())), ..write("/media") };
    setup.send(request.clone()).await.0.unwrap();
    let named = Request { headers: vec![("Content-Type".into(), "application/octet-stream".into())], ..request };
    setup.send(named).await.0.unwrap();
    let types: Vec<_> = setup.script.calls().iter().map(|sent| sent.headers["content-type"].clone()).collect();
    assert_eq!(types, ["image/png", "application/octet-stream"]);
    assert!(setup.script.calls().iter().all(|sent| &*sent.body == b"the content" && sent.method == "PUT"));
}

#[tokio::test]
async fn a_file_that_can_not_be_had_leaves_the_request_unsent() {
    let files = Files::with("large", "a", "text/plain", &"x".repeat(1_001));
    let with_files = setup(agreeing(), &files);
    let without = Setup::new(agreeing());
    for (setup, id, said) in [
        (&with_files, "gone", "no file `gone`"),
        (&with_files, "large", "1001 bytes"),
        (&without, "f1", "keeps no files"),
    ] {
        let (error, exchange) = setup.send(upload(id)).await;
        let error = error.unwrap_err();
        assert_eq!((error.kind, error.retryable), (SendErrorKind::File, false), "{error:?}");
        assert!(error.message.contains(said) && error.hint.contains("not sent"), "{error:?}");
        assert!(matches!(exchange.outcome, ExchangeOutcome::Failed { maybe_executed: false, .. }));
        assert_eq!((setup.script.calls().len(), setup.script.fetches()), (0, 0));
    }
}

#[tokio::test]
async fn a_file_belongs_to_its_owner() {
    let files = Files::with("f1", "photo.png", "image/png", "x");
    let setup = setup(agreeing(), &files);
    let mine = setup.passage();
    assert_eq!(mine.describe("f1").await.unwrap().name, "photo.png");
    let theirs = Passage { owner: "somebody else".into(), ..setup.passage() };
    assert_eq!(theirs.describe("f1").await, None);
    assert_eq!(theirs.send(upload("f1")).await.unwrap().unwrap_err().kind, SendErrorKind::File);
}

#[tokio::test]
async fn an_answer_is_kept_as_a_file_without_the_secrets_in_it() {
    let files = Arc::new(Files::default());
    let headers = [("content-type", "application/pdf"), ("content-disposition", "attachment; filename=\"q3.pdf\"")];
    let content = format!("%PDF {SECRET} and canary-session-token.");
    let setup = setup(Script::with_tokens(move |_| answer_with(200, &headers, &content)), &files);
    let (answered, exchange) = setup.send(download()).await;
    let ResponseBody::File(file) = answered.unwrap().body else { panic!("it is no file") };
    assert_eq!((&*file.name, &*file.media_type), ("q3.pdf", "application/pdf"));
    assert_eq!(files.content(&file.id), "%PDF [removed] and [removed].");
    let ExchangeOutcome::Answered { status: 200, body, .. } = exchange.outcome else { panic!("{exchange:?}") };
    assert!(String::from_utf8_lossy(&body.text).contains("q3.pdf"));
}

#[tokio::test]
async fn a_file_has_the_name_that_the_node_gives_it_or_that_of_its_address() {
    let files = Arc::new(Files::default());
    let setup = setup(Script::with_tokens(|_| answer_with(200, &[], "x")), &files);
    let named = |name: Option<&str>| Request {
        answer: AnswerForm::File(KeptAnswer { name: name.map(str::to_owned), except: vec![] }),
        ..download()
    };
    for (given, name) in [(Some("../q3.pdf"), "q3.pdf"), (None, "report.pdf")] {
        let ResponseBody::File(file) = setup.send(named(given)).await.0.unwrap().body else { panic!("it is no file") };
        assert_eq!((&*file.name, &*file.media_type), (name, "application/octet-stream"));
    }
}

#[tokio::test]
async fn an_answer_that_tells_of_a_failure_comes_as_bytes() {
    let files = Arc::new(Files::default());
    for (status, media_type) in [(404, "application/pdf"), (200, "application/json; charset=utf-8")] {
        let script = Script::with_tokens(move |_| answer_with(status, &[("content-type", media_type)], "{}"));
        let setup = setup(script, &files);
        let response = setup.send(download()).await.0.unwrap();
        assert!(matches!(response.body, ResponseBody::Bytes(body) if &*body == b"{}"));
    }
    assert_eq!(files.len(), 0);
}

#[tokio::test]
async fn an_answer_that_is_too_large_or_breaks_off_is_not_kept() {
    let files = Arc::new(Files::default());
    let large = setup(Script::with_tokens(|_| answer_with(200, &[], &"x".repeat(1_001))), &files);
    let (error, exchange) = large.send(download()).await;
    assert_eq!(error.unwrap_err().message, "the answer is larger than 1000 bytes");
    assert_eq!(exchange.status(), Some(200));
    assert_eq!(files.len(), 0);
    let without = Setup::new(Script::with_tokens(|_| answer_with(200, &[], "x")));
    let (error, _) = without.send(download()).await;
    let error = error.unwrap_err();
    assert!(error.message.contains("keeps no files") && error.hint.contains("where files are kept"), "{error:?}");
}

#[tokio::test]
async fn a_refused_token_is_renewed_and_the_file_sent_once_more() {
    let first = std::sync::atomic::AtomicBool::new(true);
    let script = Script::with_tokens(move |_| answer(if first.swap(false, Relaxed) { 401 } else { 200 }, json!({})));
    let files = Files::with("f1", "photo.png", "image/png", "the content");
    let setup = setup(script, &files);
    let (answered, exchange) = setup.send(upload("f1")).await;
    assert_eq!((answered.unwrap().status, exchange.resent), (200, 1));
    let bodies: Vec<Bytes> = setup.script.calls().into_iter().map(|sent| sent.body).collect();
    assert_eq!(bodies[0], bodies[1], "written the same both times");
}
