"""The older API, by its documentation."""

from typing import Any

from checks import Tenant, check, equal
from older_api import Answer, OlderApi

NOTICES = "/topapi/message/corpconversation"
UNKNOWN_DEPARTMENT = 999_999_999


def result(answer: Answer, name: str = "result") -> Any:
    """What a call that succeeded answers besides the id of the request."""
    assert isinstance(answer["request_id"], str) and answer["request_id"], answer
    return bare_result(answer, name)


def bare_result(answer: Answer, name: str) -> Any:
    """What a call that succeeded answers; two calls have no id of the request by their documentation."""
    assert answer["errcode"] == 0 and answer["errmsg"] == "ok", answer
    return answer[name]


@check
def a_person_is_read_as_held(tenant: Tenant) -> None:
    renamed = {"user_id": "userid", "union_id": "unionid", "manager_user_id": "manager_userid"}
    for held in tenant.users:
        expected = {renamed.get(name, name): value for name, value in held.items() if value not in (None, "")}
        equal(result(tenant.older.post("/topapi/v2/user/get", userid=held["user_id"])), expected)


@check
def a_person_is_found_by_mobile_number_and_by_union_id(tenant: Tenant) -> None:
    for held in tenant.users:
        user = {"userid": held["user_id"]}
        found = tenant.older.post("/topapi/v2/user/getbymobile", mobile=held["mobile"])
        equal(result(found), user)
        found = tenant.older.post("/topapi/user/getbyunionid", unionid=held["union_id"])
        equal(result(found), {"contact_type": 0} | user)
    found = tenant.older.post("/topapi/user/getbyunionid", unionid=tenant.external_union)
    equal(result(found), {"contact_type": 1, "userid": tenant.external_user})


@check
def people_are_counted_with_and_without_those_who_never_logged_in(tenant: Tenant) -> None:
    active = [held for held in tenant.users if held["active"]]
    for only_active, held in ((True, active), (False, tenant.users)):
        counted = tenant.older.post("/topapi/user/count", only_active=only_active)
        equal(result(counted), {"count": len(held)})


@check
def people_of_a_department_are_listed_page_by_page(tenant: Tenant) -> None:
    for department in tenant.departments:
        number = department["dept_id"]
        expected = {held["user_id"]: held for held in tenant.users if number in held["dept_id_list"]}
        found: dict[str, Any] = {}
        cursor = 0
        while cursor is not None:
            page = result(tenant.older.post("/topapi/v2/user/list", dept_id=number, cursor=cursor, size=2))
            assert len(page["list"]) <= 2 and page["has_more"] == ("next_cursor" in page), page
            found |= {user["userid"]: user for user in page["list"]}
            cursor = page.get("next_cursor")
        equal(set(found), set(expected))
        same = ("unionid", "union_id"), ("name", "name"), ("mobile", "mobile"), ("title", "title"), ("active", "active")
        for user, held in expected.items():
            equal([found[user][name] for name, _ in same], [held[name] for _, name in same])


@check
def a_new_person_is_read_as_it_was_made(tenant: Tenant) -> None:
    department = tenant.departments[1]["dept_id"]
    fields = {"job_number": "K900", "email": "kaohe@example.com", "title": "核对员"}
    fields |= {"work_place": "杭州", "remark": "新人"}
    given = {"name": "核对", "mobile": "18600000900", "dept_id_list": f"{department}"}
    made = result(tenant.older.post("/topapi/v2/user/create", **given, **fields))
    read = result(tenant.older.post("/topapi/v2/user/get", userid=made["userid"]))
    expected = {"unionid": made["unionId"], "name": "核对", "mobile": "18600000900", "dept_id_list": [department]}
    expected |= fields | {"active": False, "admin": False}
    equal({name: read[name] for name in expected}, expected)


@check
def a_department_is_read_as_held(tenant: Tenant) -> None:
    for held in tenant.departments:
        found = result(tenant.older.post("/topapi/v2/department/get", dept_id=held["dept_id"]))
        expected = {
            "dept_id": held["dept_id"],
            "name": held["name"],
            "order": held["order"],
            "auto_add_user": held["auto_add_user"],
            "create_dept_group": held["group_chat_id"] is not None,
            "dept_manager_userid_list": held["manager_user_ids"],
            "org_dept_owner": held["owner"],
        }
        optional = {"parent_id": "parent_id", "code": "code", "dept_group_chat_id": "group_chat_id"}
        expected |= {name: held[other] for name, other in optional.items() if held[other] is not None}
        equal({name: found.get(name) for name in expected}, expected)
        if held["english_name"]:
            found = tenant.older.post("/topapi/v2/department/get", dept_id=held["dept_id"], language="en_US")
            equal(result(found)["name"], held["english_name"])


@check
def departments_below_another_are_listed(tenant: Tenant) -> None:
    for parent in tenant.departments:
        found = result(tenant.older.post("/topapi/v2/department/listsub", dept_id=parent["dept_id"]))
        below = [held for held in tenant.departments if held["parent_id"] == parent["dept_id"]]
        expected = {(held["dept_id"], held["name"], parent["dept_id"]) for held in below}
        equal({(child["dept_id"], child["name"], child["parent_id"]) for child in found}, expected)


@check
def a_group_is_read_by_its_chatid(tenant: Tenant) -> None:
    held = tenant.plain_group
    found = bare_result(tenant.older.get("/chat/get", chatid=held["chat_id"]), "chat_info")
    expected = (held["name"], held["owner"], held["user_ids"], held["icon"])
    equal((found["name"], found["owner"], found["useridlist"], found["icon"]), expected)


@check
def a_notice_is_sent_followed_and_taken_back(tenant: Tenant) -> None:
    older, agent = tenant.older, tenant.agent
    people = f"{tenant.manager['user_id']},nobody"
    message = {"msgtype": "markdown", "markdown": {"title": "核对", "text": "# 核对"}}
    sent = older.post(f"{NOTICES}/asyncsend_v2", agent_id=agent, userid_list=people, msg=message)
    task = result(sent, "task_id")
    assert isinstance(task, int), sent
    progress = result(older.post(f"{NOTICES}/getsendprogress", agent_id=agent, task_id=task), "progress")
    assert set(progress) == {"progress_in_percent", "status"} and progress["status"] in (0, 1, 2), progress
    outcome = result(older.post(f"{NOTICES}/getsendresult", agent_id=agent, task_id=task), "send_result")
    equal(outcome["invalid_user_id_list"], ["nobody"])
    equal(older.post(f"{NOTICES}/recall", agent_id=agent, msg_task_id=task), {"errcode": 0, "errmsg": "ok"})


@check
def a_notice_that_was_delivered_tells_who_has_read_it(tenant: Tenant) -> None:
    task = {"agent_id": tenant.agent, "task_id": tenant.welcome["task_id"]}
    progress = result(tenant.older.post(f"{NOTICES}/getsendprogress", **task), "progress")
    equal(progress, {"progress_in_percent": 100, "status": 2})
    outcome = result(tenant.older.post(f"{NOTICES}/getsendresult", **task), "send_result")
    read = tenant.welcome["read_user_ids"]
    equal(outcome["read_user_id_list"], read)
    equal(outcome["unread_user_id_list"], [user for user in tenant.welcome["user_ids"] if user not in read])


@check
def every_call_of_the_older_api_is_refused_without_a_token_it_gave(tenant: Tenant) -> None:
    stranger, nobody = OlderApi(tenant.endpoint, "no-such-token"), OlderApi(tenant.endpoint, None)
    for path, _ in refusals(tenant):
        for api, tell, code in ((stranger, refused_at_the_gateway, 40014), (nobody, refused, 41001)):
            tell(path, api.get(path) if path == "/chat/get" else api.post(path), code)


@check
def every_call_of_the_older_api_is_refused_with_what_is_missing_or_unknown(tenant: Tenant) -> None:
    for path, cases in refusals(tenant):
        for fields, code in cases:
            answer = tenant.older.get(path, **fields) if path == "/chat/get" else tenant.older.post(path, **fields)
            refused(f"{path} with {fields}", answer, code)
    for key, secret in ((tenant.app_key, "wrong"), ("wrong", tenant.app_secret)):
        answer = OlderApi(tenant.endpoint, None).get("/gettoken", appkey=key, appsecret=secret)
        refused("/gettoken", answer, 40089)


def refused(told: str, answer: Answer, code: int) -> None:
    """Fails unless it is this failure, with a message and the id of the request."""
    equal((told, answer["errcode"]), (told, code))
    equal(set(answer), {"errcode", "errmsg", "request_id"})
    assert answer["errmsg"] and answer["request_id"], answer


def refused_at_the_gateway(told: str, answer: Answer, code: int) -> None:
    """Fails unless it is this failure as the cause of another, with its own message."""
    equal((told, answer["errcode"], answer["sub_code"]), (told, 88, str(code)))
    equal(set(answer), {"errcode", "errmsg", "request_id", "sub_code", "sub_msg"})
    equal(answer["errmsg"], f"ding talk error[subcode={code},submsg={answer['sub_msg']}]")


def refusals(tenant: Tenant) -> list[tuple[str, list[tuple[dict[str, Any], int]]]]:
    """By call: fields that it refuses, and the code."""
    invalid, malformed = 400_002, 40_035
    task = {"agent_id": tenant.agent, "task_id": 1}
    text = {"msgtype": "text", "text": {"content": "一"}}
    person = {"name": "一", "mobile": "18600000901", "dept_id_list": "1"}
    notice = {"agent_id": tenant.agent, "userid_list": tenant.manager["user_id"], "msg": text}
    return [
        ("/topapi/v2/user/get", [({}, invalid), ({"userid": "nobody"}, 60121)]),
        ("/topapi/v2/user/getbymobile", [({}, invalid), ({"mobile": "18600000999"}, 60121), ({"mobile": "x"}, 40104)]),
        ("/topapi/user/getbyunionid", [({}, invalid), ({"unionid": "nobody"}, 60121)]),
        ("/topapi/user/count", [({}, invalid)]),
        ("/topapi/v2/user/list", [({}, invalid), ({"dept_id": UNKNOWN_DEPARTMENT, "cursor": 0, "size": 10}, 60003)]),
        (
            "/topapi/v2/user/create",
            [
                ({"name": "一"}, invalid),
                (person | {"mobile": tenant.manager["mobile"]}, 60104),
                (person | {"dept_id_list": f"{UNKNOWN_DEPARTMENT}"}, 60003),
            ],
        ),
        ("/topapi/v2/department/get", [({}, invalid), ({"dept_id": UNKNOWN_DEPARTMENT}, 60003)]),
        ("/topapi/v2/department/listsub", [({"dept_id": UNKNOWN_DEPARTMENT}, 60003), ({"dept_id": 0}, 40009)]),
        ("/chat/get", [({}, 49000), ({"chatid": "chatnone"}, 40016)]),
        (f"{NOTICES}/asyncsend_v2", [({}, invalid), (notice | {"agent_id": 1}, 70004), (notice | {"msg": "x"}, 34014)]),
        (f"{NOTICES}/getsendprogress", [({}, invalid), (task, malformed)]),
        (f"{NOTICES}/getsendresult", [({}, invalid), (task, malformed)]),
        (f"{NOTICES}/recall", [({}, invalid), ({"agent_id": tenant.agent, "msg_task_id": 1}, invalid)]),
    ]
