"""What somebody writes who has the Python package of openapi-generator. It prints what came back."""

import json
import sys

import openapi_client
from openapi_client.exceptions import NotFoundException
from openapi_client.models import Effect, InvokeBody

client = openapi_client.ApiClient(openapi_client.Configuration(host=sys.argv[1]))
invocations = openapi_client.InvocationsApi(client)

body = InvokeBody(options={"UserId": "manager001"}, credential="demo")
invoked = invocations.invoke("dingtalk", "get-user", body)
try:
    invocations.invoke("dingtalk", "get-usr", InvokeBody())
    sys.exit("there is such a node")
except NotFoundException as refused:
    hint = refused.data.hint
listed = openapi_client.NodesApi(client).nodes(resource="Group Chat")
ran = openapi_client.RunsApi(client).runs()

print(
    json.dumps(
        {
            "status": invoked.status_code,
            "summary": invoked.summary,
            "hint": hint,
            "writes": [node.id for node in listed.nodes if node.effect == Effect.WRITE],
            "runs": [run.status_code for run in ran.runs],
        }
    )
)
