//! What a document says becomes entries.

use documents::{Block, Limits};

use super::draft::Drafts;
use super::outline::Outline;
use super::table::{Columns, rows_told};
use super::{Error, passage};

/// A company's name and the date stand above the header, at most.
const HEADER_WITHIN: usize = 10;

/// Reads a document; `called` is what its pages are called by where nothing in it says more.
pub(super) fn read(format: documents::Format, called: &str, bytes: &[u8]) -> Result<Drafts, Error> {
    let mut outline = Outline::default();
    for block in documents::read(format, bytes, Limits::default())? {
        match block {
            Block::Page(number) => outline.page(format!("{called}, p. {number}")),
            Block::Heading { level, text } => outline.heading(level, &text),
            Block::Text(text) => outline.paragraph(&text),
            Block::Answer { question, text } => outline.answer(&question, &text),
            Block::Table(rows) => table(&mut outline, &rows),
            Block::Sheet { name, rows } => {
                outline.heading(1, &name);
                if !answers(&mut outline, &rows) {
                    told(&mut outline, &rows);
                }
            }
        }
    }
    Ok(outline.finish())
}

/// A table in a text. A small one stays as it is.
fn table(outline: &mut Outline, rows: &[Vec<String>]) {
    if answers(outline, rows) {
        return;
    }
    let written = written(rows);
    if passage::words(&written) <= passage::AT_MOST {
        outline.paragraph(&written);
    } else {
        told(outline, rows);
    }
}

/// Takes the rows as questions with their answers, if a header says that they are.
fn answers(outline: &mut Outline, rows: &[Vec<String>]) -> bool {
    let header = rows.iter().take(HEADER_WITHIN).enumerate().find_map(|(at, row)| {
        Columns::of(row.iter().map(String::as_str)).map(|columns| (at, columns))
    });
    let Some((at, columns)) = header else { return false };
    outline.close();
    let title = outline.title();
    for row in rows.iter().skip(at + 1) {
        columns.row(outline.drafts(), title.as_deref(), |at| row.get(at).map(String::as_str));
    }
    true
}

/// Each row as a passage, in which each cell is named by its column.
fn told(outline: &mut Outline, rows: &[Vec<String>]) {
    for text in rows_told(rows) {
        outline.passage(None, &text);
    }
}

/// As a table of Markdown: outbound knows it.
fn written(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> = (0..columns)
            .map(|at| row.get(at).map(String::as_str).unwrap_or_default())
            .map(|cell| cell.replace('\n', " ").replace('|', "\\|"))
            .collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    lines.insert(1.min(lines.len()), format!("|{}", " --- |".repeat(columns)));
    lines.join("\n")
}
