//! A person who joins a department, is found three ways, and gets a work notice that is taken back.

use std::collections::BTreeSet;
use std::time::Duration;

use patchbay_tenant::{AGENT_ID, MEMBER_USER_ID};
use serde_json::{Value, json};

use super::canvas::{Canvas, items, only, text};

/// Where people join. The other department stays as it is.
const JOINED: &str = "财务部";
const STEADY: &str = "研发部";

/// What the story leaves behind.
pub struct Person {
    name: String,
    mobile: String,
    user_id: String,
    department: i64,
    notice: String,
}

pub async fn tell(canvas: &Canvas, number: usize) -> Person {
    let department = department(canvas, JOINED).await;
    everybody_is_on_one_page(canvas).await;
    let (all, active) = (count(canvas, false).await, count(canvas, true).await);

    let (name, mobile) = (format!("郭襄{number}号"), format!("139{number:08}"));
    let user = create_user(canvas, &name, &mobile, department).await;
    let (user_id, union_id) = (text(&user["userid"]), text(&user["unionId"]));
    assert!(count(canvas, false).await > all);
    assert_eq!(count(canvas, true).await, active, "nobody has activated the account yet");

    let found = canvas.run("get-user", json!({}), json!({ "UserId": user_id })).await["UserData"].take();
    assert_eq!((&found["name"], &found["mobile"]), (&json!(name), &json!(mobile)));
    assert_eq!((&found["unionid"], &found["title"]), (&json!(union_id), &json!("出纳")));
    assert_eq!((&found["dept_id_list"], &found["active"]), (&json!([department]), &json!(false)));
    let by_mobile = canvas.run("get-user", json!({}), json!({ "Mobile": mobile })).await["UserData"].take();
    assert_eq!(by_mobile, found);
    let by_union_id = canvas.run("get-userid-by-unionid", json!({ "UnionId": union_id }), json!({})).await;
    assert_eq!((&by_union_id["UserId"], &by_union_id["ContactType"]), (&json!(user_id), &json!(0)));
    let by_name = canvas.run("search-users", json!({ "QueryWord": name }), json!({})).await["SearchResult"].take();
    assert_eq!(by_name, json!({ "hasMore": false, "totalCount": 1, "list": [user_id] }));

    let notice = format!("{name}，欢迎加入{JOINED}。");
    write_and_take_back(canvas, &user_id, &notice).await;
    Person { name, mobile, user_id, department, notice }
}

impl Person {
    /// The person is there once, and was written to once.
    pub async fn check(&self, canvas: &Canvas) {
        let people = people(canvas, self.department, 2).await;
        let listed = only(&people, "mobile", &self.mobile).unwrap();
        assert_eq!((&listed["name"], &listed["userid"]), (&json!(self.name), &json!(self.user_id)));
        assert_eq!(only(&people, "name", &self.name), Some(listed));

        let organisation = canvas.organisation().await;
        let notices = notices(&organisation, &self.notice);
        assert_eq!(notices.len(), 1, "{notices:#?}");
        assert_eq!(notices[0]["user_ids"], json!([self.user_id, MEMBER_USER_ID]));
        assert!(!notices[0]["recalled_at"].is_null(), "{notices:#?}");
    }
}

/// Finds a department by a part of its name, and in the list of those below the root.
pub async fn department(canvas: &Canvas, name: &str) -> i64 {
    let part: String = name.chars().take(2).collect();
    let found = canvas.run("search-departments", json!({ "QueryWord": part }), json!({ "Size": 1 })).await;
    let id = found["SearchResult"]["list"][0].as_i64().unwrap();
    let detail = canvas.run("get-dept-detail", json!({ "DeptId": id }), json!({})).await["DeptDetail"].take();
    assert_eq!((&detail["name"], &detail["parent_id"]), (&json!(name), &json!(1)));
    let listed = canvas.run("get-dept-list", json!({}), json!({ "DeptId": "1" })).await;
    let departments = items(&listed["Departments"]);
    assert_eq!(listed["TotalCount"], json!(departments.len()));
    assert_eq!(only(&departments, "name", name).unwrap()["dept_id"], json!(id));
    id
}

/// Pages through a department in pages of two sizes, which leaves out nobody and names nobody twice.
async fn everybody_is_on_one_page(canvas: &Canvas) {
    let department = department(canvas, STEADY).await;
    let (few, many) = (people(canvas, department, 3).await, people(canvas, department, 100).await);
    assert_eq!(few, many);
    let ids: BTreeSet<String> = many.iter().map(|person| text(&person["userid"])).collect();
    assert!(ids.len() == many.len() && many.len() > 3, "{ids:?}");
}

/// Everybody who is directly in a department, read in pages of this size.
pub async fn people(canvas: &Canvas, department: i64, size: usize) -> Vec<Value> {
    let (mut people, mut cursor) = (Vec::new(), json!(0));
    loop {
        let options = json!({ "DeptId": department, "Size": size, "Cursor": cursor });
        let page = canvas.run("get-dept-users", json!({}), options).await;
        let listed = items(&page["Users"]);
        assert!(listed.len() <= size, "{page:#}");
        people.extend(listed);
        cursor = page["NextCursor"].clone();
        if page["HasMore"] == json!(false) {
            assert_eq!(cursor, json!(0));
            return people;
        }
    }
}

pub async fn count(canvas: &Canvas, only_active: bool) -> i64 {
    let counted = canvas.run("get-user-count", json!({}), json!({ "OnlyActive": only_active })).await;
    counted["UserCount"].as_i64().unwrap()
}

/// Creates a person whose mobile number nobody else has; the UserData.
pub async fn create_user(canvas: &Canvas, name: &str, mobile: &str, department: i64) -> Value {
    let inputs = json!({ "Name": name, "Mobile": mobile, "DeptIdList": [department] });
    let options = json!({ "Title": "出纳", "Email": format!("{mobile}@example.com"), "Remark": "新员工" });
    let look = async |envelope: &Value| {
        assert!(text(&envelope["Hint"]).contains("look with Get User (Mobile)"), "{envelope:#}");
        let people = people(canvas, department, 100).await;
        let Some(person) = only(&people, "mobile", mobile) else {
            canvas.refused("get-user", json!({}), json!({ "Mobile": mobile }), 404).await;
            return None;
        };
        let found = canvas.run("get-user", json!({}), json!({ "Mobile": mobile })).await["UserData"].take();
        assert_eq!(found["userid"], person["userid"]);
        Some(json!({ "UserData": { "userid": found["userid"], "unionId": found["unionid"] } }))
    };
    canvas.write("create-user", inputs, options, look).await["UserData"].take()
}

/// Sends a notice that nobody got before, waits until it was delivered, and takes it back.
async fn write_and_take_back(canvas: &Canvas, user_id: &str, content: &str) {
    let recipients = format!("{user_id}, {MEMBER_USER_ID}, nobody");
    let inputs = json!({ "AgentId": AGENT_ID, "UserIds": recipients, "MsgType": "markdown", "Content": content });
    // No node tells who was written to: it is for a recipient to say.
    let look = async |envelope: &Value| {
        assert!(text(&envelope["Hint"]).contains("ask a recipient"), "{envelope:#}");
        let organisation = canvas.organisation().await;
        let notices = notices(&organisation, content);
        assert!(notices.len() <= 1, "{notices:#?}");
        Some(json!({ "MessageData": { "task_id": notices.first()?["task_id"] } }))
    };
    let sent = canvas.write("send-work-notice", inputs, json!({ "Title": "欢迎" }), look).await;
    let task = sent["MessageData"]["task_id"].as_i64().unwrap();

    let result = delivered(canvas, task).await;
    assert_eq!(result["unread_user_id_list"], json!([user_id, MEMBER_USER_ID]), "{result:#}");
    assert_eq!(result["invalid_user_id_list"], json!(["nobody"]));
    for nobody in ["read_user_id_list", "failed_user_id_list", "forbidden_user_id_list"] {
        assert_eq!(result[nobody], json!([]), "{nobody}");
    }

    let look = async |envelope: &Value| {
        assert!(text(&envelope["Hint"]).contains("ask a recipient"), "{envelope:#}");
        let is_back = !canvas.organisation().await["notices"][task.to_string()]["recalled_at"].is_null();
        is_back.then(|| json!({ "RecallResult": true }))
    };
    let inputs = json!({ "AgentId": AGENT_ID.to_string(), "MsgTaskId": task });
    let back = canvas.write("recall-message", inputs, json!({}), look).await;
    assert_eq!(back["RecallResult"], json!(true));
}

/// Waits until a notice was delivered and DingTalk tells who got it.
async fn delivered(canvas: &Canvas, task: i64) -> Value {
    for _ in 0..100 {
        let inputs = json!({ "AgentId": AGENT_ID, "TaskId": task });
        let told = canvas.run("get-message-status", inputs, json!({})).await;
        let status = &told["MessageStatus"];
        let is_finished = status["progress"] == json!({ "progress_in_percent": 100, "status": 2 });
        let result = &status["send_result"];
        assert!(is_finished || result.is_null(), "{told:#}");
        if !result.is_null() {
            return result.clone();
        }
        // How far the sending is counts as told where the second call, who got it, failed.
        assert_eq!(is_finished, text(&told["Summary"]).contains("did not tell who got it"), "{told:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nobody tells who got the notice {task}");
}

/// The notices with this content.
fn notices<'a>(organisation: &'a Value, content: &str) -> Vec<&'a Value> {
    let notices = organisation["notices"].as_object().unwrap().values();
    notices.filter(|notice| notice["message"]["Markdown"]["text"] == content).collect()
}
