//! Create User, and that every read sees whom it took in.

use patchbay_tenant::{
    MANAGER_MOBILE, MANAGER_UNION_ID, MANAGER_USER_ID, PROTECTED_MOBILE, SALES_DEPARTMENT_ID, TenantConfig,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, text};

const GET: &str = "/topapi/v2/user/get";
const BY_MOBILE: &str = "/topapi/v2/user/getbymobile";
const BY_UNION_ID: &str = "/topapi/user/getbyunionid";

async fn create(office: &Office, body: Value) -> Answer {
    office.older("/topapi/v2/user/create", body).await
}

/// A good request, with some fields replaced.
fn with(fields: Value) -> Value {
    let mut body = json!({ "name": "孙晓梅", "mobile": "13900000021", "dept_id_list": "860410002" });
    for (name, value) in fields.as_object().expect("an object") {
        body[name] = value.clone();
    }
    body
}

async fn count(office: &Office, only_active: bool) -> i64 {
    let answer = office.older("/topapi/user/count", json!({ "only_active": only_active })).await;
    answer.body["result"]["count"].as_i64().expect("a count")
}

#[tokio::test]
async fn a_new_user_is_found_by_every_read() {
    let office = Office::open().await;
    let counts = (count(&office, false).await, count(&office, true).await);

    let answer = create(
        &office,
        with(json!({
            "dept_id_list": "860410002,860410009",
            "job_number": "B0001",
            "email": "sunxm@example.com",
            "title": "销售代表",
            "work_place": "杭州总部",
            "remark": "试用期",
            "extension": "{\"hobby\":\"摄影\"}",
        })),
    )
    .await;

    assert_eq!(answer.body["errcode"], 0, "{answer:?}");
    let result = answer.body["result"].as_object().expect("a result");
    assert_eq!(result.keys().collect::<Vec<_>>(), ["userid", "unionId"]);
    let (user_id, union_id) = (text(&result["userid"]), text(&result["unionId"]));

    let user = office.older(GET, json!({ "userid": user_id })).await.body["result"].clone();
    assert_eq!(
        user,
        json!({
            "userid": user_id, "unionid": union_id, "name": "孙晓梅", "state_code": "86", "mobile": "13900000021",
            "hide_mobile": false, "job_number": "B0001", "title": "销售代表", "email": "sunxm@example.com",
            "work_place": "杭州总部", "remark": "试用期", "exclusive_account": false,
            "dept_id_list": [860410002, 860410009],
            "dept_order_list": [{ "dept_id": 860410002, "order": 0 }, { "dept_id": 860410009, "order": 0 }],
            "extension": "{\"hobby\":\"摄影\"}", "active": false, "real_authed": false, "senior": false,
            "admin": false, "boss": false,
            "leader_in_dept": [{ "dept_id": 860410002, "leader": false }, { "dept_id": 860410009, "leader": false }],
            "role_list": [],
        })
    );
    let by_mobile = office.older(BY_MOBILE, json!({ "mobile": "+86-13900000021" })).await;
    assert_eq!(by_mobile.body["result"]["userid"], user_id.as_str());
    let by_union_id = office.older(BY_UNION_ID, json!({ "unionid": union_id })).await;
    assert_eq!(by_union_id.body["result"], json!({ "contact_type": 0, "userid": user_id }));
    for dept_id in [860410002, 860410009] {
        let page = json!({ "dept_id": dept_id, "cursor": 0, "size": 100 });
        let list = office.older("/topapi/v2/user/list", page).await.body["result"]["list"].clone();
        assert_eq!(list.as_array().expect("a list").last().expect("somebody")["userid"], user_id.as_str());
    }
    let search = json!({ "queryWord": "sunxiaomei", "offset": 0, "size": 20 });
    let found = office.newer(Method::POST, "/v1.0/contact/users/search", Some(search)).await;
    assert!(found.body["list"].as_array().expect("a list").contains(&json!(user_id)));
    assert_eq!((count(&office, false).await, count(&office, true).await), (counts.0 + 1, counts.1));

    assert!(office.tenant.activate_user(&user_id));
    assert_eq!(count(&office, true).await, counts.1 + 1);
    assert_eq!(office.tenant.user(&user_id).expect("the user").mobile, "13900000021");
}

#[tokio::test]
async fn a_new_user_is_in_the_numbers_of_all_departments_above() {
    let office = Office::open().await;
    let numbers = async || {
        let mut numbers = Vec::new();
        for dept_id in [1, 860410002, 860410003, 860410004] {
            let detail = office.older("/topapi/v2/department/get", json!({ "dept_id": dept_id })).await;
            let number = |name: &str| detail.body["result"][name].as_i64().expect("a number");
            numbers.push((number("member_count"), number("owning_member_count")));
        }
        numbers
    };
    let before = numbers().await;

    create(&office, with(json!({ "dept_id_list": "860410002,860410003" }))).await;

    let more: Vec<(i64, i64)> =
        numbers().await.iter().zip(before).map(|(now, before)| (now.0 - before.0, now.1 - before.1)).collect();
    assert_eq!(more, [(1, 0), (1, 1), (1, 1), (0, 0)]);
}

#[tokio::test]
async fn the_fields_that_only_the_service_knows_are_taken_too() {
    let office = Office::open().await;

    let answer = create(
        &office,
        with(json!({
            "userid": "sunxm", "hide_mobile": true, "telephone": "0571-86129999", "org_email": "sunxm@xinghe.example.com",
            "senior_mode": true, "hired_date": 1_760_000_000_000_i64, "manager_userid": "user002",
            "dept_order_list": [{ "dept_id": 860410002, "order": 1000 }], "login_email": "ignored", "unknown": 1,
        })),
    )
    .await;

    assert_eq!(answer.body["result"]["userid"], "sunxm");
    let user = office.older(GET, json!({ "userid": "sunxm" })).await.body["result"].clone();
    assert_eq!(user["hide_mobile"], true);
    assert_eq!(user["telephone"], "0571-86129999");
    assert_eq!(user["org_email"], "sunxm@xinghe.example.com");
    assert_eq!(user["senior"], true);
    assert_eq!(user["hired_date"], 1_760_000_000_000_i64);
    assert_eq!(user["manager_userid"], "user002");
    let page = json!({ "dept_id": SALES_DEPARTMENT_ID, "cursor": 0, "size": 1 });
    let list = office.older("/topapi/v2/user/list", page).await;
    assert_eq!(list.body["result"]["list"][0]["userid"], "sunxm", "the highest place comes first");
}

#[tokio::test]
async fn a_number_of_another_country_is_taken_with_its_code() {
    let office = Office::open().await;

    let answer = create(&office, with(json!({ "mobile": "+49-15100000000" }))).await;

    let user_id = answer.body["result"]["userid"].clone();
    let user = office.older(GET, json!({ "userid": user_id })).await;
    assert_eq!(
        (&user.body["result"]["state_code"], &user.body["result"]["mobile"]),
        (&json!("49"), &json!("15100000000"))
    );
    let found = office.older(BY_MOBILE, json!({ "mobile": "+49-15100000000" })).await;
    assert_eq!(found.body["result"]["userid"], user_id);
}

#[tokio::test]
async fn what_is_somebody_elses_is_refused() {
    let office = Office::open().await;

    for (fields, code) in [
        (json!({ "userid": MANAGER_USER_ID }), 60102),
        (json!({ "mobile": MANAGER_MOBILE }), 60104),
        (json!({ "mobile": format!("+86-{MANAGER_MOBILE}") }), 60104),
        (json!({ "email": "manager001@example.com" }), 60106),
        (json!({ "email": "Manager001@Example.com" }), 60106),
        (json!({ "email": "manager001@xinghe.example.com" }), 60106),
        (json!({ "job_number": "A0001" }), 60123),
    ] {
        create(&office, with(fields)).await.assert_errcode(code);
    }
    assert_eq!(office.tenant.users().len(), 60);

    create(&office, with(json!({ "email": "sunxm@example.com" }))).await;
    create(&office, with(json!({}))).await.assert_errcode(60104);
    let other = json!({ "mobile": "13900000022", "email": "sunxm@example.com" });
    create(&office, with(other)).await.assert_errcode(60106);
    assert_eq!(office.tenant.users().len(), 61);
}

#[tokio::test]
async fn departments_have_to_exist_and_to_be_written_as_numbers() {
    let office = Office::open().await;
    let many = |count: usize| vec!["860410002"; count].join(",");

    for (list, code) in [
        (json!("860410002,5"), 60003),
        (json!("0"), 40009),
        (json!("-7"), 40009),
        (json!("销售部"), 40066),
        (json!("860410002, 860410003"), 40066),
        (json!("860410002,"), 40066),
        (json!("\"860410002\""), 40066),
        (json!(many(101)), 40066),
        (json!(""), 400_002),
        (json!([860410002]), 400_002),
        (json!(860410002), 400_002),
    ] {
        create(&office, with(json!({ "dept_id_list": list }))).await.assert_errcode(code);
    }

    let answer = create(&office, with(json!({ "dept_id_list": many(100) }))).await;
    let user = office.tenant.user(&text(&answer.body["result"]["userid"])).expect("the user");
    assert_eq!(user.dept_id_list, [860410002]);
}

#[tokio::test]
async fn malformed_and_long_fields_are_refused_each_with_its_code() {
    let office = Office::open().await;
    let long = |length: usize| "长".repeat(length);

    for (fields, code) in [
        (json!({ "name": long(81) }), 60112),
        (json!({ "name": "  " }), 60112),
        (json!({ "name": "" }), 400_002),
        (json!({ "name": 5 }), 400_002),
        (json!({ "name": null }), 400_002),
        (json!({ "mobile": "1390000002" }), 60103),
        (json!({ "mobile": "23900000021" }), 60103),
        (json!({ "mobile": "+86-123" }), 60103),
        (json!({ "mobile": "" }), 400_002),
        (json!({ "mobile": 13900000021_i64 }), 400_002),
        (json!({ "userid": "x".repeat(65) }), 33012),
        (json!({ "job_number": "1".repeat(51) }), 60123),
        (json!({ "email": "sunxm" }), 400_002),
        (json!({ "email": "sun xm@example.com" }), 400_002),
        (json!({ "email": format!("{}@example.com", "x".repeat(50)) }), 400_002),
        (json!({ "title": long(201) }), 400_002),
        (json!({ "work_place": long(101) }), 40064),
        (json!({ "remark": long(2001) }), 40065),
        (json!({ "extension": "hobby" }), 60122),
        (json!({ "extension": "[1]" }), 60122),
        (json!({ "extension": "{\"shoe size\":\"43\"}" }), 60122),
        (json!({ "extension": { "hobby": "travel" } }), 400_002),
        (json!({ "extension": format!("{{\"hobby\":\"{}\"}}", long(2000)) }), 60122),
        (json!({ "manager_userid": "nobody" }), 60121),
        (json!({ "hide_mobile": "true" }), 400_002),
        (json!({ "hired_date": "2026-11-20" }), 400_002),
    ] {
        let answer = create(&office, with(fields.clone())).await;
        assert_eq!(answer.body["errcode"], code, "{fields}: {answer:?}");
    }
    assert_eq!(office.tenant.users().len(), 60);

    let full = json!({ "name": long(80), "job_number": "1".repeat(50), "title": long(200), "work_place": long(100),
        "remark": long(2000) });
    assert_eq!(create(&office, with(full)).await.body["errcode"], 0);
}

#[tokio::test]
async fn somebody_protected_is_invited_and_joins_on_agreeing() {
    let office = Office::open().await;
    let body = with(json!({ "mobile": PROTECTED_MOBILE, "name": "吴远" }));

    create(&office, body.clone()).await.assert_errcode(40103);
    create(&office, body).await.assert_errcode(40103);

    let invitations = office.tenant.invitations();
    let [invitation] = invitations.as_slice() else {
        panic!("one invitation: {invitations:?}");
    };
    assert_eq!((invitation.mobile.as_str(), invitation.name.as_str()), (PROTECTED_MOBILE, "吴远"));
    office.older(BY_MOBILE, json!({ "mobile": PROTECTED_MOBILE })).await.assert_errcode(60121);

    let user = office.tenant.accept_invitation(PROTECTED_MOBILE).expect("the person joins");

    assert!(user.active);
    let found = office.older(BY_MOBILE, json!({ "mobile": PROTECTED_MOBILE })).await;
    assert_eq!(found.body["result"]["userid"], user.user_id.as_str());
    assert!(office.tenant.invitations().is_empty());
    assert!(office.tenant.accept_invitation(PROTECTED_MOBILE).is_none());
}

#[tokio::test]
async fn the_same_calls_give_the_same_ids() {
    let ids = async |seed| {
        let office = Office::with(TenantConfig { seed, ..TenantConfig::default() }).await;
        create(&office, with(json!({}))).await.body["result"].clone()
    };

    let (first, again, other) = (ids(7).await, ids(7).await, ids(8).await);

    assert_eq!(first, again);
    assert_ne!(first, other);
    assert_ne!(text(&first["unionId"]), MANAGER_UNION_ID);
    assert_eq!(text(&first["userid"]).len(), 18);
}

#[tokio::test]
async fn a_new_user_may_operate_a_spreadsheet() {
    let office = Office::open().await;
    let answer = create(&office, with(json!({}))).await;
    let union_id = text(&answer.body["result"]["unionId"]);
    let (workbook, sheet) = (patchbay_tenant::WORKBOOK_ID, patchbay_tenant::STAFF_SHEET_ID);

    let path = format!("/v1.0/doc/workbooks/{workbook}/sheets/{sheet}?operatorId={union_id}");

    assert_eq!(office.newer(Method::GET, &path, None).await.status, 200);
}
