use reqwest::Method;
use serde_json::{Value, json};

use crate::office::{Answer, Office, text};

const USERS: &str = "/v1.0/contact/users/search";
const DEPARTMENTS: &str = "/v1.0/contact/departments/search";

async fn search(office: &Office, path: &str, body: Value) -> Answer {
    office.newer(Method::POST, path, Some(body)).await
}

fn page(word: &str, offset: usize, size: usize) -> Value {
    json!({ "queryWord": word, "offset": offset, "size": size })
}

#[tokio::test]
async fn people_are_found_by_a_part_of_their_name_and_by_its_pinyin() {
    let office = Office::open().await;

    for word in ["王伟", " 王伟 ", "wangwei", "WangWei"] {
        let answer = search(&office, USERS, page(word, 0, 20)).await;
        assert_eq!(answer.status, 200);
        let list = answer.body["list"].as_array().expect("a list");
        assert!(list.contains(&json!("user002")), "{word}: {answer:?}");
    }
    let expected = office.tenant.users().iter().filter(|user| user.name.contains('王')).count();
    let answer = search(&office, USERS, page("王", 0, 1)).await;
    assert_eq!(answer.body["totalCount"], expected);
    assert_eq!(answer.body["hasMore"], expected > 1);
    assert!(answer.body["list"][0].is_string());
}

#[tokio::test]
async fn a_whole_name_may_be_asked_for() {
    let office = Office::open().await;
    let whole = |word: &str| json!({ "queryWord": word, "offset": 0, "size": 20, "fullMatchField": 1 });

    let answer = search(&office, USERS, whole("王伟")).await;
    assert_eq!(answer.body, json!({ "hasMore": false, "totalCount": 1, "list": ["user002"] }));
    let part = search(&office, USERS, whole("王")).await;
    assert_eq!(part.body, json!({ "hasMore": false, "totalCount": 0, "list": [] }));
}

#[tokio::test]
async fn mobile_numbers_and_e_mail_addresses_are_not_searched() {
    let office = Office::open().await;

    for word in ["18500000002", "user002@example.com"] {
        let answer = search(&office, USERS, page(word, 0, 10)).await;
        assert_eq!(answer.body["totalCount"], 0);
    }
}

#[tokio::test]
async fn pages_of_a_search_hold_every_hit_once() {
    let office = Office::open().await;
    for number in 0..45 {
        let body = json!({ "name": format!("临时工{number:02}"), "mobile": format!("139000000{number:02}"),
            "dept_id_list": "860410009" });
        assert_eq!(office.older("/topapi/v2/user/create", body).await.body["errcode"], 0);
    }

    let (mut found, mut offset) = (Vec::new(), 0);
    loop {
        let answer = search(&office, USERS, page("临时", offset, 20)).await;
        assert_eq!(answer.body["totalCount"], 45);
        let list = answer.body["list"].as_array().expect("a list");
        found.extend(list.iter().map(text));
        offset += list.len();
        if answer.body["hasMore"] == false {
            break;
        }
    }

    let expected: Vec<String> = office.tenant.users().into_iter().skip(60).map(|user| user.user_id).collect();
    assert_eq!(found, expected);
    let one = search(&office, USERS, page("临时工07", 0, 20)).await;
    assert_eq!(one.body["list"], json!([expected[7]]));
    let beyond = search(&office, USERS, page("临时", 45, 20)).await;
    assert_eq!(beyond.body, json!({ "hasMore": false, "totalCount": 45, "list": [] }));
}

#[tokio::test]
async fn departments_are_found_by_name_and_pinyin() {
    let office = Office::open().await;

    for word in ["销售", "xiaoshou", "销售部"] {
        let answer = search(&office, DEPARTMENTS, page(word, 0, 10)).await;
        assert_eq!(answer.body, json!({ "hasMore": false, "totalCount": 1, "list": [860410002] }));
    }
    let first = search(&office, DEPARTMENTS, page("部", 0, 3)).await;
    assert_eq!(first.body, json!({ "hasMore": true, "totalCount": 4, "list": [860410002, 860410005, 860410008] }));
    let second = search(&office, DEPARTMENTS, page("部", 3, 3)).await;
    assert_eq!(second.body, json!({ "hasMore": false, "totalCount": 4, "list": [860410009] }));
}

#[tokio::test]
async fn parameters_that_are_missing_or_malformed_are_refused() {
    let office = Office::open().await;

    for path in [USERS, DEPARTMENTS] {
        for (field, value) in [
            ("queryWord", json!(null)),
            ("queryWord", json!("")),
            ("queryWord", json!("  ")),
            ("queryWord", json!(5)),
            ("offset", json!(null)),
            ("offset", json!("0")),
            ("offset", json!(-1)),
            ("size", json!(null)),
            ("size", json!("10")),
            ("size", json!(0)),
            ("size", json!(21)),
            ("fullMatchField", json!("1")),
        ] {
            let mut body = page("王", 0, 10);
            body[field] = value;
            search(&office, path, body).await.assert_refused(400, "parameter.error");
        }
        search(&office, path, json!({ "queryWord": "王" })).await.assert_refused(400, "parameter.error");
    }
}
