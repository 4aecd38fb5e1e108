//! What every tenant starts with: three knowledge bases, the general manager's own documents, and a few templates.

use super::moment::{date, midnight};
use super::node::{Category, DocType, Node, NodeType, TemplateType};
use super::workspace::{IconType, NewWorkspace, PermissionRole, Workspace, WorkspaceType};
use super::{Mint, Purpose, Wiki};
use crate::state::{BUDGET_WORKBOOK_ID, MANAGER_USER_ID, MEMBER_USER_ID, WORKBOOK_ID};

/// The id of the first knowledge base, 项目资料库: everybody may make and change documents in it. The built-in workbooks
/// are in it.
pub const WORKSPACE_ID: &str = "Xh4pQz7RkW2vNc9T";
/// The id of the second knowledge base, 员工手册: everybody may read it, few may change it.
pub const HANDBOOK_WORKSPACE_ID: &str = "Jm8sLd3FyB6tKe1G";
/// The id of the third knowledge base, 财务内部资料: only the general manager and the head of finance see it.
pub const FINANCE_WORKSPACE_ID: &str = "Cw5nUo2HxR9aVi7P";
/// The id of the general manager's own documents, which are no knowledge base.
pub const PERSONAL_WORKSPACE_ID: &str = "Qe6yTb1MzS8gDj4K";

/// The id of a text document without children in the first knowledge base: 市场调研.adoc.
pub const DOCUMENT_NODE_ID: &str = "Rz8kWm2LpX5vNq7TcB4yHd9JsF3gAe6U";
/// The id of a folder in the first knowledge base, 会议纪要, with more documents than a page holds.
pub const FOLDER_NODE_ID: &str = "Tn3bVx9QwK6mZr2YfL8cGp5DhS7jUa4E";

/// The id of a team's template for text documents: 周报模板.
pub const TEMPLATE_ID: &str = "Lk7fNs4Wb9Qx2Yd6";

pub(super) const CORP_ID: &str = "ding7a3c9e51f0b84d26c1f8a0e5";
pub(super) const ICON_URL: &str = "https://img.example.com/wiki/icon.png";
pub(super) const COVER_URL: &str = "https://img.example.com/wiki/cover.png";

/// The knowledge team that the first two knowledge bases belong to.
const TEAM_ID: &str = "Zp4mRc8XkV1wQn6HtBs9LyiEiE";
const HEAD_OF_FINANCE: &str = "user009";
const HEAD_OF_PERSONNEL: &str = "user008";

const HOUR: i64 = 3_600_000;
const WEEK: i64 = 7 * 24 * HOUR;
/// The Monday of the first minutes.
const FIRST_MEETING: i64 = midnight(2025, 6, 2);
const MEETINGS: i64 = 64;

/// What a document can be made from.
pub(super) struct Template {
    id: &'static str,
    template_type: TemplateType,
    doc_type: DocType,
    pub(super) size: u64,
    pub(super) word_count: u64,
}

const TEMPLATES: [Template; 3] = [
    Template {
        id: TEMPLATE_ID,
        template_type: TemplateType::Team,
        doc_type: DocType::Doc,
        size: 2_048,
        word_count: 96,
    },
    Template {
        id: "Hd2vGt8Kc5Mj3Zr1",
        template_type: TemplateType::Public,
        doc_type: DocType::Workbook,
        size: 4_096,
        word_count: 0,
    },
    Template {
        id: "Bx9wPa6Ln1Ue7Sf4",
        template_type: TemplateType::User,
        doc_type: DocType::Doc,
        size: 1_024,
        word_count: 40,
    },
];

/// The template with this id for documents of this type. Where it comes from is checked when it is given.
pub(super) fn template(id: &str, source: Option<TemplateType>, doc_type: DocType) -> Option<&'static Template> {
    let fits = |template: &&Template| {
        let comes_from = source.is_none_or(|source| source == template.template_type);
        template.id == id && template.doc_type == doc_type && comes_from
    };
    TEMPLATES.iter().find(fits)
}

pub(super) fn fill(wiki: &mut Wiki, seed: u64) {
    let mut plan = Plan { wiki, mint: Mint::new(seed, Purpose::BuiltInWiki) };
    projects(&mut plan);
    handbook(&mut plan);
    finance(&mut plan);
    personal(&mut plan);
}

fn projects(plan: &mut Plan<'_>) {
    let root = plan.workspace(WORKSPACE_ID, "项目资料库", MANAGER_USER_ID, midnight(2025, 5, 12), |workspace| {
        workspace.description = "各项目的计划、纪要和台账".to_owned();
        workspace.team_id = TEAM_ID.to_owned();
        workspace.everybody = PermissionRole::Editor;
    });
    let day = midnight(2025, 5, 13) + 2 * HOUR;
    plan.add(
        Entry::online(&root, "市场调研", DocType::Doc, MEMBER_USER_ID, day).with_id(DOCUMENT_NODE_ID).of(18_432, 2_316),
    );
    plan.add(
        Entry::online(&root, "奖金与销售台账", DocType::Workbook, MANAGER_USER_ID, day + HOUR)
            .with_id(WORKBOOK_ID)
            .of(9_216, 0),
    );
    plan.add(Entry::online(&root, "产品路线图", DocType::Mind, "user005", day + 2 * HOUR).of(6_144, 412));
    plan.add(
        Entry::online(&root, "部门预算", DocType::Workbook, HEAD_OF_FINANCE, day + 2 * HOUR)
            .with_id(BUDGET_WORKBOOK_ID)
            .of(7_168, 0),
    );
    let minutes = plan
        .add(Entry::online(&root, "会议纪要", DocType::Folder, MEMBER_USER_ID, day + 3 * HOUR).with_id(FOLDER_NODE_ID));
    let files = plan.add(Entry::online(&root, "附件", DocType::Folder, "user005", day + 4 * HOUR));

    for week in 0..MEETINGS {
        let monday = FIRST_MEETING + week * WEEK;
        let (year, month, day) = date(monday);
        let name = format!("{year:04}-{month:02}-{day:02} 周例会纪要");
        let size = 2_000 + (week as u64 * 137) % 900;
        plan.add(Entry::online(&minutes, &name, DocType::Doc, MEMBER_USER_ID, monday + 9 * HOUR).of(size, size / 8));
    }
    let day = midnight(2025, 8, 4) + 3 * HOUR;
    for (number, (name, category, extension, size)) in [
        ("传感器报价单", Category::Document, "pdf", 348_160),
        ("展台照片", Category::Image, "jpg", 2_621_440),
        ("客户访谈录音", Category::Audio, "mp3", 7_340_032),
        ("产品演示", Category::Video, "mp4", 41_943_040),
        ("投标文件", Category::Archive, "zip", 5_242_880),
    ]
    .into_iter()
    .enumerate()
    {
        let made = day + number as i64 * HOUR;
        plan.add(Entry::uploaded(&files, name, category, extension, "user005", made).of(size, 0));
    }
}

fn handbook(plan: &mut Plan<'_>) {
    let root =
        plan.workspace(HANDBOOK_WORKSPACE_ID, "员工手册", HEAD_OF_PERSONNEL, midnight(2025, 6, 9), |workspace| {
            workspace.description = "考勤、报销与福利制度".to_owned();
            workspace.team_id = TEAM_ID.to_owned();
            workspace.icon.icon_type = IconType::Emoji;
            workspace.icon.value = "📘".to_owned();
            workspace.roles.insert(MANAGER_USER_ID.to_owned(), PermissionRole::Manager);
        });
    let day = midnight(2025, 6, 10) + HOUR;
    plan.add(Entry::online(&root, "考勤制度", DocType::Doc, HEAD_OF_PERSONNEL, day).of(7_168, 890));
    let expenses =
        plan.add(Entry::online(&root, "报销制度", DocType::Doc, HEAD_OF_PERSONNEL, day + HOUR).of(5_120, 640));
    plan.add(Entry::online(&expenses, "差旅标准", DocType::Doc, HEAD_OF_PERSONNEL, day + 2 * HOUR).of(3_072, 371));
    plan.add(Entry::online(&root, "入职指南", DocType::Doc, HEAD_OF_PERSONNEL, day + 3 * HOUR).of(4_096, 512));
}

fn finance(plan: &mut Plan<'_>) {
    let root =
        plan.workspace(FINANCE_WORKSPACE_ID, "财务内部资料", HEAD_OF_FINANCE, midnight(2025, 7, 1), |workspace| {
            workspace.description = "仅限财务与总经办".to_owned();
            workspace.everybody = PermissionRole::None;
            workspace.roles.insert(MANAGER_USER_ID.to_owned(), PermissionRole::Reader);
        });
    let day = midnight(2025, 7, 2) + HOUR;
    plan.add(Entry::online(&root, "年度预算说明", DocType::Doc, HEAD_OF_FINANCE, day).of(8_192, 1_024));
}

fn personal(plan: &mut Plan<'_>) {
    let root =
        plan.workspace(PERSONAL_WORKSPACE_ID, "我的文档", MANAGER_USER_ID, midnight(2025, 5, 6), |workspace| {
            workspace.workspace_type = WorkspaceType::Personal;
            workspace.everybody = PermissionRole::None;
        });
    let day = midnight(2025, 5, 6) + 4 * HOUR;
    plan.add(Entry::online(&root, "待办", DocType::Doc, MANAGER_USER_ID, day).of(512, 48));
}

/// The wiki while it is being filled. The ids come from a mint of their own, so that the number of built-in nodes does
/// not decide which ids later ones get.
struct Plan<'a> {
    wiki: &'a mut Wiki,
    mint: Mint,
}

/// A node that is to be added.
struct Entry<'a> {
    parent_id: &'a str,
    id: Option<&'static str>,
    name: &'a str,
    node_type: NodeType,
    category: Category,
    extension: &'static str,
    size: u64,
    word_count: u64,
    creator_id: &'static str,
    created_at: i64,
}

impl<'a> Entry<'a> {
    fn online(parent_id: &'a str, name: &'a str, doc_type: DocType, creator_id: &'static str, created_at: i64) -> Self {
        Self {
            parent_id,
            id: None,
            name,
            node_type: doc_type.node_type(),
            category: doc_type.category(),
            extension: doc_type.extension(),
            size: 0,
            word_count: 0,
            creator_id,
            created_at,
        }
    }

    fn uploaded(
        parent_id: &'a str,
        name: &'a str,
        category: Category,
        extension: &'static str,
        creator_id: &'static str,
        created_at: i64,
    ) -> Self {
        let file = Self::online(parent_id, name, DocType::Doc, creator_id, created_at);
        Self { category, extension, ..file }
    }

    fn with_id(self, id: &'static str) -> Self {
        Self { id: Some(id), ..self }
    }

    fn of(self, size: u64, word_count: u64) -> Self {
        Self { size, word_count, ..self }
    }
}

impl Plan<'_> {
    /// Makes a knowledge base with its root and gives the root's id.
    fn workspace(
        &mut self,
        id: &str,
        name: &str,
        creator_id: &str,
        created_at: i64,
        finish: impl FnOnce(&mut Workspace),
    ) -> String {
        let root_id = self.mint.alphanumeric(32);
        let new = NewWorkspace {
            name: name.to_owned(),
            description: String::new(),
            team_id: String::new(),
            creator_id: creator_id.to_owned(),
            created_at,
        };
        self.insert(Node::root(&root_id, id, &new));
        let mut workspace = Workspace::new(id.to_owned(), root_id.clone(), new);
        finish(&mut workspace);
        self.wiki.workspaces.insert(workspace);
        root_id
    }

    /// Adds the node and gives its id.
    fn add(&mut self, entry: Entry<'_>) -> String {
        let parent = self.wiki.nodes.node(entry.parent_id);
        let workspace_id = parent.map(|parent| parent.workspace_id.clone()).unwrap_or_default();
        let id = entry.id.map_or_else(|| self.mint.alphanumeric(32), str::to_owned);
        let online = entry.category == Category::Alidoc;
        self.insert(Node {
            id: id.clone(),
            short_id: self.mint.alphanumeric(16),
            doc_key: if online { self.mint.alphanumeric(16) } else { String::new() },
            workspace_id,
            parent_id: Some(entry.parent_id.to_owned()),
            name: super::named(entry.name.to_owned(), entry.extension),
            node_type: entry.node_type,
            category: entry.category,
            extension: entry.extension.to_owned(),
            size: entry.size,
            word_count: entry.word_count,
            creator_id: entry.creator_id.to_owned(),
            modifier_id: entry.creator_id.to_owned(),
            created_at: entry.created_at,
            modified_at: entry.created_at,
        });
        id
    }

    fn insert(&mut self, node: Node) {
        let inserted = self.wiki.nodes.insert(node);
        debug_assert!(inserted.is_ok(), "the built-in nodes have parents and names of their own");
    }
}
