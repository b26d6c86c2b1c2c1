//! The archives that Office writes: parts in XML, packed.
//!
//! What a part unpacks to is not believed but counted, while it is unpacked: a few kilobytes can
//! say that they are small and become gigabytes (test `an_archive_that_explodes_is_not_unpacked`).

use std::io::{Cursor, Read as _};

use zip::ZipArchive;

use crate::apart::Deadline;
use crate::{Error, Kind, MB};

/// Read at once, between two looks at the clock.
const PIECE: usize = 64 * 1024;
/// Documents have tens, with many pictures hundreds.
const PARTS_MAX: usize = 20_000;

pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    what: &'static str,
    /// What may still be unpacked.
    left: usize,
    at_most: usize,
    until: Deadline,
}

/// Which of Office's documents it is, by the parts that it has.
pub(crate) fn kind(bytes: &[u8]) -> Option<Kind> {
    let zip = ZipArchive::new(Cursor::new(bytes)).ok()?;
    let has = |name: &[u8]| zip.file_names_raw().any(|one| one.starts_with(name));
    if !has(b"[Content_Types].xml") {
        return None;
    }
    if has(b"word/") {
        return Some(Kind::Docx);
    }
    has(b"xl/").then_some(Kind::Xlsx)
}

impl<'a> Archive<'a> {
    pub(crate) fn open(
        bytes: &'a [u8],
        what: &'static str,
        at_most: usize,
        until: Deadline,
    ) -> Result<Self, Error> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Error::Broken(what))?;
        if zip.len() > PARTS_MAX {
            return Err(Error::TooMuch);
        }
        Ok(Self { zip, what, left: at_most, at_most, until })
    }

    /// The names of its parts.
    pub(crate) fn names(&self) -> Vec<String> {
        self.zip.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned()).collect()
    }

    /// A part, or nothing if there is none of that name.
    pub(crate) fn part(&mut self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let mut part = match self.zip.by_name(name) {
            Ok(part) => part,
            Err(zip::result::ZipError::FileNotFound) => return Ok(None),
            Err(_) => return Err(Error::Broken(self.what)),
        };
        let (mut whole, mut piece) = (Vec::new(), vec![0; PIECE]);
        loop {
            self.until.check()?;
            let read = part.read(&mut piece).map_err(|_| Error::Broken(self.what))?;
            if read == 0 {
                return Ok(Some(whole));
            }
            self.left =
                self.left.checked_sub(read).ok_or(Error::Unpacked { mb: self.at_most / MB })?;
            whole.extend_from_slice(piece.get(..read).unwrap_or_default());
        }
    }
}
