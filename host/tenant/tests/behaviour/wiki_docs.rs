use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use patchbay_tenant::{
    DOCUMENT_NODE_ID, EXTERNAL_UNION_ID, FOLDER_NODE_ID, HANDBOOK_WORKSPACE_ID, MANAGER_UNION_ID, MEMBER_UNION_ID,
    MEMBER_USER_ID, ManualClock, TEMPLATE_ID, TenantConfig, WORKBOOK_ID, WORKSPACE_ID,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, read, text, with_json};
use crate::wiki_workspaces::managed;

const ARGUMENT_INVALID: &str = "invalidRequest.inputArgs.invalid";
const NAME_CONFLICT: &str = "invalidRequest.workspaceNode.nameConflict";
const PARENT_NOT_FOUND: &str = "invalidRequest.workspaceNode.parentNotFound";
const TEMPLATE_NOT_FOUND: &str = "invalidRequest.template.notFound";

async fn create_in(office: &Office, workspace_id: &str, body: Value) -> Answer {
    office.newer(Method::POST, &format!("/v1.0/doc/workspaces/{workspace_id}/docs"), Some(body)).await
}

async fn create(office: &Office, body: Value) -> Answer {
    create_in(office, WORKSPACE_ID, body).await
}

fn document(name: &str, doc_type: &str) -> Value {
    json!({ "name": name, "docType": doc_type, "operatorId": MEMBER_UNION_ID })
}

/// A good request, with one field replaced.
fn with(field: &str, value: Value) -> Value {
    let mut body = document("三季度计划", "DOC");
    body[field] = value;
    body
}

fn root(office: &Office) -> String {
    office.tenant.workspace(WORKSPACE_ID).expect("the knowledge base").root_node_id
}

#[tokio::test]
async fn a_new_document_is_seen_by_every_read() {
    let clock = ManualClock::at(UNIX_EPOCH + Duration::from_millis(1_684_150_140_007));
    let office = Office::with(TenantConfig { clock: Arc::new(clock), ..TenantConfig::default() }).await;

    let answer = create(&office, document("三季度计划", "DOC")).await;

    assert_eq!(answer.status, 200);
    let created = answer.body;
    let [id, short, key] = ["dentryUuid", "nodeId", "docKey"].map(|field| text(&created[field]));
    assert_eq!([id.len(), short.len(), key.len()], [32, 16, 16]);
    let url = format!("https://alidocs.dingtalk.com/i/nodes/{id}");
    assert_eq!(
        created,
        json!({ "workspaceId": WORKSPACE_ID, "nodeId": short, "docKey": key, "url": url, "dentryUuid": id })
    );
    let node = office.newer(Method::GET, &managed(&format!("/v2.0/wiki/nodes/{id}")), None).await.body["node"].clone();
    assert_eq!(
        node,
        json!({
            "nodeId": id,
            "workspaceId": WORKSPACE_ID,
            "name": "三季度计划.adoc",
            "size": 0,
            "type": "FILE",
            "category": "ALIDOC",
            "extension": "adoc",
            "url": url,
            "creatorId": MEMBER_USER_ID,
            "modifierId": MEMBER_USER_ID,
            "createTime": "2023-05-15T11:29Z",
            "modifiedTime": "2023-05-15T11:29Z",
            "hasChildren": false,
            "createTimestamp": 1_684_150_140_007_i64,
            "modifiedTimestamp": 1_684_150_140_007_i64,
        })
    );
    let batch = json!({ "nodeIds": [id] });
    let batch = office.newer(Method::POST, &managed("/v2.0/wiki/nodes/batchQuery"), Some(batch)).await;
    assert_eq!(batch.body["nodes"], json!([node]));
    let by_url = json!({ "url": url });
    let by_url = office.newer(Method::POST, &managed("/v2.0/wiki/nodes/queryByUrl"), Some(by_url)).await;
    assert_eq!(by_url.body["node"], node);
    let listed = format!("/v2.0/wiki/nodes?parentNodeId={}", root(&office));
    let listed = office.newer(Method::GET, &managed(&listed), None).await;
    assert_eq!(listed.body["nodes"].as_array().and_then(|nodes| nodes.last()), Some(&node));
}

#[tokio::test]
async fn each_type_has_its_extension() {
    let office = Office::open().await;

    for (doc_type, name, node_type, has_key) in [
        ("DOC", "新建.adoc", "FILE", true),
        ("WORKBOOK", "新建.axls", "FILE", true),
        ("MIND", "新建.amind", "FILE", true),
        ("FOLDER", "新建", "FOLDER", false),
    ] {
        let created = create(&office, document("新建", doc_type)).await.body;
        let path = format!("/v2.0/wiki/nodes/{}", text(&created["dentryUuid"]));
        let node = office.newer(Method::GET, &managed(&path), None).await.body["node"].clone();
        assert_eq!((&node["name"], &node["type"]), (&json!(name), &json!(node_type)));
        assert_eq!(text(&created["docKey"]).is_empty(), !has_key);
    }
}

#[tokio::test]
async fn a_new_workbook_takes_spreadsheet_calls() {
    let office = Office::open().await;
    let created = create(&office, document("四季度台账", "WORKBOOK")).await.body;
    let id = text(&created["dentryUuid"]);
    let path = |rest: &str| managed(&format!("/v1.0/doc/workbooks/{id}/sheets/Sheet1{rest}"));

    let appended =
        office.newer(Method::POST, &path("/appendRows"), Some(json!({ "values": [["日期", "金额"]] }))).await;

    assert_eq!(appended.body, json!({ "a1Notation": "A1:B1" }));
    let sheet = office.newer(Method::GET, &path(""), None).await;
    assert_eq!((&sheet.body["name"], &sheet.body["lastNonEmptyRow"]), (&json!("Sheet1"), &json!(0)));
}

#[tokio::test]
async fn a_document_that_is_no_workbook_takes_none() {
    let office = Office::open().await;
    let id = text(&create(&office, document("说明", "DOC")).await.body["dentryUuid"]);

    let answer = office.newer(Method::GET, &managed(&format!("/v1.0/doc/workbooks/{id}/sheets/Sheet1")), None).await;

    answer.assert_refused(400, "invalidRequest.resource.notWorkbook");
}

#[tokio::test]
async fn documents_are_made_below_folders_and_text_documents() {
    let office = Office::open().await;
    let below = |parent: &str| with("parentNodeId", json!(parent));

    for parent in [FOLDER_NODE_ID, DOCUMENT_NODE_ID, &root(&office)] {
        let created = create(&office, below(parent)).await;
        assert_eq!(created.status, 200, "{created:?}");
        let node = office.tenant.node(&text(&created.body["dentryUuid"])).expect("the node");
        assert_eq!(node.parent_id.as_deref(), Some(parent));
    }
    let path = format!("/v2.0/wiki/nodes/{DOCUMENT_NODE_ID}");
    assert_eq!(office.newer(Method::GET, &managed(&path), None).await.body["node"]["hasChildren"], true);
    create(&office, below(WORKBOOK_ID)).await.assert_refused(400, ARGUMENT_INVALID);
}

#[tokio::test]
async fn a_parent_must_be_in_the_knowledge_base() {
    let office = Office::open().await;
    let elsewhere = office.tenant.workspace(HANDBOOK_WORKSPACE_ID).expect("the knowledge base").root_node_id;
    let short = text(&create(&office, document("上级", "FOLDER")).await.body["nodeId"]);

    for parent in ["00000000000000000000000000000000", &elsewhere, &short] {
        let body = with("parentNodeId", json!(parent));
        create(&office, body).await.assert_refused(400, PARENT_NOT_FOUND);
    }
}

#[tokio::test]
async fn two_nodes_of_one_name_cannot_have_one_parent() {
    let office = Office::open().await;
    create(&office, document("三季度计划", "DOC")).await;
    let before = office.tenant.child_nodes(&root(&office)).len();

    create(&office, document("三季度计划", "DOC")).await.assert_refused(400, NAME_CONFLICT);
    create(&office, document("三季度计划.adoc", "DOC")).await.assert_refused(400, NAME_CONFLICT);
    create(&office, document("市场调研", "DOC")).await.assert_refused(400, NAME_CONFLICT);

    assert_eq!(office.tenant.child_nodes(&root(&office)).len(), before);
    let elsewhere = with("parentNodeId", json!(FOLDER_NODE_ID));
    assert_eq!(create(&office, elsewhere).await.status, 200);
    assert_eq!(create(&office, document("三季度计划", "WORKBOOK")).await.status, 200);
}

#[tokio::test]
async fn documents_of_one_name_made_at_the_same_time_are_one() {
    let office = Office::open().await;
    let token = office.token().await;
    let one = |_| {
        let path = format!("/v1.0/doc/workspaces/{WORKSPACE_ID}/docs");
        let request = office.request(Method::POST, &path).header(crate::office::TOKEN_HEADER, &token);
        tokio::spawn(read(with_json(request, &document("同名", "DOC"))))
    };

    let mut made = 0;
    for call in (0..20).map(one).collect::<Vec<_>>() {
        let answer = call.await.expect("the call ends");
        made += usize::from(answer.status == 200);
    }

    assert_eq!(made, 1);
}

#[tokio::test]
async fn malformed_requests_are_refused() {
    let office = Office::open().await;

    for body in [
        json!({ "docType": "DOC", "operatorId": MEMBER_UNION_ID }),
        json!({ "name": "计划", "operatorId": MEMBER_UNION_ID }),
        json!({ "name": "计划", "docType": "DOC" }),
        with("name", json!("")),
        with("name", json!("  ")),
        with("name", json!(5)),
        with("docType", json!("doc")),
        with("docType", json!("SHEET")),
        with("docType", json!(1)),
        with("operatorId", json!("")),
        with("operatorId", json!(MEMBER_USER_ID)),
        with("parentNodeId", json!(5)),
        with("templateId", json!(5)),
        with("templateType", json!("TEAM_TEMPLATE")),
    ] {
        create(&office, body).await.assert_refused(400, ARGUMENT_INVALID);
    }
    assert_eq!(office.tenant.child_nodes(&root(&office)).iter().filter(|node| node.name.contains("计划")).count(), 0);
}

#[tokio::test]
async fn an_operator_in_the_query_counts_as_missing() {
    let office = Office::open().await;
    let path = managed(&format!("/v1.0/doc/workspaces/{WORKSPACE_ID}/docs"));

    let answer = office.newer(Method::POST, &path, Some(json!({ "name": "计划", "docType": "DOC" }))).await;

    answer.assert_refused(400, ARGUMENT_INVALID);
}

#[tokio::test]
async fn somebody_else_cannot_make_documents() {
    let office = Office::open().await;
    let by = |operator: &str| with("operatorId", json!(operator));

    for outsider in ["Ab3De6Gh9Jk2Mn5Pq8St1ViEiE", EXTERNAL_UNION_ID] {
        create(&office, by(outsider)).await.assert_refused(403, "forbidden.user.notInOrg");
    }
    let as_reader = create_in(&office, HANDBOOK_WORKSPACE_ID, by(MEMBER_UNION_ID)).await;
    as_reader.assert_refused(403, "forbidden.accessDenied");
    assert_eq!(create_in(&office, HANDBOOK_WORKSPACE_ID, by(MANAGER_UNION_ID)).await.status, 200);
}

#[tokio::test]
async fn an_unknown_knowledge_base_takes_no_documents() {
    let office = Office::open().await;

    let answer = create_in(&office, "0000000000000000", document("计划", "DOC")).await;

    answer.assert_refused(404, "invalidRequest.resource.notFound");
}

#[tokio::test]
async fn a_document_made_from_a_template_has_its_words() {
    let office = Office::open().await;
    let from = |template: &str, kind: Value, doc_type: &str| {
        let mut body = document(&format!("周报 {template} {kind}"), doc_type);
        body["templateId"] = json!(template);
        body["templateType"] = kind;
        body
    };

    let created = create(&office, from(TEMPLATE_ID, json!("team_template"), "DOC")).await;

    let node = office.tenant.node(&text(&created.body["dentryUuid"])).expect("the node");
    assert_eq!((node.size, node.word_count), (2_048, 96));
    assert_eq!(create(&office, from(TEMPLATE_ID, Value::Null, "DOC")).await.status, 200);
    for body in [
        from("none", json!("team_template"), "DOC"),
        from(TEMPLATE_ID, json!("user_template"), "DOC"),
        from(TEMPLATE_ID, json!("team_template"), "WORKBOOK"),
        from(TEMPLATE_ID, json!("team_template"), "FOLDER"),
    ] {
        create(&office, body).await.assert_refused(400, TEMPLATE_NOT_FOUND);
    }
}

#[tokio::test]
async fn the_same_calls_give_the_same_ids() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let office = Office::open().await;
        create(&office, document("市场调研", "DOC")).await.assert_refused(400, NAME_CONFLICT);
        seen.push(create(&office, document("三季度计划", "DOC")).await.body);
    }

    assert_eq!(seen[0], seen[1]);
}

#[tokio::test]
async fn making_documents_needs_a_token() {
    let office = Office::open().await;
    let path = format!("/v1.0/doc/workspaces/{WORKSPACE_ID}/docs");

    let request = with_json(office.request(Method::POST, &path), &document("计划", "DOC"));

    read(request).await.assert_refused(400, "InvalidAuthentication");
}
