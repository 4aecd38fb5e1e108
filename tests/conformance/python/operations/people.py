"""People and departments."""

import json

from operations import Case, operation
from operations.values import boolean, integer, parsed, text, words

# The language of names unless another is given.
CHINESE = "zh_CN"


@operation("create-user")
def create_user(case: Case) -> None:
    inputs, options = case.inputs, case.options
    extension = parsed(options.get("Extension"))
    case.older.post(
        "/topapi/v2/user/create",
        name=inputs["Name"],
        mobile=str(inputs["Mobile"]),
        dept_id_list=",".join(words(inputs["DeptIdList"])),
        job_number=text(options.get("JobNumber")),
        email=text(options.get("Email")),
        title=text(options.get("Title")),
        work_place=text(options.get("WorkPlace")),
        remark=text(options.get("Remark")),
        extension=json.dumps(extension, ensure_ascii=False, separators=(",", ":")) if extension else None,
    )


@operation("get-user")
def get_user(case: Case) -> None:
    user, mobile = text(case.options.get("UserId")), text(case.options.get("Mobile"))
    if mobile:
        user = case.older.post("/topapi/v2/user/getbymobile", mobile=mobile)["result"]["userid"]
    case.older.post("/topapi/v2/user/get", userid=user)


@operation("get-userid-by-unionid")
def get_userid_by_unionid(case: Case) -> None:
    case.older.post("/topapi/user/getbyunionid", unionid=case.inputs["UnionId"])


@operation("get-user-count")
def get_user_count(case: Case) -> None:
    case.older.post("/topapi/user/count", only_active=boolean(case.options.get("OnlyActive"), True))


@operation("get-dept-users")
def get_dept_users(case: Case) -> None:
    case.older.post(
        "/topapi/v2/user/list",
        dept_id=integer(case.options.get("DeptId"), 1),
        cursor=integer(case.options.get("Cursor"), 0),
        size=integer(case.options.get("Size"), 50),
    )


@operation("get-dept-detail")
def get_dept_detail(case: Case) -> None:
    department, language = integer(case.inputs["DeptId"]), text(case.options.get("Language")) or CHINESE
    case.older.post("/topapi/v2/department/get", dept_id=department, language=language)


@operation("get-dept-list")
def get_dept_list(case: Case) -> None:
    department, language = integer(case.options.get("DeptId"), 1), text(case.options.get("Language")) or CHINESE
    case.older.post("/topapi/v2/department/listsub", dept_id=department, language=language)


@operation("search-departments")
def search_departments(case: Case) -> None:
    search(case, "search_department")


@operation("search-users")
def search_users(case: Case) -> None:
    search(case, "search_user")


def search(case: Case, call: str) -> None:
    """A search, which asks for the place and the size of its page."""
    case.newer.contact(
        call,
        query_word=case.inputs["QueryWord"],
        offset=integer(case.options.get("Offset"), 0),
        size=integer(case.options.get("Size"), 10),
    )
