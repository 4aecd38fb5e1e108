//! What can not be loaded is left out and told; the rest is served.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::serving::{Serving, read_body};
use crate::cli::assert_says;
use crate::environment::stderr;

/// Puts a broken component and a provider that calls itself like another one beside the nodes.
fn spoil(nodes: &Path) {
    fs::write(nodes.join("dingtalk/broken.wasm"), "not a component").unwrap();
    fs::create_dir(nodes.join("impostor")).unwrap();
    fs::copy(nodes.join("dingtalk/provider.toml"), nodes.join("impostor/provider.toml")).unwrap();
    fs::create_dir(nodes.join("scrawled")).unwrap();
    fs::write(nodes.join("scrawled/provider.toml"), "id = 1").unwrap();
}

#[tokio::test]
async fn what_can_not_be_loaded_is_told_and_the_rest_is_served() {
    let serving = Serving::start_with_nodes(spoil).await;
    assert_eq!(serving.up.invoke("get-user", read_body()).await.json()["StatusCode"], 200);
    let listed = serving.up.get("/v1/nodes").await.json();
    let nodes = listed["nodes"].as_array().unwrap();
    assert!(nodes.len() > 30 && nodes.iter().all(|node| node["id"] != "dingtalk/broken"), "{listed}");

    let ready = serving.up.get("/readyz").await;
    let readiness = ready.json();
    assert_eq!((ready.status, &readiness["status"], &readiness["loading"]), (200, &json!("ready"), &json!(0)));
    let left_out = readiness["left_out"].as_array().unwrap();
    let names: Vec<&str> = left_out.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["dingtalk/broken", "impostor", "scrawled"]);
    assert_says(left_out[0]["reason"].as_str().unwrap(), &["not a component"]);
    assert!(!ready.text.contains(serving.data.path().to_str().unwrap()), "a path of the machine: {}", ready.text);
}

#[tokio::test]
async fn a_node_that_can_not_be_loaded_is_a_problem_without_a_path_of_the_machine() {
    let serving = Serving::start_with_nodes(spoil).await;
    let (message, hint) = serving.up.invoke("broken", json!({})).await.problem(500);
    assert_eq!(message, "the node `dingtalk/broken` can not be run");
    assert_says(&hint, &["/readyz"]);
    // Answers when all nodes were loaded, or could not be.
    serving.up.get("/v1/nodes").await;
    let (_, said) = serving.up.stop("TERM").await;
    assert_says(&said, &["dingtalk/broken is left out", "broken.wasm"]);
}

#[tokio::test]
async fn an_id_has_one_owner_and_both_are_named() {
    let serving = Serving::start_with_nodes(spoil).await;
    let output = serving.command().arg("list").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_says(&String::from_utf8(output.stdout.clone()).unwrap(), &["dingtalk/get-user"]);
    let expected = [
        "left out: dingtalk/broken",
        "left out: impostor",
        "its id `dingtalk` belongs to the folder `dingtalk`",
        "impostor/provider.toml",
        "left out: scrawled",
    ];
    assert_says(&stderr(&output), &expected);
}
