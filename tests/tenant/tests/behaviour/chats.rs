use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, text};

async fn create(office: &Office, body: Value) -> Answer {
    office.newer(Method::POST, "/v1.0/im/group/create", Some(body)).await
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
        with("conversationTag", json!(0)),
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
