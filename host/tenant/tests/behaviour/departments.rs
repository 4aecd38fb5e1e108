use std::collections::HashSet;

use patchbay_tenant::SALES_DEPARTMENT_ID;
use serde_json::{Value, json};

use crate::office::{Answer, Office, text};

async fn get(office: &Office, body: Value) -> Answer {
    office.older("/topapi/v2/department/get", body).await
}

async fn below(office: &Office, body: Value) -> Answer {
    office.older("/topapi/v2/department/listsub", body).await
}

#[tokio::test]
async fn a_department_is_told_in_full() {
    let office = Office::open().await;

    let answer = get(&office, json!({ "dept_id": SALES_DEPARTMENT_ID })).await;

    assert_eq!(answer.body["errcode"], 0);
    assert_eq!(answer.body["errmsg"], "ok");
    let detail = answer.body["result"].clone();
    let chat_id = text(&detail["dept_group_chat_id"]);
    assert_eq!(chat_id.len(), 36);
    assert_eq!(
        detail,
        json!({
            "dept_id": SALES_DEPARTMENT_ID, "name": "销售部", "parent_id": 1, "source_identifier": "XH02",
            "create_dept_group": true, "auto_add_user": true, "from_union_org": false, "tags": "", "order": 20,
            "dept_group_chat_id": chat_id, "group_contain_sub_dept": true, "org_dept_owner": "user002",
            "dept_manager_userid_list": ["user002"], "outer_dept": false, "hide_dept": false, "user_permits": [],
            "dept_permits": [], "auto_approve_apply": false, "code": "200", "member_count": 21,
            "owning_member_count": 7,
        })
    );
}

#[tokio::test]
async fn the_root_has_everybody_and_no_parent() {
    let office = Office::open().await;

    let detail = get(&office, json!({ "dept_id": 1 })).await.body["result"].clone();

    assert_eq!(detail["name"], "杭州星河贸易有限公司");
    assert_eq!(detail["member_count"], 60);
    assert_eq!(detail["owning_member_count"], 1);
    assert!(detail.get("parent_id").is_none());
    assert!(detail.get("code").is_none());
}

#[tokio::test]
async fn names_come_in_the_language_asked_for() {
    let office = Office::open().await;

    let sales = json!({ "dept_id": SALES_DEPARTMENT_ID, "language": "en_US" });
    assert_eq!(get(&office, sales).await.body["result"]["name"], "Sales");
    let root = below(&office, json!({ "language": "en_US" })).await;
    assert_eq!(root.body["result"][0]["name"], "General Management");
    get(&office, json!({ "dept_id": 1, "language": "fr_FR" })).await.assert_errcode(400_002);
    below(&office, json!({ "dept_id": 1, "language": 1 })).await.assert_errcode(400_002);
}

#[tokio::test]
async fn the_list_has_the_departments_right_below_and_no_deeper_ones() {
    let office = Office::open().await;

    let answer = below(&office, json!({ "dept_id": SALES_DEPARTMENT_ID })).await;

    let department = |dept_id: i64, name: &str| {
        json!({ "dept_id": dept_id, "name": name, "parent_id": SALES_DEPARTMENT_ID, "create_dept_group": true,
            "auto_add_user": true })
    };
    assert_eq!(answer.body["errcode"], 0);
    assert_eq!(answer.body["result"], json!([department(860410003, "华东区"), department(860410004, "华南区")]));
}

#[tokio::test]
async fn without_a_department_the_root_is_listed() {
    let office = Office::open().await;

    let given = below(&office, json!({ "dept_id": 1 })).await;
    let default = below(&office, json!({})).await;

    assert_eq!(given.body["result"], default.body["result"]);
    assert_eq!(given.body["result"].as_array().expect("a list").len(), 5);
    let leaf = below(&office, json!({ "dept_id": 860410009 })).await;
    assert_eq!(leaf.body["result"], json!([]));
}

#[tokio::test]
async fn unknown_and_malformed_departments_are_refused() {
    let office = Office::open().await;

    for (body, code) in [
        (json!({ "dept_id": 5 }), 60003),
        (json!({ "dept_id": -7 }), 40009),
        (json!({ "dept_id": 0 }), 40009),
        (json!({ "dept_id": "1" }), 400_002),
        (json!({ "dept_id": 1.5 }), 400_002),
        (json!({ "dept_id": null }), 400_002),
    ] {
        get(&office, body.clone()).await.assert_errcode(code);
        below(&office, body).await.assert_errcode(code);
    }
    get(&office, json!({})).await.assert_errcode(400_002);
}

/// The people of a department, page by page, and how many pages that took.
async fn walk(office: &Office, dept_id: i64, size: usize, order: &str) -> (Vec<String>, usize) {
    let (mut user_ids, mut cursor, mut pages) = (Vec::new(), 0, 0);
    loop {
        let body = json!({ "dept_id": dept_id, "cursor": cursor, "size": size, "order_field": order });
        let result = office.older("/topapi/v2/user/list", body).await.body["result"].clone();
        let list = result["list"].as_array().expect("a list");
        user_ids.extend(list.iter().map(|user| text(&user["userid"])));
        pages += 1;
        if result["has_more"] == false {
            assert!(result.get("next_cursor").is_none());
            return (user_ids, pages);
        }
        cursor = result["next_cursor"].as_i64().expect("a cursor");
    }
}

#[tokio::test]
async fn pages_of_a_departments_people_hold_everybody_once() {
    let office = Office::open().await;

    let (whole, pages) = walk(&office, SALES_DEPARTMENT_ID, 100, "custom").await;
    assert_eq!((whole.len(), pages), (7, 1));
    assert_eq!(whole[0], "user002");
    for (size, expected) in [(3, 3), (7, 1), (1, 7)] {
        let (user_ids, pages) = walk(&office, SALES_DEPARTMENT_ID, size, "custom").await;
        assert_eq!((&user_ids, pages), (&whole, expected));
    }
    let (mut newest, _) = walk(&office, SALES_DEPARTMENT_ID, 2, "entry_desc").await;
    newest.reverse();
    assert_eq!(newest, walk(&office, SALES_DEPARTMENT_ID, 2, "modify_asc").await.0);
    assert_eq!(newest.iter().collect::<HashSet<_>>().len(), 7);
}

#[tokio::test]
async fn a_listed_person_has_every_field() {
    let office = Office::open().await;

    let body = json!({ "dept_id": SALES_DEPARTMENT_ID, "cursor": 0, "size": 2, "language": "zh_CN" });
    let result = office.older("/topapi/v2/user/list", body).await.body["result"].clone();

    assert_eq!(result["has_more"], true);
    assert_eq!(result["next_cursor"], 2);
    let names = |user: &Value| user.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        names(&result["list"][0]),
        [
            "userid",
            "unionid",
            "name",
            "avatar",
            "state_code",
            "mobile",
            "hide_mobile",
            "telephone",
            "job_number",
            "title",
            "email",
            "org_email",
            "work_place",
            "remark",
            "dept_id_list",
            "dept_order",
            "extension",
            "hired_date",
            "active",
            "admin",
            "boss",
            "leader",
            "exclusive_account",
        ]
    );
    assert_eq!(result["list"][0]["leader"], true);
    assert_eq!(result["list"][1]["leader"], false);
    assert_eq!(result["list"][1]["telephone"], "");
}

#[tokio::test]
async fn a_page_beyond_the_last_is_empty() {
    let office = Office::open().await;

    let body = json!({ "dept_id": SALES_DEPARTMENT_ID, "cursor": 70, "size": 10 });
    let result = office.older("/topapi/v2/user/list", body).await.body["result"].clone();

    assert_eq!(result, json!({ "has_more": false, "list": [] }));
}

#[tokio::test]
async fn parameters_of_the_list_of_people_are_refused_for_what_is_wrong_with_them() {
    let office = Office::open().await;

    for (field, value, code) in [
        ("dept_id", json!(null), 400_002),
        ("cursor", json!(null), 400_002),
        ("size", json!(null), 400_002),
        ("dept_id", json!("1"), 40035),
        ("cursor", json!("0"), 40035),
        ("cursor", json!(-1), 40035),
        ("size", json!("10"), 40035),
        ("size", json!(0), 40035),
        ("size", json!(101), 40035),
        ("order_field", json!("name"), 40035),
        ("contain_access_limit", json!("true"), 40035),
        ("language", json!("fr_FR"), 40035),
        ("dept_id", json!(5), 60003),
        ("dept_id", json!(-7), 40009),
    ] {
        let mut body = json!({ "dept_id": 1, "cursor": 0, "size": 10 });
        body[field] = value;
        office.older("/topapi/v2/user/list", body).await.assert_errcode(code);
    }
}
