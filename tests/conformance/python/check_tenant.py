"""Checks the tenant: the facts that it holds come on stdin, what is wrong goes to stdout."""

import json
import sys
import traceback

from checks import CHECKS, Check, Tenant, equal
from checks.models import NEVER_ANSWERED
from checks.refusals import calls


def main() -> None:
    """Makes all checks, then asks whether they were all there could be."""
    tenant = Tenant(json.load(sys.stdin))
    failures = {check.__name__: failure for check in CHECKS if (failure := make(check, tenant))}
    if not failures:
        failures = {check.__name__: failure for check in COMPLETE if (failure := make(check, tenant))}
    json.dump({"made": len(CHECKS), "failures": failures, "hidden": tenant.facts.get("hidden")}, sys.stdout)


def make(check: Check, tenant: Tenant) -> str | None:
    """Makes a check; gives the error that ended it."""
    try:
        check(tenant)
    except Exception:
        return traceback.format_exc(limit=-3)
    return None


def every_call_was_answered(tenant: Tenant) -> None:
    equal(tenant.models.answered, {call.name for call in calls(tenant)} | {"get_access_token"})


def every_field_of_the_models_was_filled(tenant: Tenant) -> None:
    equal(tenant.models.never_filled(), NEVER_ANSWERED)


COMPLETE = [every_call_was_answered, every_field_of_the_models_was_filled]


if __name__ == "__main__":
    main()
