use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::office::{Office, read, with_json};

#[tokio::test]
async fn an_unknown_path_is_refused_in_the_manner_of_its_api() {
    let office = Office::open().await;

    office.get("/v1.0/im/group/none").await.assert_refused(404, "simulatedTenant.unknownCall");
    office.post("/v2.0/wiki/nodes", &json!({})).await.assert_refused(404, "simulatedTenant.unknownCall");
    office.post("/topapi/v2/user/none", &json!({})).await.assert_errcode(9_990_404);
    office.get("/").await.assert_errcode(9_990_404);
}

#[tokio::test]
async fn an_unknown_call_is_told_as_the_tenant_s_own_lack_and_can_be_taught() {
    let office = Office::open().await;
    let asked = office.get("/v1.0/drive/spaces").await;
    let message = asked.body["message"].as_str().expect("a message").to_owned();
    assert!(message.starts_with("the simulated tenant does not know the call GET /v1.0/drive/spaces"), "{message}");
    // As it is printed.
    let (_, rule) = message.split_once("POST /-/faults ").expect("what to do");
    let rule: serde_json::Value = serde_json::from_str(rule).expect("JSON");
    read(with_json(office.request(Method::POST, "/-/faults"), &rule)).await;
    let taught = office.get("/v1.0/drive/spaces").await;
    assert!(taught.status == 200 && taught.body == json!({}), "{taught:?}");
}

#[tokio::test]
async fn the_wrong_method_is_refused_in_the_manner_of_its_api() {
    let office = Office::open().await;

    office.get("/v1.0/im/group/create").await.assert_refused(404, "simulatedTenant.unknownCall");
    office.get("/topapi/v2/user/get").await.assert_errcode(43002);
    office.post("/gettoken", &json!({})).await.assert_errcode(43001);
    read(office.request(Method::DELETE, "/gettoken")).await.assert_errcode(9_990_404);
}

#[tokio::test]
async fn no_two_answers_have_the_same_request_id() {
    let office = Office::open().await;

    let first = office.get("/v1.0/none").await;
    let second = office.get("/v1.0/none").await;

    assert_ne!(first.body["requestid"], second.body["requestid"]);
}

#[tokio::test]
async fn a_refused_request_leaves_its_connection_open() {
    let office = Office::open().await;
    let mut connection = TcpStream::connect(office.tenant.address()).await.expect("it listens");
    let head = "POST /v1.0/im/group/create HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n";

    for _ in 0..2 {
        connection.write_all(format!("{head}content-length: 2\r\n\r\n").as_bytes()).await.expect("it is sent");
        // The body comes later, as it does from callers that send head and body in two packets.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        connection.write_all(b"{}").await.expect("it is sent");
        let mut answer = [0; 1024];
        let length = connection.read(&mut answer).await.expect("it is answered");
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("InvalidAuthentication"), "{answer:?}");
    }
}
