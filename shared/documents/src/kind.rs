//! What a file is by its bytes, whatever its name says.

use crate::{Error, Format, archive};

/// Formats that tell themselves. Text of any kind does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Pdf,
    Docx,
    Xlsx,
    /// Word's or Excel's with a password.
    Locked,
    /// Word's, Excel's or PowerPoint's of before 2007.
    OldOffice,
    /// Something else, named by its type: `image/png`.
    Other(&'static str),
}

/// How an old Office document begins, and a new one that has a password.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const ARCHIVE: &[u8] = b"PK\x03\x04";
/// Some programs write something before the head of a PDF, and every reader takes it.
const HEAD: usize = 1024;

impl Kind {
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(COMPOUND) {
            let name: Vec<u8> =
                "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
            return Some(if contains(bytes, &name) { Self::Locked } else { Self::OldOffice });
        }
        if bytes.starts_with(ARCHIVE) {
            return Some(archive::kind(bytes).unwrap_or(Self::Other("application/zip")));
        }
        // A few letters can look like another's: text has no signature.
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
        if let Some(text) = text {
            let start = text.trim_start_matches('\u{feff}').trim_start();
            return start.starts_with("%PDF-").then_some(Self::Pdf);
        }
        if contains(bytes.get(..HEAD).unwrap_or(bytes), b"%PDF-") {
            return Some(Self::Pdf);
        }
        let found = infer::get(bytes)?;
        let is_text = found.matcher_type() == infer::MatcherType::Text;
        (!is_text).then(|| Self::Other(found.mime_type()))
    }

    pub(crate) fn may_be(&self, format: Format) -> bool {
        matches!((self, format), (Self::Pdf, Format::Pdf) | (Self::Docx, Format::Docx))
            || matches!((self, format), (Self::Xlsx, Format::Xlsx))
    }

    /// The error for a file that should be something else.
    pub fn instead(&self) -> Error {
        let other = |what: &str, advice: &str| Error::Other {
            what: what.to_owned(),
            advice: advice.to_owned(),
        };
        match self {
            Self::Pdf => other("a PDF", "give it the ending .pdf"),
            Self::Docx => other("a Word document", "give it the ending .docx"),
            Self::Xlsx => other("an Excel workbook", "give it the ending .xlsx"),
            Self::Locked => Error::Locked,
            Self::OldOffice => {
                other("a document of an old Office", "open it and save it as .docx or .xlsx")
            }
            Self::Other(mime_type) => other(
                &format!("of the type {mime_type}"),
                "save what it says as .docx, .xlsx, .pdf or text",
            ),
        }
    }
}

fn contains(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_bytes() {
        let locked: Vec<u8> = [
            COMPOUND,
            &"EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
        ]
        .concat();
        for (bytes, expected) in [
            (&b"%PDF-1.7"[..], Some(Kind::Pdf)),
            (b"\xef\xbb\xbf\n%PDF-1.4", Some(Kind::Pdf)),
            (b"\x89PNG\r\n\x1a\n\0\0", Some(Kind::Other("image/png"))),
            (b"PK\x03\x04....", Some(Kind::Other("application/zip"))),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 WordDocument", Some(Kind::OldOffice)),
            (&locked, Some(Kind::Locked)),
            (b"# Title", None),
            (b"<!DOCTYPE html><p>", None),
            (b"BMW 320d;25000\n", None),
            ("Caf\u{e9}".as_bytes(), None),
            (b"", None),
        ] {
            assert_eq!(Kind::of(bytes), expected, "{}", bytes.escape_ascii());
        }
    }
}
