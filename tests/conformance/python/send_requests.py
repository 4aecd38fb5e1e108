"""Does what nodes do, with the official SDK: cases come on stdin, what went wrong with each goes to stdout."""

import json
import sys
import traceback

from older_api import OlderApi
from operations import OPERATIONS, Case
from sdk import Sdk


def main() -> None:
    """Runs the cases one after another."""
    given = json.load(sys.stdin)
    json.dump([run(case, given["newer"], given["older"]) for case in given["cases"]], sys.stdout)


def run(case: dict, newer: str, older: str) -> str | None:
    """Runs a case; gives the error that ended it. Its requests count all the same."""
    try:
        sdk, older_api = Sdk(newer, case["newer_token"]), OlderApi(older, case["older_token"])
        OPERATIONS[case["operation"]](Case(case["inputs"], case["options"], case["calls"], sdk, older_api))
    except Exception:
        return traceback.format_exc(limit=-2)
    return None


if __name__ == "__main__":
    main()
