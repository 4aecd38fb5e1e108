"""Knowledge bases and their documents."""

from datetime import datetime, timezone
from typing import Any

from alibabacloud_dingtalk.wiki_2_0 import models

from checks import Tenant, check, equal, members


@check
def a_knowledge_base_is_read_as_it_is_held(tenant: Tenant) -> None:
    for workspace in readable(tenant):
        read = tenant.newer.wiki("get_workspace", workspace["id"], operator_id=operator(tenant)).workspace
        equal(told(read), expected_workspace(workspace))


@check
def knowledge_bases_are_listed_page_by_page(tenant: Tenant) -> None:
    listed = pages(tenant, "list_workspaces", "workspaces", max_results=1)
    equal([told(workspace) for workspace in listed], [expected_workspace(held) for held in readable(tenant)])


@check
def knowledge_bases_are_read_in_a_batch_with_roles_if_asked_for(tenant: Tenant) -> None:
    ids = [workspace["id"] for workspace in readable(tenant)]
    option = models.GetWorkspacesRequestOption(with_permission_role=True)
    asked = {"workspace_ids": ids, "option": option, "operator_id": operator(tenant)}
    found = tenant.newer.wiki("get_workspaces", **asked).workspaces
    roles = [workspace.permission_role for workspace in found]
    expected = [role(held, tenant.manager["user_id"]) for held in readable(tenant)]
    equal(roles, expected)
    for workspace, held in zip(found, readable(tenant), strict=True):
        workspace.permission_role = None
        equal(told(workspace), expected_workspace(held))
    for call, path in (("list_workspaces", ()), ("get_workspace", (ids[0],))):
        body = tenant.newer.wiki(call, *path, with_permission_role=True, operator_id=operator(tenant))
        found = body.workspaces[0] if call == "list_workspaces" else body.workspace
        equal(found.permission_role, expected[0])


@check
def a_new_knowledge_base_is_read_as_it_was_made(tenant: Tenant) -> None:
    team = next(held["team_id"] for held in tenant.workspaces if held["team_id"])
    option = models.AddWorkspaceRequestOption(description="核对用", team_id=team)
    asked = {"name": "核对知识库", "option": option, "operator_id": operator(tenant)}
    made = tenant.newer.wiki("add_workspace", **asked).workspace
    equal((made.name, made.description, made.team_id, made.type), ("核对知识库", "核对用", team, "TEAM"))
    equal((made.creator_id, made.modifier_id), (tenant.manager["user_id"],) * 2)
    equal(made.url, f"https://alidocs.dingtalk.com/i/spaces/{made.workspace_id}/overview")
    read = tenant.newer.wiki("get_workspace", made.workspace_id, operator_id=operator(tenant)).workspace
    equal(told(read), told(made))
    root = tenant.newer.wiki("get_node", made.root_node_id, operator_id=operator(tenant)).node
    equal((root.workspace_id, root.type, root.has_children), (made.workspace_id, "FOLDER", False))


@check
def nodes_are_listed_page_by_page_as_they_are_held(tenant: Tenant) -> None:
    for workspace in readable(tenant):
        for parent in (workspace["root_node_id"], tenant.folder_node):
            held = [node for node in tenant.nodes if node["parent_id"] == parent]
            if held and held[0]["workspace_id"] == workspace["id"]:
                listed = pages(tenant, "list_nodes", "nodes", parent_node_id=parent, max_results=3)
                equal([told(node) for node in listed], [expected_node(tenant, node) for node in held])


@check
def a_page_holds_50_nodes_and_30_knowledge_bases_at_most(tenant: Tenant) -> None:
    body = tenant.newer.wiki("list_nodes", parent_node_id=tenant.folder_node, operator_id=operator(tenant))
    equal(len(body.nodes), 50)
    assert body.next_token
    listed = tenant.newer.wiki("list_workspaces", operator_id=operator(tenant), order_by="CREATE_TIME_DESC")
    assert 0 < len(listed.workspaces) <= 30


@check
def a_node_is_read_by_its_id_by_its_link_and_in_a_batch(tenant: Tenant) -> None:
    wiki = tenant.newer.wiki
    extras = {"with_statistical_info": True, "with_permission_role": True}
    for held in (node(tenant, tenant.document_node), node(tenant, tenant.folder_node), node(tenant, tenant.workbook)):
        link = f"https://alidocs.dingtalk.com/i/nodes/{held['id']}"
        plain = [
            wiki("get_node", held["id"], operator_id=operator(tenant)).node,
            wiki("get_node_by_url", url=link, operator_id=operator(tenant)).node,
            wiki("get_nodes", node_ids=[held["id"]], operator_id=operator(tenant)).nodes[0],
        ]
        for found in plain:
            equal(told(found), expected_node(tenant, held))
        by_link, batch = models.GetNodeByUrlRequestOption(**extras), models.GetNodesRequestOption(**extras)
        full = [
            wiki("get_node", held["id"], operator_id=operator(tenant), **extras).node,
            wiki("get_node_by_url", url=link, option=by_link, operator_id=operator(tenant)).node,
            wiki("get_nodes", node_ids=[held["id"]], option=batch, operator_id=operator(tenant)).nodes[0],
        ]
        for found in full:
            equal((found.statistical_info.word_count, found.permission_role), (held["word_count"], "OWNER"))
    listed = wiki(
        "list_nodes", parent_node_id=tenant.folder_node, with_permission_role=True, operator_id=operator(tenant)
    )
    equal({node.permission_role for node in listed.nodes}, {"OWNER"})


@check
def documents_are_made_of_each_kind(tenant: Tenant) -> None:
    for kind, extension in (("DOC", "adoc"), ("WORKBOOK", "axls"), ("MIND", "amind"), ("FOLDER", "")):
        made = create(tenant, f"核对{kind}", kind, parent_node_id=tenant.folder_node)
        equal(made.workspace_id, tenant.workspace)
        equal(made.url, f"https://alidocs.dingtalk.com/i/nodes/{made.dentry_uuid}")
        assert made.node_id and made.node_id != made.dentry_uuid
        read = tenant.newer.wiki("get_node", made.dentry_uuid, operator_id=operator(tenant)).node
        equal(read.name, f"核对{kind}.{extension}" if extension else f"核对{kind}")
        equal((read.extension, read.creator_id, read.has_children), (extension, tenant.manager["user_id"], False))
        equal((read.type, read.workspace_id), ("FOLDER" if kind == "FOLDER" else "FILE", tenant.workspace))
    template = {"template_id": tenant.template, "template_type": "team_template"}
    made = create(tenant, "核对模板", "DOC", **template)
    assert tenant.newer.wiki("get_node", made.dentry_uuid, operator_id=operator(tenant)).node.size > 0


@check
def a_new_workbook_has_a_sheet_that_can_be_written(tenant: Tenant) -> None:
    made, doc = create(tenant, "核对表格", "WORKBOOK"), tenant.newer.doc
    [sheet] = doc("get_all_sheets", made.dentry_uuid, operator_id=operator(tenant)).value
    place = (made.dentry_uuid, sheet.id, "A1:A1")
    doc("update_range", *place, values=[["一"]], operator_id=operator(tenant))
    equal(doc("get_range", *place, operator_id=operator(tenant)).values, [["一"]])


def create(tenant: Tenant, name: str, kind: str, **fields: Any) -> Any:
    """Makes a document in the first knowledge base."""
    given = {"name": name, "doc_type": kind, "operator_id": operator(tenant), **fields}
    return tenant.newer.doc("create_workspace_doc", tenant.workspace, **given)


def pages(tenant: Tenant, call: str, entries: str, **fields: Any) -> list[Any]:
    """All entries of a list, page by page."""
    found: list[Any] = []
    token = None
    while True:
        body = tenant.newer.wiki(call, next_token=token, operator_id=operator(tenant), **fields)
        page, token = getattr(body, entries), body.next_token
        assert len(page) <= fields["max_results"]
        found += page
        if not token:
            return found


def operator(tenant: Tenant) -> str:
    """In whose name calls are made."""
    return tenant.manager["union_id"]


def readable(tenant: Tenant) -> list[dict[str, Any]]:
    """The knowledge bases that the manager can see, without those that checks made."""
    return [held for held in tenant.workspaces if held["workspace_type"] == "TEAM"]


def role(workspace: dict[str, Any], user: str) -> str:
    """What somebody may do in a knowledge base."""
    if workspace["creator_id"] == user:
        return "OWNER"
    return workspace["roles"].get(user, workspace["everybody"])


def node(tenant: Tenant, node_id: str) -> dict[str, Any]:
    """A node as it is held."""
    return next(held for held in tenant.nodes if held["id"] == node_id)


def told(model: Any) -> dict[str, Any]:
    """What the SDK says of a knowledge base or a node."""
    found = members(model)
    if "icon" in found:
        found["icon"] = members(found["icon"])
    return found


def expected_workspace(held: dict[str, Any]) -> dict[str, Any]:
    """What the SDK is to say of a knowledge base."""
    return {
        "workspace_id": held["id"],
        "corp_id": held["corp_id"],
        "team_id": held["team_id"],
        "root_node_id": held["root_node_id"],
        "name": held["name"],
        "type": held["workspace_type"],
        "description": held["description"],
        "url": f"https://alidocs.dingtalk.com/i/spaces/{held['id']}/overview",
        "icon": held["icon"],
        "cover": held["cover"],
        "creator_id": held["creator_id"],
        "modifier_id": held["modifier_id"],
        "create_time": minute(held["created_at"]),
        "modified_time": minute(held["modified_at"]),
    }


def expected_node(tenant: Tenant, held: dict[str, Any]) -> dict[str, Any]:
    """What the SDK is to say of a node."""
    return {
        "node_id": held["id"],
        "workspace_id": held["workspace_id"],
        "name": held["name"],
        "size": held["size"],
        "type": held["node_type"],
        "category": held["category"],
        "extension": held["extension"],
        "url": f"https://alidocs.dingtalk.com/i/nodes/{held['id']}",
        "creator_id": held["creator_id"],
        "modifier_id": held["modifier_id"],
        "create_time": minute(held["created_at"]),
        "modified_time": minute(held["modified_at"]),
        "create_timestamp": held["created_at"],
        "modified_timestamp": held["modified_at"],
        "has_children": any(child["parent_id"] == held["id"] for child in tenant.nodes),
    }


def minute(milliseconds: int) -> str:
    """A time as these calls write it."""
    return datetime.fromtimestamp(milliseconds / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%MZ")
