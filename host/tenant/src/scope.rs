//! The permission that each call needs, as the developer console names it.

use axum::http::Method;

/// The permission of the call with this method and path template; none where every application has it.
pub(crate) fn scope_of(method: &Method, path: &str) -> Option<&'static str> {
    let reads = method == Method::GET;
    let scope = match path {
        "/v1.0/im/group/create" | "/v1.0/im/sceneGroups/query" => "qyapi_chat_manage",
        "/chat/get" => "qyapi_chat_read",
        "/topapi/v2/user/create" => "qyapi_manage_addresslist",
        "/topapi/v2/user/list" => "qyapi_get_department_member",
        "/topapi/v2/user/get" | "/topapi/user/getbyunionid" | "/topapi/user/count" => "qyapi_get_member",
        "/topapi/v2/user/getbymobile" => "qyapi_get_member_by_mobile",
        "/topapi/v2/department/get" | "/topapi/v2/department/listsub" => "qyapi_get_department_list",
        "/v1.0/contact/users/search" | "/v1.0/contact/departments/search" => "qyapi_addresslist_search",
        "/v1.0/doc/workspaces/{workspaceId}/docs" => "Document.WorkspaceDocument.Write",
        "/v2.0/wiki/workspaces" if !reads => "Wiki.Workspace.Write",
        _ if path.starts_with("/v2.0/wiki/workspaces") => "Wiki.Workspace.Read",
        _ if path.starts_with("/v2.0/wiki/nodes") => "Wiki.Node.Read",
        _ if path.starts_with("/v1.0/doc/workbooks/") && reads => "Document.Workbook.Read",
        _ if path.starts_with("/v1.0/doc/workbooks/") => "Document.Workbook.Write",
        _ => return None,
    };
    Some(scope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_and_writing_need_permissions_of_their_own() {
        let range = "/v1.0/doc/workbooks/{workbookId}/sheets/{sheetId}/ranges/{rangeAddress}";
        assert_eq!(scope_of(&Method::GET, range), Some("Document.Workbook.Read"));
        assert_eq!(scope_of(&Method::PUT, range), Some("Document.Workbook.Write"));
        assert_eq!(scope_of(&Method::POST, "/v2.0/wiki/workspaces"), Some("Wiki.Workspace.Write"));
        assert_eq!(scope_of(&Method::POST, "/v2.0/wiki/workspaces/batchQuery"), Some("Wiki.Workspace.Read"));
        assert_eq!(scope_of(&Method::POST, "/topapi/message/corpconversation/asyncsend_v2"), None);
    }
}
