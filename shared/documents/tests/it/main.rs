//! Documents as programs make them, and as nobody should.
#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

mod hostile;
mod read;

use documents::{Block, Format, Limits};

/// A document of tests/data.
fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read(format: Format, bytes: &[u8]) -> Result<Vec<Block>, documents::Error> {
    documents::read(format, bytes, Limits::default())
}

/// The blocks of a document, a line each.
fn told(format: Format, name: &str) -> Vec<String> {
    let blocks = read(format, &file(name)).unwrap();
    blocks.into_iter().map(said).collect()
}

fn said(block: Block) -> String {
    let row = |row: Vec<String>| row.join(" | ");
    let rows = |rows: Vec<Vec<String>>| rows.into_iter().map(row).collect::<Vec<_>>().join(" // ");
    match block {
        Block::Page(number) => format!("page {number}"),
        Block::Heading { level, text } => format!("{level} {text}"),
        Block::Text(text) => text,
        Block::Answer { question, text } => format!("{question} => {text}"),
        Block::Table(table) => format!("table: {}", rows(table)),
        Block::Sheet { name, rows: sheet } => format!("sheet {name}: {}", rows(sheet)),
    }
}
