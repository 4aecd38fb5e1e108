use patchbay_tenant::{
    DOCUMENT_NODE_ID, FINANCE_WORKSPACE_ID, FOLDER_NODE_ID, HANDBOOK_WORKSPACE_ID, MANAGER_UNION_ID, MEMBER_UNION_ID,
    MEMBER_USER_ID, Node, PERSONAL_WORKSPACE_ID, WORKBOOK_ID, WORKSPACE_ID,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, read, text};
use crate::wiki_workspaces::managed;

const BATCH: &str = "/v2.0/wiki/nodes/batchQuery";
const BY_URL: &str = "/v2.0/wiki/nodes/queryByUrl";

async fn get(office: &Office, path: &str) -> Answer {
    office.newer(Method::GET, path, None).await
}

async fn batch(office: &Office, ids: Value) -> Answer {
    office.newer(Method::POST, &managed(BATCH), Some(json!({ "nodeIds": ids }))).await
}

async fn by_url(office: &Office, url: &str) -> Answer {
    office.newer(Method::POST, &managed(BY_URL), Some(json!({ "url": url }))).await
}

fn ids(answer: &Answer) -> Vec<String> {
    let nodes = answer.body["nodes"].as_array().expect("a list");
    nodes.iter().map(|node| text(&node["nodeId"])).collect()
}

fn root(office: &Office, workspace_id: &str) -> String {
    office.tenant.workspace(workspace_id).expect("the knowledge base").root_node_id
}

fn child(office: &Office, parent_id: &str, name: &str) -> Node {
    let mut children = office.tenant.child_nodes(parent_id).into_iter();
    children.find(|child| child.name == name).expect("the child")
}

#[tokio::test]
async fn a_node_is_answered_with_all_its_fields() {
    let office = Office::open().await;

    let answer = get(&office, &managed(&format!("/v2.0/wiki/nodes/{DOCUMENT_NODE_ID}"))).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({
            "node": {
                "nodeId": DOCUMENT_NODE_ID,
                "workspaceId": WORKSPACE_ID,
                "name": "市场调研.adoc",
                "size": 18_432,
                "type": "FILE",
                "category": "ALIDOC",
                "extension": "adoc",
                "url": format!("https://alidocs.dingtalk.com/i/nodes/{DOCUMENT_NODE_ID}"),
                "creatorId": MEMBER_USER_ID,
                "modifierId": MEMBER_USER_ID,
                "createTime": "2025-05-13T02:00Z",
                "modifiedTime": "2025-05-13T02:00Z",
                "hasChildren": false,
                "createTimestamp": 1_747_101_600_000_i64,
                "modifiedTimestamp": 1_747_101_600_000_i64,
            }
        })
    );
}

#[tokio::test]
async fn word_count_and_role_are_answered_when_they_are_asked_for() {
    let office = Office::open().await;

    let query = "withStatisticalInfo=true&withPermissionRole=true";
    let path = format!("/v2.0/wiki/nodes/{DOCUMENT_NODE_ID}?{query}&operatorId={MEMBER_UNION_ID}");
    let one = get(&office, &path).await;
    let option = json!({ "withStatisticalInfo": true, "withPermissionRole": true });
    let body = json!({ "nodeIds": [DOCUMENT_NODE_ID], "option": option });
    let several = office.newer(Method::POST, &format!("{BATCH}?operatorId={MEMBER_UNION_ID}"), Some(body)).await;

    assert_eq!(one.body["node"]["statisticalInfo"], json!({ "wordCount": 2_316 }));
    assert_eq!(one.body["node"]["permissionRole"], "EDITOR");
    assert_eq!(several.body["nodes"][0], one.body["node"]);
}

#[tokio::test]
async fn booleans_of_a_query_may_be_capitalised() {
    let office = Office::open().await;
    let query = "withStatisticalInfo=True&withPermissionRole=False";
    let one = get(&office, &managed(&format!("/v2.0/wiki/nodes/{DOCUMENT_NODE_ID}?{query}"))).await;
    let query = format!("parentNodeId={FOLDER_NODE_ID}&maxResults=1&withPermissionRole=True");
    let list = get(&office, &managed(&format!("/v2.0/wiki/nodes?{query}"))).await;

    assert_eq!(one.body["node"]["statisticalInfo"], json!({ "wordCount": 2_316 }));
    assert_eq!(one.body["node"].get("permissionRole"), None);
    assert_eq!(list.body["nodes"][0]["permissionRole"], "OWNER");
}

#[tokio::test]
async fn folders_and_uploaded_files_tell_what_they_are() {
    let office = Office::open().await;
    let files = child(&office, &root(&office, WORKSPACE_ID), "附件");
    let pdf = child(&office, &files.id, "传感器报价单.pdf");

    let answer = batch(&office, json!([files.id, pdf.id])).await;

    let facts = |place: usize| {
        ["type", "category", "extension", "size", "hasChildren"].map(|field| answer.body["nodes"][place][field].clone())
    };
    assert_eq!(json!(facts(0)), json!(["FOLDER", "OTHER", "", 0, true]));
    assert_eq!(json!(facts(1)), json!(["FILE", "DOCUMENT", "pdf", 348_160, false]));
}

#[tokio::test]
async fn the_built_in_workbook_is_a_node() {
    let office = Office::open().await;

    let node = get(&office, &managed(&format!("/v2.0/wiki/nodes/{WORKBOOK_ID}"))).await;

    assert_eq!(node.body["node"]["extension"], "axls");
    assert!(
        ids(&get(&office, &managed(&format!("/v2.0/wiki/nodes?parentNodeId={}", root(&office, WORKSPACE_ID)))).await)
            .contains(&WORKBOOK_ID.to_owned())
    );
}

#[tokio::test]
async fn a_node_that_cannot_be_read_is_refused() {
    let office = Office::open().await;
    let secret = &office.tenant.child_nodes(&root(&office, FINANCE_WORKSPACE_ID))[0].id;
    let short = office.tenant.node(DOCUMENT_NODE_ID).expect("the document").short_id;

    for unknown in ["00000000000000000000000000000000", WORKSPACE_ID, &short] {
        get(&office, &managed(&format!("/v2.0/wiki/nodes/{unknown}"))).await.assert_refused(404, "nodeNotExist");
    }
    assert_eq!(get(&office, &managed(&format!("/v2.0/wiki/nodes/{secret}"))).await.status, 200);
    let as_member = |path: &str| format!("/v2.0/wiki/nodes{path}operatorId={MEMBER_UNION_ID}");
    get(&office, &as_member(&format!("/{secret}?"))).await.assert_refused(403, "permissionDenied");
    let below = as_member(&format!("?parentNodeId={}&", root(&office, FINANCE_WORKSPACE_ID)));
    get(&office, &below).await.assert_refused(403, "permissionDenied");
    let url = json!({ "url": format!("https://alidocs.dingtalk.com/i/nodes/{secret}") });
    let by_url = office.newer(Method::POST, &format!("{BY_URL}?operatorId={MEMBER_UNION_ID}"), Some(url)).await;
    by_url.assert_refused(403, "permissionDenied");
    let body = json!({ "nodeIds": [DOCUMENT_NODE_ID, secret] });
    let several = office.newer(Method::POST, &format!("{BATCH}?operatorId={MEMBER_UNION_ID}"), Some(body)).await;
    several.assert_refused(403, "permissionDenied");
}

#[tokio::test]
async fn somebodys_own_documents_are_read_as_nodes() {
    let office = Office::open().await;
    let path = format!("/v2.0/wiki/nodes?parentNodeId={}", root(&office, PERSONAL_WORKSPACE_ID));

    assert_eq!(get(&office, &managed(&path)).await.body["nodes"][0]["name"], "待办.adoc");
    get(&office, &format!("{path}&operatorId={MEMBER_UNION_ID}")).await.assert_refused(403, "permissionDenied");
}

#[tokio::test]
async fn children_are_listed_in_the_order_they_were_made() {
    let office = Office::open().await;
    let root = root(&office, HANDBOOK_WORKSPACE_ID);

    let answer = get(&office, &managed(&format!("/v2.0/wiki/nodes?parentNodeId={root}"))).await;

    let facts: Vec<Value> = answer.body["nodes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|node| json!([node["name"], node["hasChildren"]]))
        .collect();
    assert_eq!(json!(facts), json!([["考勤制度.adoc", false], ["报销制度.adoc", true], ["入职指南.adoc", false]]));
    assert_eq!(answer.body["nextToken"], "");
    let expenses = child(&office, &root, "报销制度.adoc");
    let below = get(&office, &managed(&format!("/v2.0/wiki/nodes?parentNodeId={}", expenses.id))).await;
    assert_eq!(below.body["nodes"][0]["name"], "差旅标准.adoc");
}

#[tokio::test]
async fn pages_of_children_follow_each_other() {
    let office = Office::open().await;
    let page = async |query: &str| {
        let answer = get(&office, &managed(&format!("/v2.0/wiki/nodes?parentNodeId={FOLDER_NODE_ID}&{query}"))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        (ids(&answer), text(&answer.body["nextToken"]))
    };
    let all: Vec<String> = office.tenant.child_nodes(FOLDER_NODE_ID).into_iter().map(|node| node.id).collect();

    let (first, token) = page("").await;
    let (second, end) = page(&format!("nextToken={token}")).await;

    assert_eq!((all.len(), first.len(), end.as_str()), (64, 50, ""));
    assert_eq!([first, second].concat(), all);
    let (mut seen, mut query) = (Vec::new(), "maxResults=7".to_owned());
    loop {
        let (items, token) = page(&query).await;
        seen.extend(items);
        if token.is_empty() {
            break;
        }
        query = format!("maxResults=7&nextToken={token}");
    }
    assert_eq!(seen, all);
    let (whole, end) = page("maxResults=32").await;
    assert_eq!((whole.len(), end.is_empty()), (32, false));
    let (rest, end) = page(&format!("maxResults=32&nextToken={end}")).await;
    assert_eq!((rest.len(), end.as_str()), (32, ""));
}

#[tokio::test]
async fn a_token_of_another_list_is_refused() {
    let office = Office::open().await;
    let first = get(&office, &managed(&format!("/v2.0/wiki/nodes?parentNodeId={FOLDER_NODE_ID}"))).await;
    let token = text(&first.body["nextToken"]);

    let other = format!("/v2.0/wiki/nodes?parentNodeId={}&nextToken={token}", root(&office, WORKSPACE_ID));
    get(&office, &managed(&other)).await.assert_refused(400, "paramError");
    let other = format!("/v2.0/wiki/workspaces?nextToken={token}");
    get(&office, &managed(&other)).await.assert_refused(400, "paramError");
}

#[tokio::test]
async fn parameters_of_a_list_of_children_are_checked() {
    let office = Office::open().await;
    let list = async |query: &str| get(&office, &managed(&format!("/v2.0/wiki/nodes?{query}"))).await;

    for query in ["maxResults=10", "parentNodeId=", &format!("workspaceId={WORKSPACE_ID}")] {
        list(query).await.assert_refused(400, "paramError");
    }
    for query in ["maxResults=0", "maxResults=51", "maxResults=-1", "maxResults=ten", "maxResults=1.5", "nextToken=50"]
    {
        list(&format!("parentNodeId={FOLDER_NODE_ID}&{query}")).await.assert_refused(400, "paramError");
    }
    list("parentNodeId=00000000000000000000000000000000").await.assert_refused(404, "parentNodeNotExist");
    assert_eq!(list(&format!("parentNodeId={DOCUMENT_NODE_ID}")).await.body["nodes"], json!([]));
    let with_role = list(&format!("parentNodeId={FOLDER_NODE_ID}&withPermissionRole=true&maxResults=1")).await;
    assert_eq!(with_role.body["nodes"][0]["permissionRole"], "OWNER");
}

#[tokio::test]
async fn a_batch_leaves_out_nodes_that_nobody_knows() {
    let office = Office::open().await;

    let unknown = "00000000000000000000000000000000";
    let answer = batch(&office, json!([WORKBOOK_ID, unknown, DOCUMENT_NODE_ID, WORKBOOK_ID])).await;

    assert_eq!(ids(&answer), [WORKBOOK_ID, DOCUMENT_NODE_ID]);
    assert_eq!(batch(&office, json!([unknown])).await.body, json!({ "nodes": [] }));
}

#[tokio::test]
async fn a_batch_has_one_to_twenty_ids() {
    let office = Office::open().await;

    assert_eq!(batch(&office, json!(vec![DOCUMENT_NODE_ID; 20])).await.status, 200);
    for ids in [json!(vec![DOCUMENT_NODE_ID; 21]), json!([]), json!(DOCUMENT_NODE_ID), json!([5]), Value::Null] {
        batch(&office, ids).await.assert_refused(400, "paramError");
    }
}

#[tokio::test]
async fn a_link_leads_to_its_node() {
    let office = Office::open().await;
    let key = office.tenant.node(WORKBOOK_ID).expect("the workbook's node").doc_key;

    for url in [
        format!("https://alidocs.dingtalk.com/i/nodes/{WORKBOOK_ID}"),
        format!("https://alidocs.dingtalk.com/i/nodes/{WORKBOOK_ID}?doc_type=wiki_doc"),
        format!("https://alidocs.dingtalk.com/i/nodes/{WORKBOOK_ID}?iframeQuery=utm_source%3Dportal#sheet"),
        format!("https://alidocs.dingtalk.com/document/edit?docId=1&dentryKey={key}"),
        format!("https://alidocs.dingtalk.com/document/preview?dentryKey={key}"),
        format!("https://alidocs.dingtalk.com/spreadsheetv2/{key}/edit"),
    ] {
        let answer = by_url(&office, &url).await;
        assert_eq!(answer.status, 200, "{url}: {answer:?}");
        assert_eq!(answer.body["node"]["nodeId"], WORKBOOK_ID, "{url}");
    }
    let every_built_in = office.tenant.child_nodes(&root(&office, WORKSPACE_ID));
    for node in every_built_in {
        assert_eq!(by_url(&office, &node.url()).await.body["node"]["name"], node.name);
    }
}

#[tokio::test]
async fn a_link_that_leads_to_no_node_is_refused() {
    let office = Office::open().await;

    for url in [
        "https://alidocs.dingtalk.com/i/nodes/00000000000000000000000000000000".to_owned(),
        format!("https://alidocs.dingtalk.com/i/spaces/{WORKSPACE_ID}/overview"),
        "https://alidocs.dingtalk.com/i/p/Y7kmb5QVwx".to_owned(),
        "https://alidocs.dingtalk.com/spreadsheetv2/none/edit".to_owned(),
    ] {
        by_url(&office, &url).await.assert_refused(404, "nodeNotExist");
    }
    for url in [
        "",
        DOCUMENT_NODE_ID,
        &format!("http://alidocs.dingtalk.com/i/nodes/{DOCUMENT_NODE_ID}"),
        &format!("https://docs.example.com/i/nodes/{DOCUMENT_NODE_ID}"),
    ] {
        by_url(&office, url).await.assert_refused(400, "paramError");
    }
    for body in [json!({}), json!({ "url": 5 }), json!({ "nodeUrl": "https://alidocs.dingtalk.com/i/nodes/a" })] {
        office.newer(Method::POST, &managed(BY_URL), Some(body)).await.assert_refused(400, "paramError");
    }
}

#[tokio::test]
async fn an_operator_is_a_member_by_union_id() {
    let office = Office::open().await;

    for operator in ["", "manager001", "nobodyiEiE"] {
        let path = format!("/v2.0/wiki/nodes/{DOCUMENT_NODE_ID}?operatorId={operator}");
        get(&office, &path).await.assert_refused(400, "paramError");
    }
    let twice =
        format!("/v2.0/wiki/nodes/{DOCUMENT_NODE_ID}?operatorId={MANAGER_UNION_ID}&operatorId={MEMBER_UNION_ID}");
    get(&office, &twice).await.assert_refused(400, "paramError");
    let in_the_body = json!({ "nodeIds": [DOCUMENT_NODE_ID], "operatorId": MANAGER_UNION_ID });
    office.newer(Method::POST, BATCH, Some(in_the_body)).await.assert_refused(400, "paramError");
}

#[tokio::test]
async fn calls_on_nodes_need_a_token() {
    let office = Office::open().await;

    for (method, path) in [
        (Method::GET, format!("/v2.0/wiki/nodes?parentNodeId={FOLDER_NODE_ID}")),
        (Method::POST, BATCH.to_owned()),
        (Method::POST, BY_URL.to_owned()),
        (Method::GET, format!("/v2.0/wiki/nodes/{DOCUMENT_NODE_ID}")),
    ] {
        read(office.request(method, &managed(&path))).await.assert_refused(400, "InvalidAuthentication");
    }
}
