//! Documents that are broken, or made to do harm.

use std::io::{Cursor, Write as _};
use std::time::Duration;

use documents::{Error, Format, Limits};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::{file, read};

const DOCX: &str = "word/document.xml";
const STRINGS: &str = "xl/sharedStrings.xml";

/// An archive as Office would write it, with these parts.
fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    for (name, bytes) in [("[Content_Types].xml", &b"<Types/>"[..])].iter().chain(parts) {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn text(inner: &str) -> Vec<u8> {
    let body = format!("<w:document><w:body>{inner}</w:body></w:document>");
    archive(&[(DOCX, body.as_bytes())])
}

#[test]
fn an_archive_that_explodes_is_not_unpacked() {
    let limits = Limits { unpacked: 8 * 1024 * 1024, ..Limits::default() };
    let spaces = vec![b' '; 20 * 1024 * 1024];
    for (format, part) in [(Format::Docx, DOCX), (Format::Xlsx, STRINGS)] {
        let bomb = archive(&[(part, &spaces)]);
        assert!(bomb.len() < 100_000, "{}", bomb.len());
        let error = documents::read(format, &bomb, limits).unwrap_err();
        assert_eq!(error, Error::Unpacked { mb: 8 });
    }
    // Nor one whose size is not true.
    let mut liar = archive(&[(DOCX, &spaces)]);
    let size = u32::try_from(spaces.len()).unwrap().to_le_bytes();
    while let Some(at) = liar.windows(4).position(|bytes| bytes == size) {
        liar[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
    }
    let error = documents::read(Format::Docx, &liar, limits).unwrap_err();
    assert!(matches!(error, Error::Unpacked { .. } | Error::Broken(_)), "{error}");
}

#[test]
fn a_workbook_that_says_it_is_endless_is_not_believed() {
    let workbook: &[u8] = b"<workbook><sheets/></workbook>";
    for said in ["99999999999999", "100000000000000000000000", "9999999"] {
        let strings = format!("<sst uniqueCount = \"{said}\"><si><t>a</t></si></sst>");
        let parts = [("xl/workbook.xml", workbook), (STRINGS, strings.as_bytes())];
        assert!(read(Format::Xlsx, &archive(&parts)).is_err(), "{said}");
    }
}

#[test]
fn what_is_nested_without_end_is_an_error_or_is_read() {
    let tables = "<w:tbl><w:tr><w:tc>".repeat(5_000);
    assert_eq!(read(Format::Docx, &text(&tables)).unwrap_err(), Error::TooMuch);
    let deep = "<w:sdt>".repeat(100_000) + "<w:p><w:r><w:t>hondo</w:t></w:r></w:p>";
    let deep = read(Format::Docx, &text(&(deep + &"</w:sdt>".repeat(100_000)))).unwrap();
    assert_eq!(deep.len(), 1);
}

#[test]
fn entities_do_not_grow() {
    let bomb = "<!DOCTYPE d [<!ENTITY a \"ja\"><!ENTITY b \"&a;&a;&a;&a;\">]><w:document><w:body>\
                <w:p><w:r><w:t>uno &amp; &#233; &b; dos</w:t></w:r></w:p></w:body></w:document>";
    let read = read(Format::Docx, &archive(&[(DOCX, bomb.as_bytes())])).unwrap();
    assert_eq!(read, [documents::Block::Text("uno & é dos".to_owned())]);
}

#[test]
fn what_is_broken_is_an_error_and_no_more() {
    let documents = [
        (Format::Pdf, file("manual.pdf")),
        (Format::Docx, file("guide.docx")),
        (Format::Xlsx, file("answers.xlsx")),
    ];
    for (format, whole) in documents {
        assert!(read(format, b"").is_err());
        for part in 1..16 {
            // Cut off, and with bytes that somebody changed.
            let cut = whole.get(..whole.len() * part / 16).unwrap();
            let _error_or_some_text = read(format, cut);
            let mut changed = whole.clone();
            for at in (part..changed.len()).step_by(97 * part) {
                changed[at] ^= 0x15;
            }
            let _error_or_some_text = read(format, &changed);
        }
    }
}

#[test]
fn limits_are_kept_and_say_what_they_are() {
    let pdf = file("manual.pdf");
    let error = |limits: Limits| documents::read(Format::Pdf, &pdf, limits).unwrap_err();
    let limits = Limits::default();
    assert_eq!(error(Limits { pages: 2, ..limits }), Error::Pages { at_most: 2 });
    assert_eq!(error(Limits { bytes: 1024, ..limits }), Error::TooLarge { mb: 0 });
    let time = Duration::ZERO;
    assert_eq!(error(Limits { time, ..limits }), Error::TooLong { seconds: 0 });
    let loops = "<html><body>".to_owned() + &"<b><p>".repeat(100_000);
    let limits = Limits { time: Duration::from_secs(2), ..limits };
    let _error_or_some_text = documents::read(Format::Html, loops.as_bytes(), limits);
}

#[test]
fn a_small_pdf_does_not_grow_without_end() {
    // Each of these counts as a part of its own, and all of them as too much.
    let numbers = format!("9 0 [{}]", "1 ".repeat(500_000));
    let many = format!(
        "<< /Type /ObjStm /N 1 /First 4 /Length {} >>\nstream\n{numbers}\nendstream",
        numbers.len()
    );
    let mut objects =
        vec!["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"];
    objects.extend([many.as_str(); 6]);
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut places = Vec::new();
    for (object, number) in objects.iter().zip(1..) {
        places.push(file.len());
        file.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let (table, size) = (file.len(), objects.len() + 1);
    file.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").bytes());
    }
    let end = format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    file.extend(end.bytes());
    assert_eq!(read(Format::Pdf, &file).unwrap_err(), Error::TooMuch);
}
