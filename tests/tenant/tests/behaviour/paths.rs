use reqwest::Method;
use serde_json::json;

use crate::office::{Office, read};

#[tokio::test]
async fn an_unknown_path_is_refused_in_the_manner_of_its_api() {
    let office = Office::open().await;

    office.get("/v1.0/im/group/none").await.assert_refused(404, "InvalidAction.NotFound");
    office.post("/v2.0/wiki/nodes", &json!({})).await.assert_refused(404, "InvalidAction.NotFound");
    office.post("/topapi/v2/user/none", &json!({})).await.assert_errcode(404);
    office.get("/").await.assert_errcode(404);
}

#[tokio::test]
async fn the_wrong_method_is_refused_in_the_manner_of_its_api() {
    let office = Office::open().await;

    office.get("/v1.0/im/group/create").await.assert_refused(404, "InvalidAction.NotFound");
    office.get("/topapi/v2/user/get").await.assert_errcode(43002);
    office.post("/gettoken", &json!({})).await.assert_errcode(43001);
    read(office.request(Method::DELETE, "/gettoken")).await.assert_errcode(404);
}

#[tokio::test]
async fn no_two_answers_have_the_same_request_id() {
    let office = Office::open().await;

    let first = office.get("/v1.0/none").await;
    let second = office.get("/v1.0/none").await;

    assert_ne!(first.body["requestid"], second.body["requestid"]);
}
