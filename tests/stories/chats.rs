//! A group chat: its members come from a department, and it is read back by the id that its creation gave.

use patchbay_tenant::{MANAGER_USER_ID, SCENE_GROUP_ID};
use serde_json::{Value, json};

use super::canvas::{Canvas, items, only, text};
use super::people::{department, people};

/// What the story leaves behind.
pub struct Chat {
    name: String,
    id: String,
}

pub async fn tell(canvas: &Canvas, number: usize) -> Chat {
    let sales = department(canvas, "销售部").await;
    let detail = canvas.run("get-dept-detail", json!({ "DeptId": sales }), json!({})).await["DeptDetail"].take();
    let group = read(canvas, &text(&detail["dept_group_chat_id"])).await;
    assert_eq!((&group["name"], &group["owner"]), (&detail["name"], &detail["org_dept_owner"]));

    let members: Vec<String> = people(canvas, sales, 2).await.iter().map(|person| text(&person["userid"])).collect();
    let in_the_group = items(&group["useridlist"]);
    assert!(members.iter().all(|member| in_the_group.contains(&json!(member))), "{members:?} {in_the_group:?}");

    let name = format!("猎鹰冲刺{number}");
    let made = create_chat(canvas, &name, &members).await;
    let id = text(&made["chatid"]);
    let chat = read(canvas, &id).await;
    assert_eq!((&chat["name"], &chat["owner"], &chat["chatid"]), (&json!(name), &json!(MANAGER_USER_ID), &json!(id)));
    let everybody: Vec<&str> = members.iter().map(String::as_str).chain([MANAGER_USER_ID]).collect();
    assert_eq!(chat["useridlist"], json!(everybody));
    // DingTalk numbers who may mention everybody the other way round than the node that set it.
    let switches = ["searchable", "showHistoryType", "mentionAllAuthority"].map(|switch| chat[switch].clone());
    assert_eq!(switches, [json!(1), json!(0), json!(1)]);

    let by_the_other_id = json!({ "ChatId": made["openConversationId"] });
    let hint = canvas.refused("get-chat-info", json!({}), by_the_other_id, 400).await;
    assert!(hint.contains("`chatid` that Create Chat returned"), "{hint}");
    let from_a_template = read(canvas, SCENE_GROUP_ID).await;
    assert_eq!((&from_a_template["title"], &from_a_template["status"]), (&json!("华东区客户服务群"), &json!(1)));
    Chat { name, id }
}

impl Chat {
    /// The group is there once.
    pub async fn check(&self, canvas: &Canvas) {
        let groups = groups(canvas).await;
        assert_eq!(only(&groups, "name", &self.name).unwrap()["chat_id"], json!(self.id));
        assert_eq!(read(canvas, &self.id).await["name"], json!(self.name));
    }
}

async fn read(canvas: &Canvas, id: &str) -> Value {
    canvas.run("get-chat-info", json!({}), json!({ "ChatId": id })).await["ChatInfo"].take()
}

/// Creates a group that can be found by search and where only its owner may mention everybody; its ChatData.
pub async fn create_chat(canvas: &Canvas, name: &str, members: &[String]) -> Value {
    let inputs = json!({ "Name": name, "Owner": MANAGER_USER_ID, "UserIds": members });
    let options = json!({ "Searchable": true, "MentionAllAuthority": 0 });
    let look = async |envelope: &Value| {
        assert!(text(&envelope["Hint"]).contains("Look in DingTalk whether the group is there"), "{envelope:#}");
        let groups = groups(canvas).await;
        let group = only(&groups, "name", name)?;
        let (chat_id, id) = (&group["chat_id"], &group["open_conversation_id"]);
        Some(json!({ "ChatData": { "chatid": chat_id, "openConversationId": id, "conversationTag": 2 } }))
    };
    let made = canvas.write("create-chat", inputs, options, look).await["ChatData"].take();
    assert_eq!(made["conversationTag"], json!(2));
    made
}

/// All groups, as DingTalk's own client would show them: no node lists them.
pub async fn groups(canvas: &Canvas) -> Vec<Value> {
    items(&canvas.organisation().await["chats"]["register"]["groups"])
}
