use patchbay_tenant::{
    FOREIGN_SCENE_GROUP_ID, PLAIN_GROUP_CHAT_ID, PLAIN_GROUP_ID, SALES_DEPARTMENT_ID, SCENE_GROUP_CHAT_ID,
    SCENE_GROUP_ID,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, text};

async fn create(office: &Office, body: Value) -> Answer {
    office.newer(Method::POST, "/v1.0/im/group/create", Some(body)).await
}

async fn get(office: &Office, chat_id: &str) -> Answer {
    let (token, chat_id) = (office.token().await, utf8_percent_encode(chat_id, NON_ALPHANUMERIC));
    office.get(&format!("/chat/get?access_token={token}&chatid={chat_id}")).await
}

async fn query(office: &Office, body: Value) -> Answer {
    office.newer(Method::POST, "/v1.0/im/sceneGroups/query", Some(body)).await
}

/// A good request, with one field replaced.
fn with(field: &str, value: Value) -> Value {
    let mut body = json!({ "name": "项目组", "owner": "manager001", "useridlist": ["user002"] });
    body[field] = value;
    body
}

#[tokio::test]
async fn a_group_is_created_with_its_owner_members_and_switches() {
    let office = Office::open().await;

    let answer = create(
        &office,
        json!({
            "name": "星河项目组",
            "owner": "manager001",
            "useridlist": ["user002", "user003", "user002"],
            "managementOptions": { "showHistoryType": 1, "mentionAllAuthority": 1, "searchable": 0 },
        }),
    )
    .await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["conversationTag"], 2);
    let chats = office.tenant.chats();
    let [chat] = chats.as_slice() else {
        panic!("one chat: {chats:?}");
    };
    assert_eq!(answer.body["chatid"], chat.chat_id);
    assert_eq!(answer.body["openConversationId"], chat.open_conversation_id);
    assert_eq!(chat.chat_id.len(), 36);
    assert!(chat.open_conversation_id.starts_with("cid"));
    assert_eq!(chat.name, "星河项目组");
    assert_eq!(chat.owner, "manager001");
    assert_eq!(chat.user_ids, ["user002", "user003", "manager001"]);
    assert_eq!(chat.management_options.show_history_type, 1);
    assert_eq!(chat.management_options.mention_all_authority, 1);
    assert_eq!(chat.management_options.management_type, 0);
}

#[tokio::test]
async fn two_groups_of_one_name_have_ids_of_their_own() {
    let office = Office::open().await;

    let first = create(&office, with("name", json!("重名"))).await;
    let second = create(&office, with("name", json!("重名"))).await;

    assert_ne!(text(&first.body["chatid"]), text(&second.body["chatid"]));
    assert_ne!(first.body["openConversationId"], second.body["openConversationId"]);
}

#[tokio::test]
async fn parameters_that_are_missing_or_malformed_are_refused() {
    let office = Office::open().await;

    for body in [
        json!({ "owner": "manager001", "useridlist": ["user002"] }),
        json!({ "name": "项目组", "useridlist": ["user002"] }),
        json!({ "name": "项目组", "owner": "manager001" }),
        with("name", json!("")),
        with("name", json!("二十一个字的群名称太长了所以服务不会接受它")),
        with("name", json!(5)),
        with("useridlist", json!("user002,user003")),
        with("useridlist", json!([])),
        with("useridlist", json!([2])),
        with("useridlist", json!(["user002", "nobody"])),
        with("useridlist", json!(vec!["user002"; 1001])),
        with("conversationTag", json!(0)),
        with("conversationTag", json!("2")),
        with("ownerType", json!("other")),
        with("extidlist", json!(["0235481906771"])),
        with("icon", json!(1)),
        with("managementOptions", json!({ "searchable": true })),
        with("managementOptions", json!({ "searchable": "1" })),
        with("managementOptions", json!({ "searchable": 2 })),
        with("managementOptions", json!(1)),
    ] {
        create(&office, body).await.assert_refused(400, "parameter.invalid");
    }
    assert!(office.tenant.chats().is_empty());
}

#[tokio::test]
async fn a_name_of_twenty_characters_is_taken() {
    let office = Office::open().await;

    let answer = create(&office, with("name", json!("二".repeat(20)))).await;

    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_owner_nobody_knows_fails_the_permission_check() {
    let office = Office::open().await;

    let answer = create(&office, with("owner", json!("nobody"))).await;

    answer.assert_refused(400, "permession.checkFailed");
}

#[tokio::test]
async fn a_group_that_was_created_is_told_by_its_chatid() {
    let office = Office::open().await;
    let options = json!({ "validationType": 1, "managementType": 1, "showHistoryType": 1 });
    let mut body = with("managementOptions", options);
    body["icon"] = json!("@lADPDfJ6Q7LLejDNAljNAlg");
    let chat_id = text(&create(&office, body).await.body["chatid"]);

    let answer = get(&office, &chat_id).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({
            "errcode": 0,
            "errmsg": "ok",
            "chat_info": {
                "chatid": chat_id, "name": "项目组", "owner": "manager001", "useridlist": ["user002", "manager001"],
                "conversationTag": 2, "chatBannedType": 0, "searchable": 0, "validationType": 1,
                "mentionAllAuthority": 0, "managementType": 1, "showHistoryType": 1,
                "icon": "@lADPDfJ6Q7LLejDNAljNAlg", "status": 1,
            },
        })
    );
    let chat = office.tenant.chat(&chat_id).expect("the group");
    assert_eq!(office.tenant.chat(&chat.open_conversation_id), Some(chat));
}

#[tokio::test]
async fn a_group_that_was_disbanded_says_so() {
    let office = Office::open().await;

    assert!(office.tenant.disband_chat(SCENE_GROUP_CHAT_ID));

    assert_eq!(get(&office, SCENE_GROUP_CHAT_ID).await.body["chat_info"]["status"], 2);
    let answer = query(&office, json!({ "openConversationId": SCENE_GROUP_ID })).await;
    assert_eq!(answer.body["status"], 2);
    assert!(!office.tenant.disband_chat("chat"));
}

#[tokio::test]
async fn the_group_of_a_department_holds_its_people_as_they_are() {
    let office = Office::open().await;
    let detail = office.older("/topapi/v2/department/get", json!({ "dept_id": SALES_DEPARTMENT_ID })).await;
    let chat_id = text(&detail.body["result"]["dept_group_chat_id"]);
    let members = async || get(&office, &chat_id).await.body["chat_info"]["useridlist"].as_array().map(Vec::len);
    assert_eq!(members().await, Some(21));

    let body = json!({ "name": "吴远", "mobile": "13900000031", "dept_id_list": "860410003", "userid": "wuyuan" });
    assert_eq!(office.older("/topapi/v2/user/create", body).await.body["errcode"], 0);

    assert_eq!(members().await, Some(22));
    let info = get(&office, &chat_id).await.body["chat_info"].clone();
    assert_eq!((&info["name"], &info["owner"]), (&json!("销售部"), &json!("user002")));
    assert_eq!(info["useridlist"][21], "wuyuan");
}

#[tokio::test]
async fn a_chatid_that_is_missing_or_unknown_is_refused() {
    let office = Office::open().await;
    let token = office.token().await;

    office.get(&format!("/chat/get?access_token={token}")).await.assert_errcode(49000);
    get(&office, "").await.assert_errcode(49000);
    get(&office, "chat00000000000000000000000000000000").await.assert_errcode(40016);
    get(&office, PLAIN_GROUP_ID).await.assert_errcode(40016);
    assert_eq!(get(&office, PLAIN_GROUP_CHAT_ID).await.body["chat_info"]["name"], "管理层周会");
    office.get(&format!("/chat/get?chatid={PLAIN_GROUP_CHAT_ID}")).await.assert_errcode(41001);
    office.get(&format!("/chat/get?access_token=none&chatid={PLAIN_GROUP_CHAT_ID}")).await.assert_cause(40014);
    office.older("/chat/get", json!({ "chatid": PLAIN_GROUP_CHAT_ID })).await.assert_errcode(43001);
}

#[tokio::test]
async fn a_group_made_from_a_template_is_told_by_its_open_conversation_id() {
    let office = Office::open().await;

    let answer = query(&office, json!({ "openConversationId": SCENE_GROUP_ID })).await;

    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        json!({
            "success": true,
            "openConversationId": SCENE_GROUP_ID,
            "templateId": "13d42075-b3e2-4c1a-9d3e-6f1ab2c3d465",
            "title": "华东区客户服务群",
            "ownerUserId": "manager001",
            "icon": "@lADOADmaWMzazQKA",
            "groupUrl": "https://qr.dingtalk.com/action/joingroup?code=v1,k1,5f0e2c91b7d84a3690e1d2c3b4a5f607",
            "status": 1,
        })
    );
}

#[tokio::test]
async fn other_groups_are_not_told_by_their_open_conversation_id() {
    let office = Office::open().await;
    let created = create(&office, with("name", json!("普通群"))).await.body["openConversationId"].clone();

    for (id, code) in [
        (created, "groupPermissionDenied"),
        (json!(PLAIN_GROUP_ID), "groupPermissionDenied"),
        (json!(FOREIGN_SCENE_GROUP_ID), "groupTemplatePermissionDenied"),
        (json!("cid0000000000000000000000=="), "cidEncryptError"),
        (json!(SCENE_GROUP_CHAT_ID), "cidEncryptError"),
        (json!(""), "paramBlank"),
        (json!(null), "paramBlank"),
        (json!(5), "paramIllegal"),
    ] {
        query(&office, json!({ "openConversationId": id })).await.assert_refused(400, code);
    }
    query(&office, json!({})).await.assert_refused(400, "paramBlank");
    let cool_app = |code: Value| json!({ "openConversationId": SCENE_GROUP_ID, "coolAppCode": code });
    query(&office, cool_app(json!("COOLAPP-1-1"))).await.assert_refused(400, "coolAppUnexist");
    query(&office, cool_app(json!(1))).await.assert_refused(400, "paramIllegal");
    let in_query = format!("/v1.0/im/sceneGroups/query?openConversationId={SCENE_GROUP_CHAT_ID}");
    office.newer(Method::POST, &in_query, Some(json!({}))).await.assert_refused(400, "paramBlank");
}
