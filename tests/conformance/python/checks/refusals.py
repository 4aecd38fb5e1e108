"""What the newer API refuses, and how the SDK tells it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from Tea.exceptions import TeaException, UnretryableException

from checks import Tenant, check, equal
from sdk import Sdk

UNKNOWN_ID = "Zz9yXw8vUt7sRq6pOn5mLk4jIh3gFe2d"
SOMEBODY = "Nn0bOdYkNoWsThIsUnIoNiDxxxxxiEiE"

# What is changed, and the status and the code that it is refused with.
Refusals = Sequence[tuple[dict[str, Any], int, str]]


@dataclass
class Call:
    """A call that succeeds, and what it is refused with when one of its values is another."""

    client: str
    name: str
    path: dict[str, str] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    refusals: Refusals = ()

    def make(self, sdk: Sdk, changed: dict[str, Any] | None = None) -> Any:
        """Makes the call, some of its values changed; a field that is None is left out."""
        values = {**self.path, **self.fields, **(changed or {})}
        path = [values[name] for name in self.path]
        fields = {name: value for name, value in values.items() if name not in self.path}
        return getattr(sdk, self.client)(self.name, *path, **fields)


@check
def every_call_is_refused_with_a_token_that_nobody_was_given(tenant: Tenant) -> None:
    stranger = Sdk(tenant.endpoint, "no-such-token")
    for call in calls(tenant):
        refused(call, stranger, {}, 400, "InvalidAuthentication")


@check
def every_call_is_refused_with_what_is_missing_unknown_or_wrong(tenant: Tenant) -> None:
    for call in calls(tenant):
        assert call.refusals, call.name
        for changed, status, code in call.refusals:
            refused(call, tenant.newer, changed, status, code)


@check
def a_token_is_refused_for_a_wrong_secret(tenant: Tenant) -> None:
    call = Call("oauth", "get_access_token", fields={"app_key": tenant.app_key, "app_secret": tenant.app_secret})
    refused(call, tenant.no_token, {"app_secret": "wrong"}, 400, "invalidClientIdOrSecret")
    refused(call, tenant.no_token, {"app_key": "wrong"}, 400, "invalidClientIdOrSecret")


def refused(call: Call, sdk: Sdk, changed: dict[str, Any], status: int, code: str) -> None:
    """Fails unless the SDK raises this, with the service's own message and the id of the request."""
    told = f"{call.name} with {changed}"
    try:
        answer = call.make(sdk, changed)
    except UnretryableException as error:
        refusal = error.inner_exception
    else:
        raise AssertionError(f"{told} is not refused: {answer}")
    assert isinstance(refusal, TeaException), f"{told}: {refusal!r}"
    equal((told, refusal.data["statusCode"], refusal.code), (told, status, code))
    request = refusal.data["requestid"]
    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", request), f"{told}: request id {request!r}"
    assert refusal.data["message"], told
    equal(refusal.message, f"code: {status}, {refusal.data['message']} request id: {request}")


def calls(tenant: Tenant) -> list[Call]:
    """Every call of the newer API, tokens aside."""
    return [*sheet_calls(tenant), *knowledge_calls(tenant), *other_calls(tenant)]


def sheet_calls(tenant: Tenant) -> list[Call]:
    """Calls on spreadsheets. A sheet's title can be anything, so that only the workbook's id has a form."""
    arguments = "invalidRequest.inputArgs.invalid"
    not_found = "invalidRequest.resource.notFound"
    illegal = (400, "invalidRequest.inputArgs.operatorIdIllegal")
    denied = (403, "forbidden.accessDenied")

    def call(name: str, unknown: tuple[int, str], required: dict[str, Any], *, on: str, more: Refusals = ()) -> Call:
        path = {"workbook": tenant.workbook}
        if on in ("sheet", "range"):
            path["sheet"] = tenant.sheet
        if on == "range":
            path["address"] = "A1:B1"
        refusals = [
            ({"operator_id": None}, 400, arguments),
            ({"operator_id": SOMEBODY}, *unknown),
            ({"workbook": UNKNOWN_ID}, 404, not_found),
            ({"workbook": "no-workbook"}, 400, "invalidRequest.inputArgs.workbookIdIllegal"),
            ({"workbook": tenant.document_node}, 400, "invalidRequest.resource.notWorkbook"),
            *(({place: "no-such-place"}, 404, not_found) for place in path if place != "workbook"),
            *(({missing: None}, 400, arguments) for missing in required),
            *more,
        ]
        fields = {"operator_id": tenant.manager["union_id"], **required}
        return Call("doc", name, path, fields, refusals)

    rows, columns = {"row": 0, "row_count": 1}, {"column": 0, "column_count": 1}
    no_rows = [({"row_count": 0}, 400, arguments), ({"row": 10**6}, 400, arguments)]
    no_columns = [({"column_count": 0}, 400, arguments), ({"column": 10**6}, 400, arguments)]
    one_cell, ragged = [({"values": [["a"]]}, 400, arguments)], [({"values": [["a"], []]}, 400, arguments)]
    visible = {"visibility": "visible"}
    neither = [({"visibility": "shown"}, 400, arguments)]
    return [
        call("get_all_sheets", denied, {}, on="workbook"),
        call("create_sheet", illegal, {"name": "一"}, on="workbook", more=[({"name": ""}, 400, arguments)]),
        call("get_sheet", denied, {}, on="sheet"),
        call("delete_sheet", illegal, {}, on="sheet"),
        call("get_range", denied, {}, on="range", more=[({"select": "colours"}, 400, arguments)]),
        call("update_range", denied, {"values": [["a", "b"]]}, on="range", more=one_cell),
        call("clear", denied, {}, on="range"),
        call("clear_data", denied, {}, on="range"),
        call("append_rows", denied, {"values": [["a"]]}, on="sheet", more=ragged),
        call("insert_rows_before", denied, rows, on="sheet", more=no_rows),
        call("delete_rows", illegal, rows, on="sheet", more=no_rows),
        call("set_rows_visibility", denied, rows | visible, on="sheet", more=no_rows + neither),
        call("insert_columns_before", illegal, columns, on="sheet", more=no_columns),
        call("delete_columns", illegal, columns, on="sheet", more=no_columns),
        call("set_columns_visibility", illegal, columns | visible, on="sheet", more=no_columns + neither),
    ]


def knowledge_calls(tenant: Tenant) -> list[Call]:
    """Calls on knowledge bases."""
    operator = {"operator_id": tenant.manager["union_id"]}
    wrong = (400, "paramError")
    denied = (403, "permissionDenied")
    hidden = {"operator_id": tenant.member["union_id"]}

    def call(name: str, required: dict[str, Any], refusals: Refusals, path: dict[str, str] | None = None) -> Call:
        general = [({"operator_id": None}, *wrong), ({"operator_id": SOMEBODY}, *wrong)]
        missing = [({field: None}, *wrong) for field in required]
        return Call("wiki", name, path or {}, operator | required, [*general, *missing, *refusals])

    document = {"name": "一", "doc_type": "DOC"}
    arguments = (400, "invalidRequest.inputArgs.invalid")
    outside = (403, "forbidden.user.notInOrg")
    link = "https://alidocs.dingtalk.com/i/nodes/"
    too_many = [f"{number:032}" for number in range(21)]
    return [
        call("add_workspace", {"name": "一"}, [({"name": " "}, 400, "paramError.name")]),
        call(
            "get_workspace",
            {},
            [
                ({"workspace": UNKNOWN_ID[:16]}, 404, "workspaceNotExist"),
                ({"workspace": tenant.personal_workspace}, 400, "isNotWorkspace"),
                ({"workspace": tenant.finance_workspace} | hidden, *denied),
            ],
            {"workspace": tenant.workspace},
        ),
        call(
            "list_workspaces",
            {},
            [
                ({"max_results": 31}, *wrong),
                ({"max_results": 0}, *wrong),
                ({"next_token": "no-token"}, *wrong),
                ({"order_by": "NAME"}, 400, "paramError.orderBy"),
                ({"team_id": "no-team"}, 404, "teamNotExist"),
            ],
        ),
        call(
            "get_workspaces",
            {"workspace_ids": [tenant.workspace]},
            [
                ({"workspace_ids": []}, *wrong),
                ({"workspace_ids": too_many}, *wrong),
                ({"workspace_ids": [UNKNOWN_ID[:16]]}, 404, "workspaceNotExist"),
            ],
        ),
        call(
            "get_node",
            {},
            [({"node": UNKNOWN_ID}, 404, "nodeNotExist"), ({"node": tenant.finance_node} | hidden, *denied)],
            {"node": tenant.document_node},
        ),
        call(
            "get_node_by_url",
            {"url": link + tenant.document_node},
            [
                ({"url": link + UNKNOWN_ID}, 404, "nodeNotExist"),
                ({"url": "https://www.example.com/"}, *wrong),
                ({"url": link + tenant.finance_node} | hidden, *denied),
            ],
        ),
        call(
            "get_nodes",
            {"node_ids": [tenant.document_node]},
            [({"node_ids": too_many}, *wrong), ({"node_ids": [tenant.finance_node]} | hidden, *denied)],
        ),
        call(
            "list_nodes",
            {"parent_node_id": tenant.folder_node},
            [
                ({"max_results": 51}, *wrong),
                ({"next_token": "no-token"}, *wrong),
                ({"parent_node_id": UNKNOWN_ID}, 404, "parentNodeNotExist"),
                ({"parent_node_id": tenant.finance_root} | hidden, *denied),
            ],
        ),
        Call(
            "doc",
            "create_workspace_doc",
            {"workspace": tenant.workspace},
            document | operator,
            [
                *(({missing: None}, *arguments) for missing in (*document, *operator)),
                ({"doc_type": "SLIDES"}, *arguments),
                ({"operator_id": "no-union-id"}, *arguments),
                ({"operator_id": SOMEBODY}, *outside),
                ({"workspace": UNKNOWN_ID[:16]}, 404, "invalidRequest.resource.notFound"),
                ({"parent_node_id": UNKNOWN_ID}, 400, "invalidRequest.workspaceNode.parentNotFound"),
                ({"template_id": "no-template"}, 400, "invalidRequest.template.notFound"),
                ({"name": tenant.taken_name}, 400, "invalidRequest.workspaceNode.nameConflict"),
                ({"workspace": tenant.handbook_workspace} | hidden, 403, "forbidden.accessDenied"),
            ],
        ),
    ]


def other_calls(tenant: Tenant) -> list[Call]:
    """Groups, and searches."""
    group = {"name": "一", "owner": tenant.manager["user_id"], "useridlist": [tenant.manager["user_id"]]}
    words = {"query_word": "部", "offset": 0, "size": 10}
    searches = [
        *(({missing: None}, 400, "parameter.error") for missing in words),
        ({"size": 21}, 400, "parameter.error"),
        ({"query_word": ""}, 400, "parameter.error"),
    ]
    return [
        Call(
            "im",
            "create_group",
            fields=group,
            refusals=[
                *(({missing: None}, 400, "parameter.invalid") for missing in group),
                ({"name": "一" * 21}, 400, "parameter.invalid"),
                ({"useridlist": ["nobody"]}, 400, "parameter.invalid"),
                ({"owner": "nobody"}, 400, "permession.checkFailed"),
            ],
        ),
        Call(
            "im",
            "get_scene_group_info",
            fields={"open_conversation_id": tenant.scene_group["open_conversation_id"]},
            refusals=[
                ({"open_conversation_id": ""}, 400, "paramBlank"),
                ({"open_conversation_id": "cidUnknown=="}, 400, "cidEncryptError"),
                ({"open_conversation_id": tenant.plain_group["open_conversation_id"]}, 400, "groupPermissionDenied"),
                ({"open_conversation_id": tenant.foreign_group}, 400, "groupTemplatePermissionDenied"),
                ({"cool_app_code": "no-app"}, 400, "coolAppUnexist"),
            ],
        ),
        Call("contact", "search_user", fields=words, refusals=searches),
        Call("contact", "search_department", fields=words, refusals=searches),
    ]
