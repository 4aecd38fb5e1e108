use patchbay_tenant::{
    EXTERNAL_UNION_ID, FINANCE_WORKSPACE_ID, HANDBOOK_WORKSPACE_ID, MANAGER_UNION_ID, MANAGER_USER_ID, MEMBER_UNION_ID,
    ManualClock, PERSONAL_WORKSPACE_ID, PermissionRole, TenantConfig, WORKSPACE_ID,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use crate::office::{Answer, Office, read, text};

const BATCH: &str = "/v2.0/wiki/workspaces/batchQuery";

/// A path with the general manager as the operator.
pub fn managed(path: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}operatorId={MANAGER_UNION_ID}")
}

async fn get(office: &Office, path: &str) -> Answer {
    office.newer(Method::GET, path, None).await
}

async fn create(office: &Office, body: Value) -> Answer {
    office.newer(Method::POST, &managed("/v2.0/wiki/workspaces"), Some(body)).await
}

async fn batch(office: &Office, ids: Value) -> Answer {
    office.newer(Method::POST, &managed(BATCH), Some(json!({ "workspaceIds": ids }))).await
}

fn ids(answer: &Answer) -> Vec<String> {
    let workspaces = answer.body["workspaces"].as_array().expect("a list");
    workspaces.iter().map(|workspace| text(&workspace["workspaceId"])).collect()
}

#[tokio::test]
async fn a_knowledge_base_is_answered_with_all_its_fields() {
    let office = Office::open().await;
    let root = office.tenant.workspace(WORKSPACE_ID).expect("the knowledge base").root_node_id;

    let answer = get(&office, &managed(&format!("/v2.0/wiki/workspaces/{WORKSPACE_ID}"))).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({
            "workspace": {
                "workspaceId": WORKSPACE_ID,
                "corpId": "ding7a3c9e51f0b84d26c1f8a0e5",
                "teamId": "Zp4mRc8XkV1wQn6HtBs9LyiEiE",
                "rootNodeId": root,
                "name": "项目资料库",
                "type": "TEAM",
                "description": "各项目的计划、纪要和台账",
                "url": format!("https://alidocs.dingtalk.com/i/spaces/{WORKSPACE_ID}/overview"),
                "icon": { "type": "URL", "value": "https://img.example.com/wiki/icon.png" },
                "cover": "https://img.example.com/wiki/cover.png",
                "creatorId": MANAGER_USER_ID,
                "modifierId": MANAGER_USER_ID,
                "createTime": "2025-05-12T00:00Z",
                "modifiedTime": "2025-05-12T00:00Z",
            }
        })
    );
    assert_eq!(root.len(), 32);
}

#[tokio::test]
async fn the_operators_role_is_answered_when_it_is_asked_for() {
    let office = Office::open().await;
    let role = async |workspace: &str, operator: &str| {
        let path = format!("/v2.0/wiki/workspaces/{workspace}?withPermissionRole=true&operatorId={operator}");
        get(&office, &path).await.body["workspace"]["permissionRole"].clone()
    };

    assert_eq!(role(WORKSPACE_ID, MANAGER_UNION_ID).await, "OWNER");
    assert_eq!(role(WORKSPACE_ID, MEMBER_UNION_ID).await, "EDITOR");
    assert_eq!(role(HANDBOOK_WORKSPACE_ID, MEMBER_UNION_ID).await, "READER");
    assert_eq!(role(FINANCE_WORKSPACE_ID, MEMBER_UNION_ID).await, Value::Null);
}

#[tokio::test]
async fn booleans_of_a_query_may_be_capitalised() {
    let office = Office::open().await;
    let roles = async |yes: &str| {
        let one = managed(&format!("/v2.0/wiki/workspaces/{WORKSPACE_ID}?withPermissionRole={yes}"));
        let list = managed(&format!("/v2.0/wiki/workspaces?withPermissionRole={yes}"));
        let one = get(&office, &one).await.body["workspace"]["permissionRole"].clone();
        let first = get(&office, &list).await.body["workspaces"][0]["permissionRole"].clone();
        [one, first]
    };

    assert_eq!(roles("True").await, ["OWNER", "OWNER"]);
    assert_eq!(roles("False").await, [Value::Null, Value::Null]);
}

#[tokio::test]
async fn a_knowledge_base_that_cannot_be_read_is_refused() {
    let office = Office::open().await;
    let one = |id: &str| managed(&format!("/v2.0/wiki/workspaces/{id}"));

    get(&office, &one("0000000000000000")).await.assert_refused(404, "workspaceNotExist");
    get(&office, &one(PERSONAL_WORKSPACE_ID)).await.assert_refused(400, "isNotWorkspace");
    let as_member = format!("/v2.0/wiki/workspaces/{FINANCE_WORKSPACE_ID}?operatorId={MEMBER_UNION_ID}");
    get(&office, &as_member).await.assert_refused(403, "permissionDenied");
}

#[tokio::test]
async fn a_new_knowledge_base_is_seen_by_every_read() {
    let clock = ManualClock::at(UNIX_EPOCH + Duration::from_millis(1_684_150_155_250));
    let office = Office::with(TenantConfig { clock: Arc::new(clock), ..TenantConfig::default() }).await;

    let answer = create(&office, json!({ "name": "华东区方案", "option": { "description": "方案与报价" } })).await;

    assert_eq!(answer.status, 200);
    let created = &answer.body["workspace"];
    let id = text(&created["workspaceId"]);
    let root = text(&created["rootNodeId"]);
    assert_eq!((id.len(), root.len()), (16, 32));
    assert_eq!(
        *created,
        json!({
            "workspaceId": id,
            "corpId": "ding7a3c9e51f0b84d26c1f8a0e5",
            "teamId": "",
            "rootNodeId": root,
            "name": "华东区方案",
            "type": "TEAM",
            "description": "方案与报价",
            "url": format!("https://alidocs.dingtalk.com/i/spaces/{id}/overview"),
            "icon": { "type": "URL", "value": "https://img.example.com/wiki/icon.png" },
            "cover": "https://img.example.com/wiki/cover.png",
            "creatorId": MANAGER_USER_ID,
            "modifierId": MANAGER_USER_ID,
            "createTime": "2023-05-15T11:29Z",
            "modifiedTime": "2023-05-15T11:29Z",
        })
    );
    assert_eq!(get(&office, &managed(&format!("/v2.0/wiki/workspaces/{id}"))).await.body, answer.body);
    assert_eq!(batch(&office, json!([id])).await.body["workspaces"], json!([created]));
    assert!(ids(&get(&office, &managed("/v2.0/wiki/workspaces")).await).contains(&id));
    let children = get(&office, &managed(&format!("/v2.0/wiki/nodes?parentNodeId={root}"))).await;
    assert_eq!(children.body, json!({ "nodes": [], "nextToken": "" }));
    let root_node = get(&office, &managed(&format!("/v2.0/wiki/nodes/{root}"))).await;
    assert_eq!(root_node.body["node"]["name"], "华东区方案");
    let seen = office.tenant.workspace(&id).expect("the knowledge base");
    assert_eq!(seen.role_of("user002"), PermissionRole::Reader);
    assert_eq!(seen.created_at, 1_684_150_155_250);
}

#[tokio::test]
async fn two_knowledge_bases_may_share_a_name() {
    let office = Office::open().await;

    let first = create(&office, json!({ "name": "重名" })).await;
    let second = create(&office, json!({ "name": "重名", "option": null })).await;

    assert_ne!(text(&first.body["workspace"]["workspaceId"]), text(&second.body["workspace"]["workspaceId"]));
    assert_eq!(first.body["workspace"]["description"], "");
}

#[tokio::test]
async fn a_knowledge_base_with_malformed_fields_is_not_made() {
    let office = Office::open().await;
    let before = office.tenant.workspaces().len();

    for body in [
        json!({}),
        json!({ "name": 5 }),
        json!({ "name": null }),
        json!({ "name": "方案", "option": "描述" }),
        json!({ "name": "方案", "option": { "description": 5 } }),
        json!({ "name": "方案", "option": { "teamId": "nobody" } }),
        json!([]),
    ] {
        create(&office, body).await.assert_refused(400, "paramError");
    }
    for name in ["".to_owned(), "  ".to_owned(), "长".repeat(101)] {
        create(&office, json!({ "name": name })).await.assert_refused(400, "paramError.name");
    }
    let long = json!({ "name": "方案", "option": { "description": "长".repeat(501) } });
    create(&office, long).await.assert_refused(400, "paramError.description");
    let without_body = office.newer(Method::POST, &managed("/v2.0/wiki/workspaces"), None).await;
    without_body.assert_refused(400, "paramError");
    assert_eq!(office.tenant.workspaces().len(), before);
}

#[tokio::test]
async fn a_description_beside_option_is_ignored() {
    let office = Office::open().await;

    let answer = create(&office, json!({ "name": "方案", "description": "放错了地方", "unknown": 1 })).await;

    assert_eq!(answer.body["workspace"]["description"], "");
}

#[tokio::test]
async fn a_list_shows_what_the_operator_may_read() {
    let office = Office::open().await;
    let list = async |operator: &str| ids(&get(&office, &format!("/v2.0/wiki/workspaces?operatorId={operator}")).await);

    let [all, open] =
        [vec![WORKSPACE_ID, HANDBOOK_WORKSPACE_ID, FINANCE_WORKSPACE_ID], vec![WORKSPACE_ID, HANDBOOK_WORKSPACE_ID]];
    assert_eq!(list(MANAGER_UNION_ID).await, all);
    assert_eq!(list(MEMBER_UNION_ID).await, open);
}

#[tokio::test]
async fn pages_of_knowledge_bases_follow_each_other() {
    let office = Office::open().await;
    for number in 0..32 {
        create(&office, json!({ "name": format!("资料库{number}") })).await;
    }
    let page = async |query: &str| get(&office, &managed(&format!("/v2.0/wiki/workspaces?{query}"))).await;

    let first = page("").await;
    assert_eq!(ids(&first).len(), 30);
    let token = text(&first.body["nextToken"]);
    create(&office, json!({ "name": "后来的" })).await;
    let second = page(&format!("nextToken={token}&maxResults=30")).await;

    assert_eq!(ids(&second).len(), 6);
    assert_eq!(second.body["nextToken"], "");
    let seen = [ids(&first), ids(&second)].concat();
    let all: Vec<String> = office.tenant.workspaces().into_iter().map(|workspace| workspace.id).collect();
    let listed: Vec<&String> = all.iter().filter(|id| *id != PERSONAL_WORKSPACE_ID).collect();
    assert_eq!(seen.iter().collect::<Vec<_>>(), listed);
}

#[tokio::test]
async fn the_newest_come_first_when_that_is_asked_for() {
    let office = Office::open().await;
    let mut path = "/v2.0/wiki/workspaces?maxResults=1&orderBy=CREATE_TIME_DESC".to_owned();
    let mut seen = Vec::new();
    let token = loop {
        let answer = get(&office, &managed(&path)).await;
        seen.extend(ids(&answer));
        if seen.len() == 1 {
            // What is made between two pages belongs before the first and shifts nothing.
            create(&office, json!({ "name": "后来的" })).await;
        }
        match text(&answer.body["nextToken"]) {
            last if last.is_empty() => break path.rsplit('=').next().unwrap_or_default().to_owned(),
            token => path = format!("/v2.0/wiki/workspaces?maxResults=1&orderBy=CREATE_TIME_DESC&nextToken={token}"),
        }
    };

    assert_eq!(seen, [FINANCE_WORKSPACE_ID, HANDBOOK_WORKSPACE_ID, WORKSPACE_ID]);
    let in_another_order = format!("/v2.0/wiki/workspaces?maxResults=1&nextToken={token}");
    get(&office, &managed(&in_another_order)).await.assert_refused(400, "paramError");
}

#[tokio::test]
async fn a_list_can_be_of_one_team() {
    let office = Office::open().await;
    let list = async |team: &str| get(&office, &managed(&format!("/v2.0/wiki/workspaces?teamId={team}"))).await;

    assert_eq!(ids(&list("Zp4mRc8XkV1wQn6HtBs9LyiEiE").await), [WORKSPACE_ID, HANDBOOK_WORKSPACE_ID]);
    list("nobody").await.assert_refused(404, "teamNotExist");
}

#[tokio::test]
async fn parameters_of_a_list_that_are_out_of_range_are_refused() {
    let office = Office::open().await;

    for query in
        ["maxResults=0", "maxResults=31", "maxResults=-1", "maxResults=ten", "nextToken=1", "withPermissionRole=1"]
    {
        get(&office, &managed(&format!("/v2.0/wiki/workspaces?{query}"))).await.assert_refused(400, "paramError");
    }
    get(&office, &managed("/v2.0/wiki/workspaces?orderBy=NAME")).await.assert_refused(400, "paramError.orderBy");
    assert_eq!(get(&office, &managed("/v2.0/wiki/workspaces?nextToken=&maxResults=30")).await.status, 200);
}

#[tokio::test]
async fn a_batch_gives_each_knowledge_base_once() {
    let office = Office::open().await;

    let answer = batch(&office, json!([HANDBOOK_WORKSPACE_ID, WORKSPACE_ID, HANDBOOK_WORKSPACE_ID])).await;

    assert_eq!(ids(&answer), [HANDBOOK_WORKSPACE_ID, WORKSPACE_ID]);
    assert_eq!(answer.body["workspaces"][0]["icon"], json!({ "type": "EMOJI", "value": "📘" }));
    assert_eq!(answer.body["workspaces"][0]["permissionRole"], Value::Null);
    let body = json!({ "workspaceIds": [WORKSPACE_ID], "option": { "withPermissionRole": true } });
    let with_role = office.newer(Method::POST, &managed(BATCH), Some(body)).await;
    assert_eq!(with_role.body["workspaces"][0]["permissionRole"], "OWNER");
}

#[tokio::test]
async fn a_batch_with_an_id_that_cannot_be_read_is_refused() {
    let office = Office::open().await;

    batch(&office, json!([WORKSPACE_ID, "0000000000000000"])).await.assert_refused(404, "workspaceNotExist");
    batch(&office, json!([PERSONAL_WORKSPACE_ID])).await.assert_refused(404, "workspaceNotExist");
    let path = format!("{BATCH}?operatorId={MEMBER_UNION_ID}");
    let body = json!({ "workspaceIds": [WORKSPACE_ID, FINANCE_WORKSPACE_ID] });
    office.newer(Method::POST, &path, Some(body)).await.assert_refused(403, "permissionDenied");
}

#[tokio::test]
async fn a_batch_has_one_to_twenty_ids() {
    let office = Office::open().await;

    assert_eq!(batch(&office, json!(vec![WORKSPACE_ID; 20])).await.status, 200);
    for ids in [json!(vec![WORKSPACE_ID; 21]), json!([]), json!(WORKSPACE_ID), json!([5]), Value::Null] {
        batch(&office, ids).await.assert_refused(400, "paramError");
    }
}

#[tokio::test]
async fn an_operator_is_a_member_by_union_id_in_the_query() {
    let office = Office::open().await;

    for query in ["", "?operatorId=", "?operatorId=manager001", "?operatorId=Ab1iEiE"] {
        get(&office, &format!("/v2.0/wiki/workspaces{query}")).await.assert_refused(400, "paramError");
        let body = json!({ "name": "方案", "operatorId": MANAGER_UNION_ID });
        let path = format!("/v2.0/wiki/workspaces{query}");
        office.newer(Method::POST, &path, Some(body)).await.assert_refused(400, "paramError");
    }
}

#[tokio::test]
async fn an_external_contact_has_no_permission() {
    let office = Office::open().await;

    let path = format!("/v2.0/wiki/workspaces/{WORKSPACE_ID}?operatorId={EXTERNAL_UNION_ID}");

    get(&office, &path).await.assert_refused(403, "permissionDenied");
}

#[tokio::test]
async fn calls_on_knowledge_bases_need_a_token() {
    let office = Office::open().await;

    for (method, path) in [
        (Method::GET, "/v2.0/wiki/workspaces".to_owned()),
        (Method::POST, "/v2.0/wiki/workspaces".to_owned()),
        (Method::POST, BATCH.to_owned()),
        (Method::GET, format!("/v2.0/wiki/workspaces/{WORKSPACE_ID}")),
    ] {
        read(office.request(method, &managed(&path))).await.assert_refused(400, "InvalidAuthentication");
    }
}
