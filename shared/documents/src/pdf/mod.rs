//! The words of a PDF, and how they are set.

mod layout;
mod load;
mod page;

use std::time::Duration;

use lopdf::{Document, Error as Pdf};

use self::page::Pages;
use crate::apart::{Deadline, caught};
use crate::{Block, Error, Limits};

const WHAT: &str = "PDF";
/// In characters: ten books.
const TEXT_MAX: usize = 5_000_000;

/// The words of the first pages, line by line, and no more than so many characters of them; none
/// if the pages are blank. For a thread with [`crate::STACK`], which it may hold up for `time`.
pub fn text(bytes: &[u8], pages: u32, characters: usize, time: Duration) -> Result<String, Error> {
    let until = Deadline::after(time);
    let document = open(bytes, until)?;
    let mut read = Pages::new(&document, characters, until);
    for (_, page) in document.get_pages().into_iter().take(pages as usize) {
        read.page(page);
    }
    if read.is_pictures() { Err(Error::Pictures) } else { Ok(read.into_text()) }
}

/// All of it, or an error.
pub(crate) fn blocks(bytes: &[u8], limits: Limits, until: Deadline) -> Result<Vec<Block>, Error> {
    let document = open(bytes, until)?;
    let pages = document.get_pages();
    if pages.len() > limits.pages as usize {
        return Err(Error::Pages { at_most: limits.pages });
    }
    let mut read = Pages::new(&document, TEXT_MAX, until);
    let mut lines = Vec::new();
    for page in pages.into_values() {
        lines.push(read.page(page));
        until.check()?;
        if read.is_cut() {
            return Err(Error::TooMuch);
        }
    }
    if read.is_pictures() {
        return Err(Error::Pictures);
    }
    Ok(layout::blocks(lines))
}

fn open(bytes: &[u8], until: Deadline) -> Result<Document, Error> {
    let document = caught(|| {
        load::load(bytes, until).map_err(|error| match error {
            Pdf::InvalidPassword | Pdf::Decryption(_) => Error::Locked,
            _ => Error::Broken(WHAT),
        })
    })?;
    // One that opens without a password is open by now.
    if document.trailer.has(b"Encrypt") && !document.was_encrypted() {
        return Err(Error::Locked);
    }
    Ok(document)
}
