use std::collections::HashSet;

use patchbay_tenant::{
    EXTERNAL_UNION_ID, EXTERNAL_USER_ID, MANAGER_MOBILE, MANAGER_UNION_ID, MANAGER_USER_ID, MEMBER_MOBILE,
    MEMBER_UNION_ID, MEMBER_USER_ID, TenantConfig, User,
};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::json;

use crate::office::{Office, read};

const BY_MOBILE: &str = "/topapi/v2/user/getbymobile";
const BY_UNION_ID: &str = "/topapi/user/getbyunionid";
const COUNT: &str = "/topapi/user/count";
const GET: &str = "/topapi/v2/user/get";

#[tokio::test]
async fn a_mobile_number_leads_to_the_user_id() {
    let office = Office::open().await;

    for (mobile, user_id) in [(MANAGER_MOBILE, MANAGER_USER_ID), (MEMBER_MOBILE, MEMBER_USER_ID)] {
        let answer = office.older(BY_MOBILE, json!({ "mobile": mobile })).await;
        assert_eq!(answer.body["errcode"], 0);
        assert_eq!(answer.body["errmsg"], "ok");
        assert_eq!(answer.body["result"], json!({ "userid": user_id }));
        assert!(answer.body["request_id"].is_string());
    }
}

#[tokio::test]
async fn a_user_id_leads_to_everything_known_of_the_person() {
    let office = Office::open().await;

    let answer = office.older(GET, json!({ "userid": "user002", "language": "zh_CN" })).await;

    let user = &answer.body["result"];
    assert_eq!(answer.body["errcode"], 0);
    assert_eq!(user["userid"], MEMBER_USER_ID);
    assert_eq!(user["unionid"], MEMBER_UNION_ID);
    assert_eq!(user["name"], "王伟");
    assert_eq!(user["mobile"], MEMBER_MOBILE);
    assert_eq!(user["title"], "销售总监");
    assert_eq!(user["manager_userid"], MANAGER_USER_ID);
    assert_eq!(user["leader_in_dept"][0]["leader"], true);
    assert_eq!(user["dept_order_list"][0]["dept_id"], user["dept_id_list"][0]);
    assert!(user["hired_date"].as_i64().is_some_and(|date| date > 1_400_000_000_000));
}

#[tokio::test]
async fn a_field_that_is_empty_is_absent() {
    let office = Office::open().await;

    let answer = office.older(GET, json!({ "userid": "manager001" })).await;

    assert_eq!(answer.body["result"]["unionid"], MANAGER_UNION_ID);
    assert!(answer.body["result"].get("manager_userid").is_none());
}

#[tokio::test]
async fn nobody_is_found_by_an_unknown_user_id_or_number() {
    let office = Office::open().await;

    office.older(GET, json!({ "userid": "nobody" })).await.assert_errcode(60121);
    office.older(BY_MOBILE, json!({ "mobile": "13900000000" })).await.assert_errcode(60121);
    office.older(BY_MOBILE, json!({ "mobile": "+49-15100000000" })).await.assert_errcode(60121);
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_refused() {
    let office = Office::open().await;

    for body in [json!({}), json!({ "userid": 5 }), json!({ "userid": "" })] {
        office.older(GET, body).await.assert_errcode(400_002);
    }
    let language = json!({ "userid": "user002", "language": "fr_FR" });
    office.older(GET, language).await.assert_errcode(400_002);
    office.older(GET, json!({ "userid": "x".repeat(65) })).await.assert_errcode(33012);

    for body in [json!({}), json!({ "mobile": 18500000001_i64 }), json!({ "mobile": "" })] {
        office.older(BY_MOBILE, body).await.assert_errcode(400_002);
    }
    for mobile in ["12345", "2850000000x", "+86", "+-1"] {
        office.older(BY_MOBILE, json!({ "mobile": mobile })).await.assert_errcode(40104);
    }
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let office = Office::open().await;
    let path = format!("{GET}?access_token={}", office.token().await);
    let request = || office.request(Method::POST, &path);
    let as_json = || request().header(CONTENT_TYPE, "application/json; charset=utf-8");

    read(request()).await.assert_errcode(40035);
    read(as_json().body(" ")).await.assert_errcode(40035);
    read(request().body("userid=user002")).await.assert_errcode(43004);
    read(as_json().body("{\"userid\":")).await.assert_errcode(43009);
    read(as_json().body("[\"user002\"]")).await.assert_errcode(43009);
    assert_eq!(read(as_json().body("{\"userid\":\"user002\"}")).await.body["errcode"], 0);
}

#[tokio::test]
async fn the_directory_has_sixty_people_with_ids_of_their_own() {
    let office = Office::open().await;
    let users = office.tenant.users();
    let distinct = |key: fn(&User) -> &String| users.iter().map(key).collect::<HashSet<_>>().len();

    assert_eq!(users.len(), 60);
    assert_eq!(distinct(|user| &user.user_id), 60);
    assert_eq!(distinct(|user| &user.union_id), 60);
    assert_eq!(distinct(|user| &user.mobile), 60);
    assert_eq!(distinct(|user| &user.name), 60);
    assert_eq!(distinct(|user| &user.job_number), 60);
    assert!(users.iter().all(|user| user.union_id.len() >= 26));
}

#[tokio::test]
async fn everybody_is_in_a_department_and_has_a_superior_in_the_organisation() {
    let office = Office::open().await;
    let departments = office.tenant.departments();
    let known: HashSet<i64> = departments.iter().map(|department| department.dept_id).collect();

    for department in &departments {
        assert!(department.parent_id.is_none_or(|parent| known.contains(&parent)));
    }
    for user in office.tenant.users() {
        assert!(user.dept_id_list.iter().all(|dept_id| known.contains(dept_id)));
        match &user.manager_user_id {
            None => assert_eq!(user.user_id, MANAGER_USER_ID),
            Some(superior) => {
                assert!(office.tenant.user(superior).is_some());
                assert_ne!(superior, &user.user_id);
            }
        }
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_people_and_another_seed_others() {
    let people = async |seed| {
        let config = TenantConfig { seed, ..TenantConfig::default() };
        Office::with(config).await.tenant.users()
    };

    let (first, again, other) = (people(7).await, people(7).await, people(8).await);

    assert_eq!(first, again);
    assert_ne!(first, other);
    assert_eq!(first[0].union_id, other[0].union_id);
    assert_eq!(first[1].mobile, other[1].mobile);
}

#[tokio::test]
async fn a_union_id_leads_to_a_member_or_an_external_contact() {
    let office = Office::open().await;

    for (union_id, user_id, contact_type) in
        [(MEMBER_UNION_ID, MEMBER_USER_ID, 0), (EXTERNAL_UNION_ID, EXTERNAL_USER_ID, 1)]
    {
        let answer = office.older(BY_UNION_ID, json!({ "unionid": union_id })).await;
        assert_eq!(answer.body["errcode"], 0);
        assert_eq!(answer.body["result"], json!({ "contact_type": contact_type, "userid": user_id }));
    }
    office.older(GET, json!({ "userid": EXTERNAL_USER_ID })).await.assert_errcode(60121);
    office.older(BY_UNION_ID, json!({ "unionid": MEMBER_USER_ID })).await.assert_errcode(60121);
    for body in [json!({}), json!({ "unionid": "" }), json!({ "unionid": 5 }), json!({ "unionId": MEMBER_UNION_ID })] {
        office.older(BY_UNION_ID, body).await.assert_errcode(400_002);
    }
}

#[tokio::test]
async fn people_are_counted_with_and_without_those_not_activated() {
    let office = Office::open().await;

    let all = office.older(COUNT, json!({ "only_active": false })).await;
    assert_eq!(all.body["result"], json!({ "count": 60 }));
    let active = office.older(COUNT, json!({ "only_active": true })).await;
    assert_eq!(active.body["result"], json!({ "count": 57 }));
    assert_eq!(office.tenant.users().iter().filter(|user| user.active).count(), 57);
    office.older(COUNT, json!({})).await.assert_errcode(400_002);
    for value in [json!("true"), json!(1)] {
        office.older(COUNT, json!({ "only_active": value })).await.assert_errcode(40035);
    }
}

#[tokio::test]
async fn a_leader_has_every_field() {
    let office = Office::open().await;

    let answer = office.older(GET, json!({ "userid": MEMBER_USER_ID })).await;

    let names: Vec<&String> = answer.body["result"].as_object().expect("an object").keys().collect();
    assert_eq!(
        names,
        [
            "userid",
            "unionid",
            "name",
            "avatar",
            "state_code",
            "manager_userid",
            "mobile",
            "hide_mobile",
            "telephone",
            "job_number",
            "title",
            "email",
            "work_place",
            "remark",
            "exclusive_account",
            "org_email",
            "dept_id_list",
            "dept_order_list",
            "extension",
            "hired_date",
            "active",
            "real_authed",
            "senior",
            "admin",
            "boss",
            "leader_in_dept",
            "role_list",
        ]
    );
}
