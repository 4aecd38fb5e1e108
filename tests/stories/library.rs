//! A knowledge base, from its first folder to the last page of its list.

use std::collections::BTreeSet;

use patchbay_tenant::{MANAGER_UNION_ID, MANAGER_USER_ID, WORKSPACE_ID};
use serde_json::{Value, json};

use super::canvas::{Canvas, items, only, text, with};

/// What the story leaves behind.
pub struct Library {
    name: String,
    workspace: String,
    folder: String,
    documents: Vec<String>,
}

const DOCUMENTS: [(&str, &str, &str); 5] = [
    ("DOC", "立项说明", ".adoc"),
    ("MIND", "风险梳理", ".amind"),
    ("WORKBOOK", "进度台账", ".axls"),
    ("DOC", "周会纪要", ".adoc"),
    ("FOLDER", "附件", ""),
];

pub async fn tell(canvas: &Canvas, number: usize) -> Library {
    let name = format!("猎鹰资料库{number}");
    let made = create_workspace(canvas, &name).await;
    let workspace = text(&made["workspaceId"]);
    let read = canvas.run("get-workspace", by_operator(json!({ "WorkspaceId": workspace })), json!({})).await;
    let data = &read["WorkspaceData"];
    assert_eq!((&data["name"], &data["creatorId"]), (&json!(name), &json!(MANAGER_USER_ID)));
    let ids = format!("{workspace}, {WORKSPACE_ID}, {workspace}");
    let both = canvas.run("batch-get-workspaces", by_operator(json!({ "WorkspaceIds": ids })), json!({})).await;
    let both = items(&both["WorkspaceList"]);
    assert_eq!(both.len(), 2, "{both:#?}");
    assert_eq!(only(&both, "workspaceId", &workspace), Some(data));
    assert!(only(&both, "workspaceId", WORKSPACE_ID).is_some());

    let folder = text(&create_doc(canvas, &workspace, None, "立项", "FOLDER").await["dentryUuid"]);
    let mut documents = Vec::new();
    for (kind, title, _) in DOCUMENTS {
        let made = create_doc(canvas, &workspace, Some(&folder), title, kind).await;
        documents.push(text(&made["dentryUuid"]));
    }
    let library = Library { name, workspace, folder, documents };
    library.read_nodes(canvas).await;
    library
}

impl Library {
    async fn read_nodes(&self, canvas: &Canvas) {
        let read = canvas.run("get-workspace-node", by_operator(json!({ "NodeId": self.folder })), json!({})).await;
        let folder = &read["NodeData"];
        assert_eq!((&folder["name"], &folder["type"]), (&json!("立项"), &json!("FOLDER")));
        assert_eq!((&folder["workspaceId"], &folder["hasChildren"]), (&json!(self.workspace), &json!(true)));

        let ids: Vec<&String> = self.documents.iter().chain([&self.folder, &self.folder]).collect();
        let all = canvas.run("batch-get-nodes", by_operator(json!({ "NodeIds": ids })), json!({})).await;
        let all = items(&all["NodeList"]);
        assert_eq!(all.len(), DOCUMENTS.len() + 1, "{all:#?}");
        for (id, (_, title, extension)) in self.documents.iter().zip(DOCUMENTS) {
            let node = only(&all, "nodeId", id).unwrap();
            assert_eq!(
                (&node["name"], &node["workspaceId"]),
                (&json!(format!("{title}{extension}")), &json!(self.workspace))
            );
            let link = format!("{}?from=story#top", text(&node["url"]));
            let linked = canvas.run("get-node-by-link", by_operator(json!({ "NodeUrl": link })), json!({})).await;
            assert_eq!(&linked["NodeData"], node);
        }
    }

    /// Everything is there once, on whatever page.
    pub async fn check(&self, canvas: &Canvas) {
        let workspaces = canvas.pages("get-workspaces", by_operator(json!({})), 2, "WorkspaceList").await;
        assert!(workspaces.len() > 1 && workspaces.iter().all(|page| page.len() <= 2), "{workspaces:#?}");
        let workspaces: Vec<Value> = workspaces.into_iter().flatten().collect();
        let ids: BTreeSet<String> = workspaces.iter().map(|workspace| text(&workspace["workspaceId"])).collect();
        assert_eq!(ids.len(), workspaces.len());
        assert_eq!(only(&workspaces, "name", &self.name).unwrap()["workspaceId"], json!(self.workspace));

        let at_the_root = nodes(canvas, &self.workspace, None, 100).await;
        assert_eq!(named(&at_the_root), [vec!["立项".to_owned()]]);
        let in_the_folder = nodes(canvas, &self.workspace, Some(&self.folder), 2).await;
        let expected: Vec<String> =
            DOCUMENTS.iter().map(|(_, title, extension)| format!("{title}{extension}")).collect();
        assert_eq!(named(&in_the_folder), expected.chunks(2).collect::<Vec<_>>());
    }
}

fn named(pages: &[Vec<Value>]) -> Vec<Vec<String>> {
    pages.iter().map(|page| page.iter().map(|node| text(&node["name"])).collect()).collect()
}

/// Inputs of a node that runs in the manager's name.
pub fn by_operator(inputs: Value) -> Value {
    with(inputs, json!({ "OperatorId": MANAGER_UNION_ID }))
}

/// What is at the root of the knowledge base or below a node of it, page by page.
pub async fn nodes(canvas: &Canvas, workspace: &str, parent: Option<&str>, size: usize) -> Vec<Vec<Value>> {
    let mut inputs = by_operator(json!({ "WorkspaceId": workspace }));
    if let Some(parent) = parent {
        inputs["ParentNodeId"] = json!(parent);
    }
    canvas.pages("get-node-list", inputs, size, "NodeList").await
}

/// Creates a knowledge base; its WorkspaceData.
pub async fn create_workspace(canvas: &Canvas, name: &str) -> Value {
    let inputs = by_operator(json!({ "Name": name }));
    let options = json!({ "Description": "猎鹰项目的资料" });
    let look = async |envelope: &Value| {
        assert!(text(&envelope["Hint"]).contains("look with Get Workspaces"), "{envelope:#}");
        let pages = canvas.pages("get-workspaces", by_operator(json!({})), 100, "WorkspaceList").await;
        let found = only(&pages.concat(), "name", name).cloned();
        found.map(|workspace| json!({ "WorkspaceData": workspace }))
    };
    let made = canvas.write("create-workspace", inputs, options, look).await["WorkspaceData"].take();
    assert_eq!((&made["name"], &made["description"]), (&json!(name), &json!("猎鹰项目的资料")));
    made
}

/// Creates a document, a folder or the like; its DocData.
pub async fn create_doc(canvas: &Canvas, workspace: &str, parent: Option<&str>, name: &str, kind: &str) -> Value {
    let inputs = by_operator(json!({ "WorkspaceId": workspace, "Name": name, "DocType": kind }));
    let options = parent.map_or(json!({}), |parent| json!({ "ParentNodeId": parent }));
    let look = async |envelope: &Value| {
        assert!(text(&envelope["Hint"]).contains("look with Get Node List"), "{envelope:#}");
        let there = nodes(canvas, workspace, parent, 100).await.concat();
        let is_it = |node: &&Value| text(&node["name"]).split('.').next() == Some(name);
        let found: Vec<&Value> = there.iter().filter(is_it).collect();
        assert!(found.len() <= 1, "{found:#?}");
        let node = found.first()?;
        Some(json!({ "DocData": {
            "dentryUuid": node["nodeId"], "workspaceId": node["workspaceId"], "url": node["url"],
        }}))
    };
    let made = canvas.write("create-doc", inputs, options, look).await["DocData"].take();
    assert_eq!(made["workspaceId"], json!(workspace));
    assert!(text(&made["url"]).contains(&text(&made["dentryUuid"])), "{made:#}");
    made
}
