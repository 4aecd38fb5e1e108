use patchbay_node::choice;

/// A kind of document.
#[choice]
#[expect(missing_docs, reason = "the names say all")]
pub enum DocType {
    #[serde(rename = "DOC")]
    Document,
    #[serde(rename = "WORKBOOK")]
    Spreadsheet,
    #[serde(rename = "MIND")]
    MindMap,
    #[serde(rename = "FOLDER")]
    Folder,
}

impl DocType {
    /// What one is called in a sentence.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Document => "text document",
            Self::Spreadsheet => "spreadsheet",
            Self::MindMap => "mind map",
            Self::Folder => "folder",
        }
    }
}
