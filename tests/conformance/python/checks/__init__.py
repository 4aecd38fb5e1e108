"""What must be right of the tenant, seen through the official SDK."""

from collections.abc import Callable
from typing import Any

from checks.models import Models
from older_api import OlderApi
from sdk import Sdk

Fact = Any


class Tenant:
    """The tenant as it is called, and the facts that it holds."""

    def __init__(self, facts: dict[str, Fact]) -> None:
        self.facts = facts
        self.models = Models()
        self.endpoint = facts["endpoint"]
        keys = {"app_key": facts["app_key"], "app_secret": facts["app_secret"]}
        self.no_token = Sdk(self.endpoint, None, self.models.check)
        self.newer = Sdk(self.endpoint, self.no_token.oauth("get_access_token", **keys).access_token, self.models.check)
        token = OlderApi(self.endpoint, None).get("/gettoken", appkey=keys["app_key"], appsecret=keys["app_secret"])
        self.older = OlderApi(self.endpoint, token["access_token"])

    def __getattr__(self, name: str) -> Fact:
        """A fact by its name."""
        return self.facts[name]


Check = Callable[[Tenant], None]
CHECKS: list[Check] = []


def check(function: Check) -> Check:
    """Registers a function as a check; its name says what must be right."""
    CHECKS.append(function)
    return function


def equal(found: Any, expected: Any) -> None:
    """Fails unless both are the same, and says what they are."""
    assert found == expected, f"\n  found:    {found!r}\n  expected: {expected!r}"


def members(model: Any) -> dict[str, Any]:
    """What a model holds, without what is unset."""
    return {name: value for name, value in vars(model).items() if value is not None}


from checks import groups, knowledge, older, people, refusals, sheets  # noqa: E402, F401  they register theirs
