//! Create Chat.

use serde_json::json;

use super::{Failed, assert_failed, assert_parameter_error, assert_succeeded, chat, create_chat, sent};
use crate::environment::TenantRuntime;

#[tokio::test]
async fn a_group_is_created_with_its_owner_and_members() {
    let office = TenantRuntime::start().await;
    let run = create_chat(&office).await;
    assert_succeeded(&run);
    let chats = office.tenant.chats();
    assert_eq!(chats.len(), 1);
    assert_eq!((chats[0].name.as_str(), chats[0].owner.as_str()), ("猎鹰项目组", "manager001"));
    let data = &run.envelope.outputs["ChatData"];
    assert_eq!(data["openConversationId"], json!(chats[0].open_conversation_id));
    assert_eq!((&data["chatid"], &data["conversationTag"]), (&json!(chats[0].chat_id), &json!(2)));
    assert_eq!(run.envelope.summary, "Created the group 猎鹰项目组 with 2 members.");
}

#[tokio::test]
async fn options_that_are_not_given_are_not_sent() {
    let office = TenantRuntime::start().await;
    let run = create_chat(&office).await;
    let names: Vec<String> = sent(&run, 0).as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["name", "owner", "useridlist"]);
}

#[tokio::test]
async fn every_option_reaches_the_group() {
    let office = TenantRuntime::start().await;
    let options = json!({
        "ShowHistoryType": 1, "Searchable": true, "ValidationType": "1", "MentionAllAuthority": 0, "ManagementType": 1,
        "ChatBannedType": 1,
    });
    assert_succeeded(&office.run("create-chat", chat(), options).await);
    let group = &office.tenant.chats()[0].management_options;
    assert_eq!((group.show_history_type, group.searchable, group.validation_type), (1, 1, 1));
    assert_eq!((group.management_type, group.chat_banned_type), (1, 1));
}

#[tokio::test]
async fn who_may_mention_all_is_numbered_the_other_way_round_on_the_wire() {
    let office = TenantRuntime::start().await;
    for (given, wire) in [(0, 1), (1, 0)] {
        let run = office.run("create-chat", chat(), json!({ "MentionAllAuthority": given })).await;
        assert_eq!(sent(&run, 0)["managementOptions"], json!({ "mentionAllAuthority": wire }));
        let chats = office.tenant.chats();
        assert_eq!(chats.last().unwrap().management_options.mention_all_authority, wire);
    }
}

#[tokio::test]
async fn the_owner_becomes_a_member_once() {
    let office = TenantRuntime::start().await;
    for (members, expected) in [
        (json!(["user002"]), json!(["user002", "manager001"])),
        (json!("manager001,user002"), json!(["manager001", "user002"])),
        (json!("manager001"), json!(["manager001"])),
    ] {
        let inputs = json!({ "Name": "猎鹰", "Owner": "manager001", "UserIds": members });
        let run = office.run("create-chat", inputs, json!({})).await;
        assert_eq!(sent(&run, 0)["useridlist"], expected);
    }
}

#[tokio::test]
async fn a_name_has_up_to_20_characters_of_any_script() {
    let office = TenantRuntime::start().await;
    let named = |length| json!({ "Name": "群".repeat(length), "Owner": "manager001", "UserIds": "user002" });
    let run = office.run("create-chat", named(21), json!({})).await;
    assert_parameter_error(&office, &run, &["Name: expected at most 20 characters, got 21"]);
    assert_succeeded(&office.run("create-chat", named(20), json!({})).await);
}

#[tokio::test]
async fn more_than_40_members_are_a_parameter_error() {
    let office = TenantRuntime::start().await;
    let members: Vec<String> = (0..41).map(|number| format!("user{number:03}")).collect();
    let inputs = json!({ "Name": "猎鹰", "Owner": "manager001", "UserIds": members });
    let run = office.run("create-chat", inputs, json!({})).await;
    assert_parameter_error(&office, &run, &["UserIds: expected at most 40 items, got 41"]);
}

#[tokio::test]
async fn an_owner_out_of_sight_is_refused_with_the_services_own_status_and_code() {
    let office = TenantRuntime::start().await;
    let inputs = json!({ "Name": "猎鹰", "Owner": "nobody", "UserIds": "user002" });
    let run = office.run("create-chat", inputs, json!({})).await;
    let said = ["permession.checkFailed", "群主不在应用的可见范围内", "request id"];
    assert_failed(&run, &Failed { status: 400, original: 400, retryable: false }, &said);
    assert!(run.envelope.hint.contains("visible range"), "{}", run.envelope.hint);
}
