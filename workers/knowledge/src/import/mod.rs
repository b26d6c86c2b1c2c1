//! Files and pages become entries.

mod document;
mod draft;
mod faq;
mod kind;
mod markdown;
mod outline;
mod passage;
mod plain;
mod table;

use std::path::Path;

use domain::{BusinessId, Timestamp};
use encoding_rs::{UTF_8, WINDOWS_1252};
use sha2::{Digest as _, Sha256};
use store::Records;
use store::records::{KnowledgeChanges, KnowledgeDraft, KnowledgeSource};

pub use kind::Kind;
pub use table::write as to_csv;

/// In bytes: a book is smaller.
pub const AT_MOST: usize = 20 * 1024 * 1024;

/// Why a file can't be imported, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} files are not read: save it as {1} and import that")]
    NotYet(String, &'static str),
    #[error(
        "files that end in {0:?} are not known: it must be .md, .txt, .html, .csv, .pdf, .docx or \
         .xlsx"
    )]
    Unknown(String),
    #[error("it is of the type {0:?}, which is not read: save what it says as text or PDF")]
    Type(String),
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
    #[error(transparent)]
    Document(#[from] documents::Error),
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

/// Reads a file by the ending of its name. It has at least one entry.
pub fn read(name: &str, bytes: &[u8]) -> Result<Document, Error> {
    read_as(Kind::of_name(name)?, name, bytes)
}

/// Reads what is known to be of this format.
pub fn read_as(kind: Kind, name: &str, bytes: &[u8]) -> Result<Document, Error> {
    if bytes.len() > AT_MOST {
        return Err(Error::TooLarge);
    }
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    let called = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
    let drafts = match (kind.format(), kind) {
        (Some(format), _) => document::read(format, &called, bytes)?,
        (None, Kind::Csv) => table::read(&text(bytes)?)?,
        (None, Kind::Markdown) => markdown::read(&text(bytes)?),
        (None, _) => match text(bytes)? {
            text if faq::is_one(&text) => faq::read(&text)?,
            text => plain::read(&text),
        },
    };
    if drafts.is_empty() {
        return Err(Error::Empty);
    }
    Ok(Document { kind: kind.as_str(), entries: drafts.into_entries() })
}

/// Reads a file and puts what it says in the place of what its source had.
pub async fn import(
    records: &Records,
    business: &BusinessId,
    name: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<KnowledgeChanges, Error> {
    import_as(Kind::of_name(name)?, records, business, name, bytes, now).await
}

/// The same for what is known to be of this format.
pub async fn import_as(
    kind: Kind,
    records: &Records,
    business: &BusinessId,
    name: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<KnowledgeChanges, Error> {
    let document = read_as(kind, name, bytes)?;
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
    if let Some(other) = documents::Kind::of(bytes) {
        return Err(other.instead().into());
    }
    let (text, _, is_other) = UTF_8.decode(bytes);
    let text = if is_other { WINDOWS_1252.decode(bytes).0 } else { text };
    if text.contains('\0') {
        return Err(Error::Binary);
    }
    Ok(text.replace("\r\n", "\n"))
}
