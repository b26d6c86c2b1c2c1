//! The parts of which a document is made.

/// A part of a document. Texts are Markdown, as far as the format says how they look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Here begins a page, counted from 1.
    Page(u32),
    /// Of a level from 1, the highest, to 9.
    Heading { level: u8, text: String },
    /// A paragraph, or a list.
    Text(String),
    /// What the document itself marks as a question with its answer.
    Answer { question: String, text: String },
    /// Rows of cells. The first row may be a header.
    Table(Vec<Vec<String>>),
    /// A sheet of a workbook.
    Sheet { name: String, rows: Vec<Vec<String>> },
}

impl Block {
    /// What stands in a cell.
    pub(crate) fn cell(mut blocks: Vec<Self>) -> String {
        match blocks.pop() {
            Some(Self::Heading { text, .. }) if blocks.is_empty() => text,
            last => {
                blocks.extend(last);
                blocks.into_iter().map(Self::flat).collect::<Vec<_>>().join("\n")
            }
        }
    }

    /// What it says as a part of something else: a cell, an item of a list, an answer.
    pub(crate) fn flat(self) -> String {
        match self {
            Self::Heading { text, .. } => format!("**{text}**"),
            Self::Text(text) => text,
            Self::Answer { question, text } => format!("**{question}**\n{text}"),
            Self::Table(rows) | Self::Sheet { rows, .. } => {
                let line = |row: Vec<String>| row.join(" · ").replace('\n', " ");
                rows.into_iter().map(line).collect::<Vec<_>>().join("\n")
            }
            Self::Page(_) => String::new(),
        }
    }
}
