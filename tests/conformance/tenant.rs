//! The facts that a tenant holds, for the checks to compare with what the SDK says.

use patchbay_tenant::{
    AGENT_ID, BUDGET_WORKBOOK_ID, DOCUMENT_NODE_ID, EXTERNAL_UNION_ID, EXTERNAL_USER_ID, FINANCE_WORKSPACE_ID,
    FOLDER_NODE_ID, FOREIGN_SCENE_GROUP_ID, HANDBOOK_WORKSPACE_ID, MANAGER_USER_ID, MEMBER_USER_ID, Node,
    PERSONAL_WORKSPACE_ID, PLAIN_GROUP_ID, SCENE_GROUP_ID, STAFF_SHEET_ID, Sheet, TEMPLATE_ID, Tenant, WELCOME_TASK_ID,
    WORKBOOK_ID, WORKSPACE_ID, demo_credential,
};
use serde_json::{Value, json};

/// All that the checks are given.
pub fn facts(tenant: &Tenant) -> Value {
    let (_, [(_, app_key), (_, app_secret)]) = demo_credential();
    let finance_root = tenant.workspace(FINANCE_WORKSPACE_ID).unwrap().root_node_id;
    let workbooks = [WORKBOOK_ID, BUDGET_WORKBOOK_ID].map(|id| (id.to_owned(), sheets(tenant, id)));
    json!({
        "endpoint": tenant.address(),
        "app_key": app_key,
        "app_secret": app_secret,
        "agent": AGENT_ID,
        "users": tenant.users(),
        "manager": tenant.user(MANAGER_USER_ID),
        "member": tenant.user(MEMBER_USER_ID),
        "external_union": EXTERNAL_UNION_ID,
        "external_user": EXTERNAL_USER_ID,
        "departments": tenant.departments(),
        "scene_group": tenant.chat(SCENE_GROUP_ID),
        "foreign_group": FOREIGN_SCENE_GROUP_ID,
        "plain_group": tenant.chat(PLAIN_GROUP_ID),
        "welcome": tenant.notice(WELCOME_TASK_ID),
        "workspaces": tenant.workspaces(),
        "workspace": WORKSPACE_ID,
        "handbook_workspace": HANDBOOK_WORKSPACE_ID,
        "personal_workspace": PERSONAL_WORKSPACE_ID,
        "finance_workspace": FINANCE_WORKSPACE_ID,
        "finance_root": finance_root,
        "finance_node": tenant.child_nodes(&finance_root).first().unwrap().id,
        "nodes": nodes(tenant),
        "document_node": DOCUMENT_NODE_ID,
        "folder_node": FOLDER_NODE_ID,
        "taken_name": tenant.node(DOCUMENT_NODE_ID).unwrap().name.strip_suffix(".adoc"),
        "template": TEMPLATE_ID,
        "workbooks": Value::Object(workbooks.into_iter().collect()),
        "workbook": WORKBOOK_ID,
        "sheet": STAFF_SHEET_ID,
    })
}

/// The rows and the columns of a sheet in the first workbook that are hidden.
pub fn hidden(tenant: &Tenant, sheet: &str) -> Value {
    let sheet = tenant.sheet(WORKBOOK_ID, sheet).unwrap();
    json!({ "sheet": sheet.id, "rows": sheet.hidden_rows, "columns": sheet.hidden_columns })
}

/// The sheets of a workbook, in the order of their tabs.
fn sheets(tenant: &Tenant, workbook: &str) -> Value {
    let titles = tenant.sheet_titles(workbook).unwrap();
    let told = |title: &String| {
        let Sheet { id, title, visible, row_count, column_count, cells, .. } = tenant.sheet(workbook, title).unwrap();
        json!({
            "id": id, "title": title, "visible": visible, "row_count": row_count, "column_count": column_count,
            "cells": cells,
        })
    };
    titles.iter().map(told).collect()
}

/// All nodes of all knowledge bases, each after the one it is below.
fn nodes(tenant: &Tenant) -> Vec<Node> {
    let roots = tenant.workspaces().into_iter().filter_map(|workspace| tenant.node(&workspace.root_node_id));
    let mut nodes: Vec<Node> = roots.collect();
    let mut next = 0;
    while let Some(node) = nodes.get(next) {
        let below = tenant.child_nodes(&node.id);
        nodes.extend(below);
        next += 1;
    }
    nodes
}
