"""The command `schemathesis`, with one check more: it can not read answers of many lines by itself."""

import json

import jsonschema_rs
import schemathesis
from schemathesis.cli import schemathesis as command

LINES = "application/x-ndjson"


@schemathesis.check
def lines_conformance(context, response, case):
    """Each line is what the document says of one."""
    if response.headers.get("content-type", [""])[0] != LINES:
        return
    document = case.operation.schema.raw_schema
    answer = document["paths"][case.operation.path][case.method.lower()]["responses"]["200"]
    schema = answer["content"][LINES]["schema"]
    # References are from the document's root.
    validator = jsonschema_rs.validator_for({**document, **schema})
    for line in response.content.splitlines():
        for error in validator.iter_errors(json.loads(line)):
            raise AssertionError(f"the line {line.decode()} is not as described: {error.message}")


if __name__ == "__main__":
    command()
