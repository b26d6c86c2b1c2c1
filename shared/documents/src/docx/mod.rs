//! Documents of Word: what is seen, in its order.

mod body;
mod paragraph;
mod styles;
mod xml;

use crate::apart::Deadline;
use crate::archive::Archive;
use crate::{Block, Error, Limits};

const WHAT: &str = "Word document";

pub(crate) fn read(bytes: &[u8], limits: Limits, until: Deadline) -> Result<Vec<Block>, Error> {
    let mut archive = Archive::open(bytes, WHAT, limits.unpacked, until)?;
    let mut part = |name: &str| -> Result<Option<String>, Error> {
        let bytes = archive.part(name)?;
        bytes.map(|bytes| String::from_utf8(bytes).map_err(|_| Error::Broken(WHAT))).transpose()
    };
    let styles = styles::styles(&part("word/styles.xml")?.unwrap_or_default())?;
    let lists = styles::lists(&part("word/numbering.xml")?.unwrap_or_default())?;
    let links = styles::links(&part("word/_rels/document.xml.rels")?.unwrap_or_default())?;
    let document = part("word/document.xml")?.ok_or(Error::Broken(WHAT))?;
    body::read(&document, body::Setting { styles, lists, links }, until)
}
