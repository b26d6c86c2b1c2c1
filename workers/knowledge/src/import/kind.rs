//! In which format a file is: by its name, or as its server says.

use std::borrow::Cow;
use std::path::Path;

use documents::Format;

use super::Error;

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Markdown,
    Text,
    Csv,
    Html,
    Pdf,
    Docx,
    Xlsx,
}

impl Kind {
    /// As it is kept of a source.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
        }
    }

    /// By the ending of its name.
    pub fn of_name(name: &str) -> Result<Self, Error> {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
        let ending = ending.unwrap_or_default().to_lowercase();
        Ok(match ending.as_str() {
            "md" | "markdown" => Self::Markdown,
            "txt" | "text" => Self::Text,
            "csv" | "tsv" => Self::Csv,
            "html" | "htm" | "xhtml" => Self::Html,
            "pdf" => Self::Pdf,
            "docx" => Self::Docx,
            "xlsx" => Self::Xlsx,
            "doc" | "odt" | "rtf" | "pages" => return Err(Error::NotYet(ending, ".docx")),
            "xls" | "xlsb" | "xlsm" | "ods" | "numbers" => {
                return Err(Error::NotYet(ending, ".xlsx"));
            }
            "ppt" | "pptx" | "odp" | "key" => return Err(Error::NotYet(ending, ".pdf")),
            _ => return Err(Error::Unknown(ending)),
        })
    }

    /// By the type that a server gives it, without its parameters; none if that says nothing.
    pub fn of_type(mime_type: &str) -> Option<Self> {
        Some(match mime_type.to_ascii_lowercase().as_str() {
            "text/markdown" | "text/x-markdown" => Self::Markdown,
            "text/csv" | "application/csv" | "text/tab-separated-values" => Self::Csv,
            "text/html" | "application/xhtml+xml" => Self::Html,
            "application/pdf" | "application/x-pdf" => Self::Pdf,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Self::Docx,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Self::Xlsx,
            "text/plain" => Self::Text,
            _ => return None,
        })
    }

    /// What a server gave: by its type, and where that says little, by the ending of its path or by
    /// what it is.
    pub fn of_page(mime_type: Option<&str>, path: &str, bytes: &[u8]) -> Result<Self, Error> {
        let said = mime_type.and_then(Self::of_type);
        let is_vague = said == Some(Self::Text)
            || mime_type.is_none_or(|one| one.ends_with("/octet-stream") || one.ends_with("/zip"));
        if !is_vague {
            let other = || Error::Type(mime_type.unwrap_or_default().to_owned());
            return said.ok_or_else(other);
        }
        if let Ok(named) = Self::of_name(path) {
            return Ok(named);
        }
        let found = match documents::Kind::of(bytes) {
            Some(documents::Kind::Pdf) => Some(Self::Pdf),
            Some(documents::Kind::Docx) => Some(Self::Docx),
            Some(documents::Kind::Xlsx) => Some(Self::Xlsx),
            Some(other) => return Err(other.instead().into()),
            None => said,
        };
        let start = String::from_utf8_lossy(bytes.get(..512).unwrap_or(bytes)).to_lowercase();
        let is_page = start.contains("<html") || start.contains("<!doctype html");
        Ok(found.unwrap_or(if is_page { Self::Html } else { Self::Text }))
    }

    /// Text in UTF-8, in whichever letters its server says that it is written, and marked so that
    /// nothing within it says otherwise. What is no text stays as it is.
    pub fn in_utf8<'b>(self, bytes: &'b [u8], charset: Option<&str>) -> Cow<'b, [u8]> {
        let text = match (self.format(), charset) {
            (Some(Format::Html), _) | (None, Some(_)) => documents::decode_html(bytes, charset),
            _ => return Cow::Borrowed(bytes),
        };
        Cow::Owned(format!("\u{feff}{text}").into_bytes())
    }

    /// How it is taken apart; none for what is text from its first to its last byte.
    pub(super) fn format(self) -> Option<Format> {
        match self {
            Self::Markdown | Self::Text | Self::Csv => None,
            Self::Html => Some(Format::Html),
            Self::Pdf => Some(Format::Pdf),
            Self::Docx => Some(Format::Docx),
            Self::Xlsx => Some(Format::Xlsx),
        }
    }
}
