"""Knowledge bases and their documents."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alibabacloud_dingtalk.wiki_2_0.models import AddWorkspaceRequestOption

from operations import Case, operation
from operations.values import integer, text, words

# How many ids the service takes at a time.
BATCH = 20


@operation("create-workspace")
def create_workspace(case: Case) -> None:
    description = text(case.options.get("Description"))
    option = AddWorkspaceRequestOption(description=description) if description else None
    case.newer.wiki(
        "add_workspace", name=case.inputs["Name"], option=option, operator_id=case.inputs["OperatorId"]
    )


@operation("get-workspace")
def get_workspace(case: Case) -> None:
    case.newer.wiki("get_workspace", case.inputs["WorkspaceId"], operator_id=case.inputs["OperatorId"])


@operation("get-workspaces")
def get_workspaces(case: Case) -> None:
    for page in pages(case, 30, case.calls):
        page.put(case.newer.wiki("list_workspaces", **page.fields), "workspaces")


@operation("batch-get-workspaces")
def batch_get_workspaces(case: Case) -> None:
    batches(case, "get_workspaces", "workspace_ids", words(case.inputs["WorkspaceIds"]))


@operation("create-doc")
def create_doc(case: Case) -> None:
    inputs, options = case.inputs, case.options
    case.newer.doc(
        "create_workspace_doc",
        inputs["WorkspaceId"],
        name=inputs["Name"],
        doc_type=inputs["DocType"],
        operator_id=inputs["OperatorId"],
        parent_node_id=text(options.get("ParentNodeId")),
        template_id=text(options.get("TemplateId")),
        template_type=text(options.get("TemplateType")),
    )


@operation("get-workspace-node")
def get_workspace_node(case: Case) -> None:
    case.newer.wiki("get_node", case.inputs["NodeId"], operator_id=case.inputs["OperatorId"])


@operation("get-node-by-link")
def get_node_by_link(case: Case) -> None:
    case.newer.wiki("get_node_by_url", url=case.inputs["NodeUrl"], operator_id=case.inputs["OperatorId"])


@operation("batch-get-nodes")
def batch_get_nodes(case: Case) -> None:
    batches(case, "get_nodes", "node_ids", words(case.inputs["NodeIds"]))


@operation("get-node-list")
def get_node_list(case: Case) -> None:
    inputs, wiki = case.inputs, case.newer.wiki
    parent, calls = text(inputs.get("ParentNodeId")), case.calls
    if parent is None:
        found = wiki("get_workspace", inputs["WorkspaceId"], operator_id=inputs["OperatorId"])
        parent, calls = found.workspace.root_node_id, calls - 1
    for page in pages(case, 50, calls):
        page.put(wiki("list_nodes", parent_node_id=parent, **page.fields), "nodes")


@dataclass
class Page:
    """The fields that ask for a page, and what came of it."""

    fields: dict[str, Any]
    entries: int = 0
    next_token: str | None = None

    def put(self, body: Any, entries: str) -> None:
        """Takes what was answered."""
        self.entries, self.next_token = len(getattr(body, entries) or []), text(body.next_token)


def pages(case: Case, largest: int, calls: int) -> Iterator[Page]:
    """As many pages as the case takes calls, each asking for what is still wanted, at most what the service gives at a
    time."""
    wanted, token = integer(case.options.get("MaxResults"), largest), text(case.options.get("NextToken"))
    for _ in range(calls):
        size = min(wanted, largest)
        page = Page({"max_results": size, "next_token": token, "operator_id": case.inputs["OperatorId"]})
        yield page
        wanted, token = wanted - page.entries, page.next_token


def batches(case: Case, call: str, field: str, ids: list[str]) -> None:
    """Calls with as many ids at a time as the service takes."""
    for first in range(0, len(ids), BATCH):
        batch = {field: ids[first : first + BATCH]}
        case.newer.wiki(call, operator_id=case.inputs["OperatorId"], **batch)
