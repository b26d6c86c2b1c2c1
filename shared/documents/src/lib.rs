//! What a document says, in its order: headings, paragraphs, tables, questions with their answers.
//!
//! A document is foreign and may be made to do harm. [`read`] takes it apart on a thread of its
//! own, with an end to its pages, to what it grows to, to its nesting and to the time it takes;
//! what breaks a reader is an error like any other (test `what_is_broken_is_an_error_and_no_more`).
//! No async, and no clock but to stop.

mod apart;
mod archive;
mod block;
mod docx;
mod error;
mod html;
mod kind;
pub mod pdf;
mod question;
mod xlsx;

use std::time::Duration;

pub use apart::STACK;
pub use block::Block;
pub use error::Error;
pub use html::decode as decode_html;
pub use kind::Kind;

use apart::Deadline;

const MB: usize = 1024 * 1024;

/// What is taken apart here. Everything else is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Pdf,
    Docx,
    Xlsx,
    Html,
}

/// How much a document may be. What is more is an error that says so.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of the file.
    pub bytes: usize,
    /// Of all its parts, when they are unpacked.
    pub unpacked: usize,
    pub pages: u32,
    /// From the first byte to the last word.
    pub time: Duration,
}

impl Default for Limits {
    /// For a business's own documents: a book is smaller.
    fn default() -> Self {
        Self { bytes: 20 * MB, unpacked: 200 * MB, pages: 2_000, time: Duration::from_secs(60) }
    }
}

/// Takes a document apart. Blocks its thread for no longer than the limits say.
pub fn read(format: Format, bytes: &[u8], limits: Limits) -> Result<Vec<Block>, Error> {
    if bytes.len() > limits.bytes {
        return Err(Error::TooLarge { mb: limits.bytes / MB });
    }
    if let Some(other) = Kind::of(bytes).filter(|kind| !kind.may_be(format)) {
        return Err(other.instead());
    }
    let bytes = bytes.to_vec();
    apart::run(limits.time, move |until: Deadline| match format {
        Format::Pdf => pdf::blocks(&bytes, limits, until),
        Format::Docx => docx::read(&bytes, limits, until),
        Format::Xlsx => xlsx::read(bytes, limits, until),
        Format::Html => html::read(&bytes, until),
    })
}
