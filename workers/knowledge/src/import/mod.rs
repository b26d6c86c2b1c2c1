//! Files and pages become entries.

mod draft;
mod faq;
mod html;
mod markdown;
mod passage;
mod plain;
mod table;

use std::path::Path;

use domain::{BusinessId, Timestamp};
use draft::Drafts;
use encoding_rs::{UTF_8, WINDOWS_1252};
use sha2::{Digest as _, Sha256};
use store::Records;
use store::records::{KnowledgeChanges, KnowledgeDraft, KnowledgeSource};

pub use table::write as to_csv;

/// In bytes: a book is smaller.
pub const AT_MOST: usize = 20 * 1024 * 1024;

/// Why a file can't be imported, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} files are not read yet: save it as text, Markdown, HTML or CSV and import that")]
    NotYet(&'static str),
    #[error("files that end in {0:?} are not known: it must be .md, .txt, .html or .csv")]
    Unknown(String),
    #[error("it has no text: save it as text in UTF-8")]
    Binary,
    #[error("there is nothing to know in it: write a question with its answer, or a paragraph")]
    Empty,
    #[error("it is larger than {} MB: cut it into several files", AT_MOST / 1024 / 1024)]
    TooLarge,
    #[error(
        "its first line names no column for the question and the answer: call them question and \
         answer, or pregunta and respuesta"
    )]
    NoColumns,
    #[error("line {line} can't be read as a row: look for a quotation mark that is not closed")]
    Row { line: u64 },
    #[error("line {line} is no question with its answer: write F|question|answer")]
    Faq { line: usize },
    #[error("its HTML can't be read: save the page again, or as text")]
    Html,
    #[error(transparent)]
    Records(#[from] store::records::Error),
}

/// What a file says.
#[derive(Debug, PartialEq, Eq)]
pub struct Document {
    /// Its format.
    pub kind: &'static str,
    pub entries: Vec<KnowledgeDraft>,
}

type Reader = fn(&str) -> Result<Drafts, Error>;

/// Reads a file by the ending of its name. It has at least one entry.
pub fn read(name: &str, bytes: &[u8]) -> Result<Document, Error> {
    let extension = Path::new(name).extension().and_then(|ending| ending.to_str());
    let extension = extension.unwrap_or_default().to_lowercase();
    let (kind, read): (_, Reader) = match extension.as_str() {
        "md" | "markdown" => ("markdown", |text| Ok(markdown::read(text))),
        "html" | "htm" => ("html", html::read),
        "csv" | "tsv" => ("csv", table::read),
        "txt" | "text" => ("text", |text| match faq::is_one(text) {
            true => faq::read(text),
            false => Ok(plain::read(text)),
        }),
        "pdf" => return Err(Error::NotYet("PDF")),
        "docx" | "doc" | "odt" => return Err(Error::NotYet("Word")),
        "xlsx" | "xls" | "ods" => return Err(Error::NotYet("Excel")),
        _ => return Err(Error::Unknown(extension)),
    };
    if bytes.len() > AT_MOST {
        return Err(Error::TooLarge);
    }
    let drafts = read(&text(bytes)?)?;
    if drafts.is_empty() {
        return Err(Error::Empty);
    }
    Ok(Document { kind, entries: drafts.into_entries() })
}

/// Reads a file and puts what it says in the place of what its source had.
pub async fn import(
    records: &Records,
    business: &BusinessId,
    name: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<KnowledgeChanges, Error> {
    let document = read(name, bytes)?;
    let source = KnowledgeSource {
        business: business.to_string(),
        name: name.to_owned(),
        kind: document.kind.to_owned(),
        hash: hex::encode(Sha256::digest(bytes)),
        imported_ms: now.as_millis(),
    };
    Ok(records.replace_source(source, &document.entries).await?)
}

/// What is not UTF-8 and says of itself nothing else is what Windows writes in the West.
fn text(bytes: &[u8]) -> Result<String, Error> {
    let (text, _, is_other) = UTF_8.decode(bytes);
    let text = if is_other { WINDOWS_1252.decode(bytes).0 } else { text };
    if text.contains('\0') {
        return Err(Error::Binary);
    }
    Ok(text.replace("\r\n", "\n"))
}
