//! Pages: read as the Markdown that they would be.

use html2text::config;

use super::draft::Drafts;
use super::{Error, markdown};

/// In letters: wider than any line, so that none is broken.
const WIDTH: usize = 1_000_000;

pub(super) fn read(text: &str) -> Result<Drafts, Error> {
    let markdown = config::plain()
        .link_footnotes(false)
        .no_table_borders()
        .string_from_read(text.as_bytes(), WIDTH)
        .map_err(|_| Error::Html)?;
    Ok(markdown::read(&markdown))
}
