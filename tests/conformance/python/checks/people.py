"""Tokens, and the searches of the newer API."""

from typing import Any

from checks import Tenant, check, equal


@check
def a_token_is_given_for_the_application_s_key(tenant: Tenant) -> None:
    keys = {"app_key": tenant.app_key, "app_secret": tenant.app_secret}
    given = tenant.no_token.oauth("get_access_token", **keys)
    equal(given.expire_in, 7200)
    assert given.access_token


@check
def people_are_found_by_a_part_of_their_names(tenant: Tenant) -> None:
    part = tenant.manager["name"][0]
    expected = [user["user_id"] for user in tenant.users if part in user["name"]]
    equal(sorted(search(tenant, "search_user", part)), sorted(expected))
    whole = tenant.manager["name"]
    found = tenant.newer.contact("search_user", query_word=whole, offset=0, size=20, full_match_field=1)
    equal(found.list, [user["user_id"] for user in tenant.users if user["name"] == whole])


@check
def departments_are_found_by_a_part_of_their_names(tenant: Tenant) -> None:
    part = "部"
    expected = [department["dept_id"] for department in tenant.departments if part in department["name"]]
    assert len(expected) > 2
    equal(sorted(search(tenant, "search_department", part)), sorted(expected))


@check
def a_search_that_finds_nothing_says_so(tenant: Tenant) -> None:
    for call in ("search_user", "search_department"):
        found = tenant.newer.contact(call, query_word="无此名称", offset=0, size=10)
        equal((found.has_more, found.total_count, found.list), (False, 0, []))


def search(tenant: Tenant, call: str, word: str) -> list[Any]:
    """Everything that a search finds, two at a time."""
    found: list[Any] = []
    while True:
        body = tenant.newer.contact(call, query_word=word, offset=len(found), size=2)
        assert len(body.list) <= 2
        found += body.list
        equal(body.has_more, len(found) < body.total_count)
        if not body.has_more:
            return found
