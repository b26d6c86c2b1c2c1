//! What a file is: as the channel says, as its name says, and as its bytes say.
//!
//! The three must agree, or somebody hides something. They agree by family: a PNG that is called
//! a JPEG is a photo that somebody renamed, a program that is called a PDF is not.

use domain::content::{MediaKind, Unread};

use crate::read::text;

/// What is done with a file depends on this alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Image,
    Audio,
    Video,
    Pdf,
    Text,
    Office,
}

impl Family {
    pub(crate) fn is_read_by_model(self) -> bool {
        matches!(self, Self::Image | Self::Audio)
    }
}

/// A format that is opened, or at least kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) family: Family,
    /// Without a dot; also the first of the names it goes by.
    pub(crate) extension: &'static str,
    pub(crate) mime_type: &'static str,
    extensions: &'static [&'static str],
    mime_types: &'static [&'static str],
}

const fn format(
    family: Family,
    extensions: &'static [&'static str],
    mime_types: &'static [&'static str],
) -> Format {
    Format { family, extension: extensions[0], mime_type: mime_types[0], extensions, mime_types }
}

/// The first names are what we call it; the others are what phones, browsers and `infer` do.
const FORMATS: &[Format] = &[
    format(Family::Image, &["jpg", "jpeg", "jpe", "jfif"], &["image/jpeg", "image/jpg"]),
    format(Family::Image, &["png"], &["image/png"]),
    format(Family::Image, &["webp"], &["image/webp"]),
    format(Family::Audio, &["ogg", "oga", "opus"], &["audio/ogg", "audio/opus", "application/ogg"]),
    format(Family::Audio, &["aac"], &["audio/aac", "audio/aacp", "audio/x-aac"]),
    M4A,
    format(Family::Audio, &["amr"], &["audio/amr"]),
    MP3,
    format(Family::Video, &["mp4", "m4v", "mov"], &["video/mp4", "video/x-m4v", "video/quicktime"]),
    format(Family::Video, &["3gp"], &["video/3gpp"]),
    format(Family::Pdf, &["pdf"], &["application/pdf"]),
    format(Family::Text, &["txt", "log"], &["text/plain"]),
    format(Family::Text, &["csv"], &["text/csv", "text/comma-separated-values"]),
    format(Family::Text, &["md", "markdown"], &["text/markdown", "text/x-markdown"]),
    format(
        Family::Office,
        &["docx"],
        &["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
    ),
    format(
        Family::Office,
        &["xlsx"],
        &["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
    ),
    format(
        Family::Office,
        &["pptx"],
        &["application/vnd.openxmlformats-officedocument.presentationml.presentation"],
    ),
];

const M4A: Format = format(Family::Audio, &["m4a"], &["audio/mp4", "audio/m4a", "audio/x-m4a"]);
const MP3: Format = format(Family::Audio, &["mp3"], &["audio/mpeg", "audio/mp3"]);

/// Types that say nothing. Windows calls a table of commas the last.
const VAGUE: &[&str] =
    &["application/octet-stream", "binary/octet-stream", "application/vnd.ms-excel"];

/// Names under which a file is run or unpacked when somebody opens it.
const RUNS: &[&str] = &[
    "7z", "apk", "app", "bat", "cmd", "com", "cpl", "dll", "dmg", "exe", "gz", "hta", "htm",
    "html", "iso", "jar", "js", "jse", "lnk", "mjs", "msi", "pif", "ps1", "py", "rar", "reg",
    "scr", "sh", "svg", "tar", "vbe", "vbs", "wsf", "xhtml", "xz", "zip",
];

/// What the file says it is, before its bytes are there: one of the formats that are opened, or
/// why it is not fetched.
pub(crate) fn claim(
    mime_type: Option<&str>,
    name: Option<&str>,
    kind: MediaKind,
) -> Result<&'static Format, Unread> {
    let said = match mime_type.map(essence).filter(|said| !VAGUE.contains(&said.as_str())) {
        Some(said) => Some(of_mime_type(&said).ok_or(Unread::WrongType)?),
        None => None,
    };
    let extension = name.and_then(extension);
    let named = extension.as_deref().and_then(of_extension);
    let claimed = match (said, named) {
        (None, None) => return Err(Unread::WrongType),
        (Some(said), Some(named)) if !agrees(said, named) => return Err(Unread::Suspicious),
        (Some(_), None) if extension.is_some_and(|one| RUNS.contains(&one.as_str())) => {
            return Err(Unread::Suspicious);
        }
        (Some(format), _) | (None, Some(format)) => format,
    };
    let fits = match kind {
        MediaKind::Image | MediaKind::Sticker => claimed.family == Family::Image,
        MediaKind::Audio => claimed.family == Family::Audio,
        MediaKind::Video => claimed.family == Family::Video,
        MediaKind::Document => true,
    };
    if fits && !name.is_some_and(is_turned_around) { Ok(claimed) } else { Err(Unread::Suspicious) }
}

/// What the file is, if everything that is known of it agrees. Looks at all of it, which takes
/// long.
pub(crate) fn agree(
    mime_type: Option<&str>,
    name: Option<&str>,
    kind: MediaKind,
    bytes: &[u8],
) -> Result<&'static Format, Unread> {
    let claimed = claim(mime_type, name, kind)?;
    let found = match claimed.family {
        // Text has no signature, and a few letters can look like another's.
        Family::Text => (text::decode(bytes).is_some() && !is_program(bytes)).then_some(claimed),
        Family::Office => is_office(bytes).then_some(claimed),
        _ => signature(bytes).filter(|found| agrees(claimed, found)),
    };
    match found {
        // One container for sound and pictures: what it says tells which.
        Some(found) if found.family != claimed.family => Ok(claimed),
        Some(found) => Ok(found),
        None => Err(Unread::Suspicious),
    }
}

fn agrees(said: &Format, found: &Format) -> bool {
    let both = (said.family, found.family);
    // Sound alone is named and marked like the film that it could be.
    said.family == found.family || (both == (Family::Audio, Family::Video) && *said == M4A)
}

fn of_mime_type(essence: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.mime_types.contains(&essence))
}

fn of_extension(extension: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.extensions.contains(&extension))
}

/// The type without its parameters: `audio/ogg; codecs=opus` is `audio/ogg`.
fn essence(mime_type: &str) -> String {
    mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// In small letters and without a dot.
fn extension(name: &str) -> Option<String> {
    let (_, extension) = name.trim_end_matches(['.', ' ']).rsplit_once('.')?;
    Some(extension.to_lowercase())
}

/// Whether a name is shown otherwise than it is: `gpj.exe` with its letters turned around.
fn is_turned_around(name: &str) -> bool {
    name.contains([
        '\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}',
    ])
}

fn signature(bytes: &[u8]) -> Option<&'static Format> {
    if let Some(found) = infer::get(bytes) {
        return of_mime_type(found.mime_type());
    }
    match bytes {
        // An MPEG frame of the third layer; `infer` knows the most frequent ones only.
        [0xff, second, ..] if second & 0xe6 == 0xe2 => of_extension(MP3.extension),
        // Some programs write something before the head, and every reader takes it.
        _ => find(bytes.get(..1024).unwrap_or(bytes), b"%PDF-").and_then(|_| of_extension("pdf")),
    }
}

/// A page or a script: something that does more than be read.
fn is_program(bytes: &[u8]) -> bool {
    let found = infer::get(bytes);
    let found_mime_type = found.map_or("", |found| found.mime_type());
    let is_markup = found.is_some_and(|found| found.matcher_type() == infer::MatcherType::Text);
    is_markup
        || matches!(
            found_mime_type,
            "application/pdf" | "application/rtf" | "application/postscript"
        )
        || [b"<?php".as_slice(), b"<script", b"<svg"].iter().any(|word| bytes.starts_with(word))
}

/// An archive with the table that every document of Office has, and without macros.
fn is_office(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
        && find(bytes, b"[Content_Types].xml").is_some()
        && find(bytes, b"vbaProject.bin").is_none()
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|window| window == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use MediaKind::{Audio, Document, Image, Sticker, Video};
    use Unread::{Suspicious, WrongType};

    const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

    #[test]
    fn what_a_file_says_of_itself_must_agree_and_be_something_we_open() {
        for (mime_type, name, kind, expected) in [
            ("audio/ogg; codecs=opus", "", Audio, Ok("ogg")),
            ("IMAGE/JPEG", "", Image, Ok("jpg")),
            ("image/webp", "", Sticker, Ok("webp")),
            ("video/3gpp", "", Video, Ok("3gp")),
            ("application/pdf", "Factura 12.PDF", Document, Ok("pdf")),
            ("application/pdf", "Presupuesto v1.2", Document, Ok("pdf")),
            ("application/pdf", "sin nombre", Document, Ok("pdf")),
            ("image/jpeg", "captura.png", Document, Ok("jpg")),
            ("application/octet-stream", "lista.csv", Document, Ok("csv")),
            ("application/vnd.ms-excel", "lista.csv", Document, Ok("csv")),
            ("", "foto.jpeg", Document, Ok("jpg")),
            ("audio/mp4", "nota.mp4", Document, Ok("m4a")),
            (DOCX, "carta.docx", Document, Ok("docx")),
            ("application/zip", "fotos.zip", Document, Err(WrongType)),
            ("application/vnd.ms-excel", "viejo.xls", Document, Err(WrongType)),
            ("application/octet-stream", "programa.exe", Document, Err(WrongType)),
            ("image/gif", "", Image, Err(WrongType)),
            ("", "", Document, Err(WrongType)),
            ("application/pdf", "factura.exe", Document, Err(Suspicious)),
            ("application/pdf", "factura.exe. ", Document, Err(Suspicious)),
            ("text/plain", "leeme.html", Document, Err(Suspicious)),
            ("application/pdf", "foto.jpg", Document, Err(Suspicious)),
            ("application/pdf", "factura\u{202e}exe.pdf", Document, Err(Suspicious)),
            ("video/mp4", "nota.ogg", Document, Err(Suspicious)),
            ("application/pdf", "", Image, Err(Suspicious)),
            ("image/png", "", Audio, Err(Suspicious)),
        ] {
            let some = |text: &'static str| Some(text).filter(|text| !text.is_empty());
            let found = claim(some(mime_type), some(name), kind).map(|format| format.extension);
            assert_eq!(found, expected, "{mime_type} {name} {kind:?}");
        }
    }

    #[test]
    fn the_bytes_have_the_last_word() {
        const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2";
        const OFFICE: &[u8] =
            b"PK\x03\x04\x14\0\x06\0........[Content_Types].xml......word/document.xml";
        for (mime_type, bytes, expected) in [
            ("image/jpeg", b"\xff\xd8\xff\xe0".as_slice(), Ok("jpg")),
            ("image/jpeg", b"\x89PNG\r\n\x1a\n", Ok("png")),
            ("image/webp", b"RIFF\0\0\0\0WEBPVP8 ", Ok("webp")),
            ("audio/ogg", b"OggS\0\x02", Ok("ogg")),
            ("audio/amr", b"#!AMR\n\x0c......", Ok("amr")),
            ("audio/aac", b"\xff\xf1\x50", Ok("aac")),
            ("audio/mpeg", b"ID3\x04\0", Ok("mp3")),
            ("audio/mpeg", b"\xff\xfa\x90\x64", Ok("mp3")),
            ("audio/mp4", b"\0\0\0\x1cftypM4A \0\0\x02\0", Ok("m4a")),
            ("audio/mp4", MP4, Ok("m4a")),
            ("video/mp4", MP4, Ok("mp4")),
            ("application/pdf", b"%PDF-1.7\n", Ok("pdf")),
            ("application/pdf", b"\xef\xbb\xbf\n%PDF-1.4\n", Ok("pdf")),
            ("text/plain", b"BMW 320d;25000\n", Ok("txt")),
            ("text/csv", b"caf\xe9;1\r\n", Ok("csv")),
            ("text/markdown", "# Qué quiero".as_bytes(), Ok("md")),
            (DOCX, OFFICE, Ok("docx")),
            // A program, an archive, a page and a script, each under another name.
            ("application/pdf", b"MZ\x90\0\x03\0\0\0", Err(Suspicious)),
            ("application/pdf", b"PK\x03\x04\x14\0", Err(Suspicious)),
            ("application/pdf", b"<html><body>", Err(Suspicious)),
            ("image/jpeg", b"%PDF-1.7\n", Err(Suspicious)),
            ("image/jpeg", b"", Err(Suspicious)),
            ("audio/ogg", MP4, Err(Suspicious)),
            (
                "audio/ogg",
                b"\x7fELF\x02\x01\x01......................................................",
                Err(Suspicious),
            ),
            ("text/plain", b"<!DOCTYPE html><p>", Err(Suspicious)),
            ("text/plain", b"#!/bin/sh\nrm -rf /\n", Err(Suspicious)),
            ("text/plain", b"<?php system($_GET['c']);", Err(Suspicious)),
            ("text/plain", b"MZ\x90\0\x03\0\0\0", Err(Suspicious)),
            ("text/csv", b"a;b\0c", Err(Suspicious)),
            (DOCX, b"PK\x03\x04\x14\0.....malware.exe", Err(Suspicious)),
            (DOCX, b"PK\x03\x04..[Content_Types].xml..word/vbaProject.bin", Err(Suspicious)),
        ] {
            let found = agree(Some(mime_type), None, Document, bytes);
            let bytes = bytes.escape_ascii();
            assert_eq!(found.map(|format| format.extension), expected, "{mime_type} {bytes}");
        }
    }
}
