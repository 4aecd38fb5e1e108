"""Group chats, through the newer API."""

from alibabacloud_dingtalk.im_1_0.models import CreateGroupRequestManagementOptions

from checks import Tenant, check, equal, members


@check
def a_group_is_made_with_its_switches(tenant: Tenant) -> None:
    switches = {"show_history_type": 1, "searchable": 1, "validation_type": 1, "mention_all_authority": 1}
    options = CreateGroupRequestManagementOptions(**switches, management_type=1, chat_banned_type=0)
    people = [tenant.manager["user_id"], tenant.member["user_id"]]
    fields = {"name": "核对群", "owner": people[0], "useridlist": people, "management_options": options}
    made = tenant.newer.im("create_group", **fields)
    equal(made.conversation_tag, 2)
    assert made.open_conversation_id.startswith("cid") and made.chatid.startswith("chat")
    read = tenant.older.get("/chat/get", chatid=made.chatid)["chat_info"]
    expected = {"chatid": made.chatid, "name": "核对群", "owner": people[0], "useridlist": people, "conversationTag": 2}
    expected |= {"showHistoryType": 1, "searchable": 1, "validationType": 1, "mentionAllAuthority": 1}
    expected |= {"managementType": 1, "chatBannedType": 0, "status": 1}
    equal({name: read[name] for name in expected}, expected)


@check
def a_group_of_a_template_is_read_as_it_is_held(tenant: Tenant) -> None:
    held = tenant.scene_group
    found = members(tenant.newer.im("get_scene_group_info", open_conversation_id=held["open_conversation_id"]))
    assert found.pop("group_url").startswith("https://")
    expected = {
        "success": True,
        "open_conversation_id": held["open_conversation_id"],
        "template_id": held["template_id"],
        "title": held["name"],
        "owner_user_id": held["owner"],
        "icon": held["icon"],
        "status": 1,
    }
    equal(found, expected)
