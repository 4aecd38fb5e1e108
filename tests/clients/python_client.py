"""What somebody writes who has the package of openapi-python-client. It prints what came back."""

import json
import sys

from patchbay_client import Client
from patchbay_client.api.invocations import invoke
from patchbay_client.api.nodes import nodes
from patchbay_client.api.runs import runs
from patchbay_client.models import Effect, InvokeBody, InvokeBodyOptionsType0, Problem

client = Client(base_url=sys.argv[1])

options = InvokeBodyOptionsType0.from_dict({"UserId": "manager001"})
invoked = invoke.sync("dingtalk", "get-user", client=client, body=InvokeBody(options=options, credential="demo"))
refused = invoke.sync("dingtalk", "get-usr", client=client, body=InvokeBody())
assert isinstance(refused, Problem), refused
listed = nodes.sync(client=client, resource="Group Chat")
ran = runs.sync(client=client)

print(
    json.dumps(
        {
            "status": invoked.status_code,
            "summary": invoked.summary,
            "hint": refused.hint,
            "writes": [node.id for node in listed.nodes if node.effect == Effect.WRITE],
            "runs": [run.status_code for run in ran.runs],
        }
    )
)
