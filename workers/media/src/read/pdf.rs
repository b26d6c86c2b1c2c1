//! The words of a PDF.
//!
//! A customer's document is foreign and may be made to do harm: it is read on a thread of its own,
//! with bounds on its pages, on what it grows to and on the time it takes, and what breaks its
//! reader breaks nothing else (tests `what_no_pdf_should_be_ends_with_a_word` and
//! `a_small_document_does_not_grow_without_end`).

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use documents::{Error, STACK, pdf};
use domain::content::Unread;
use tokio::sync::{Semaphore, oneshot};
use tracing::warn;

use super::WORDS_MAX;

/// What is larger is mostly pictures. In memory it takes sixty times that at worst, when it is
/// made for it.
const BYTES_MAX: usize = 10 * 1024 * 1024;
/// From its first byte to its last word.
const READING_AT_MOST: Duration = Duration::from_secs(10);

/// The text of the first pages; an empty one if they are blank. A document that is locked, or has
/// only pictures of text, can't be read by these means.
pub(super) async fn read(
    documents: Arc<Semaphore>,
    bytes: Bytes,
    pages: u32,
) -> Result<String, Unread> {
    // Let go when the thread ends, not when nobody waits for it any more.
    let place = documents.acquire_owned().await.map_err(|_| Unread::Failed)?;
    let (done, read) = oneshot::channel();
    let thread = std::thread::Builder::new().name("pdf".to_owned()).stack_size(STACK);
    let begun = thread.spawn(move || {
        let _nobody_waits = done.send(words(&bytes, pages));
        drop(place);
    });
    if let Err(error) = begun {
        warn!(%error, "no thread to read a document");
        return Err(Unread::Failed);
    }
    // A thread that was given up, or that panicked, says nothing.
    read.await.unwrap_or_else(|_| {
        warn!("a document was too much for its reader");
        Err(Unread::Failed)
    })
}

fn words(bytes: &[u8], pages: u32) -> Result<String, Unread> {
    if bytes.len() > BYTES_MAX {
        return Err(Unread::NoMeans);
    }
    pdf::text(bytes, pages, WORDS_MAX, READING_AT_MOST).map_err(|error| match error {
        Error::Locked | Error::Pictures => Unread::NoMeans,
        Error::TooMuch | Error::TooLong { .. } => {
            warn!(%error, "a document was too much for its reader");
            Unread::Failed
        }
        _ => Unread::Failed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document with these objects, numbered from 1; the first is its catalogue.
    pub(super) fn document(objects: &[&str]) -> Vec<u8> {
        let mut file = b"%PDF-1.4\n".to_vec();
        let mut places = Vec::new();
        for (index, object) in objects.iter().enumerate() {
            places.push(file.len());
            file.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
        }
        let table = file.len();
        let size = objects.len() + 1;
        file.extend(format!("xref\n0 {size}\n0000000000 65535 f \n").bytes());
        for place in places {
            file.extend(format!("{place:010} 00000 n \n").bytes());
        }
        file.extend(
            format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n").bytes(),
        );
        file
    }

    fn stream(dictionary: &str, content: &str) -> String {
        format!("<< {dictionary} /Length {} >>\nstream\n{content}\nendstream", content.len())
    }

    /// A document of one page with this content.
    fn page(content: &str) -> Vec<u8> {
        let form = stream(
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9]",
            "BT /F1 12 Tf 72 500 Td (dentro) Tj ET /X1 Do",
        );
        document(&[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>",
            "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 8 0 R >> /XObject << /X1 6 0 R /I1 7 0 R >> >> >>",
            &stream("", content),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            &form,
            &stream("/Type /XObject /Subtype /Image /Width 1 /Height 1", "x"),
            "<< /Type /Font /Subtype /Type0 /BaseFont /ABC /Encoding /Identity-H >>",
        ])
    }

    fn check(content: &str, expected: &str) {
        assert_eq!(words(&page(content), 20).unwrap().trim(), expected, "{content}");
    }

    #[test]
    fn words_and_lines_are_told_apart_by_where_they_stand() {
        check("BT /F1 12 Tf 72 700 Td (Talla \\26442\\265) Tj ET", "Talla ´42µ");
        check("BT /F1 12 Tf 72 700 Td (una) Tj 0 -14 Td (dos) Tj ET", "una\ndos");
        check("BT /F1 12 Tf 14 TL 72 700 Td (una) Tj T* (dos) Tj (tres) ' ET", "una\ndos\ntres");
        check("BT /F1 12 Tf 72 700 TD (una) Tj 100 0 Td (dos) Tj ET", "una dos");
        check("BT /F1 12 Tf 72 700 Td [(sie) 20 (te) -300 (ocho)] TJ ET", "siete ocho");
        check("BT /F1 1 Tf 12 0 0 12 72 700 Tm (a) Tj 12 0 0 12 79 700 Tm (b) Tj ET", "ab");
        check(
            "q 1 0 0 1 72 700 cm BT /F1 12 Tf (uno) Tj ET Q q 1 0 0 1 172 700 cm BT /F1 12 Tf (dos) Tj ET Q",
            "uno dos",
        );
        check(
            "BT /F1 12 Tf 0 12 -12 0 72 100 Tm (uno) Tj 0 12 -12 0 72 200 Tm (dos) Tj ET",
            "uno dos",
        );
        // What is drawn by another part, which draws itself in the same place.
        check("BT /F1 12 Tf 72 700 Td (fuera) Tj ET /X1 Do", "fuera\ndentrodentrodentrodentro");
    }

    #[test]
    fn a_blank_page_is_empty_and_a_picture_of_text_is_not() {
        assert_eq!(words(&page("0 0 m"), 20), Ok(String::new()));
        assert_eq!(words(&page("/I1 Do"), 20), Err(Unread::NoMeans));
        assert_eq!(words(&page("BT /F2 12 Tf <00410042> Tj ET"), 20), Err(Unread::NoMeans));
        assert_eq!(words(&page("/I1 Do BT /F1 9 Tf (pie) Tj ET"), 20).unwrap().trim(), "pie");
        assert_eq!(words(&page("BT /F1 9 Tf (pie) Tj ET"), 0), Ok(String::new()));
    }

    #[tokio::test]
    async fn what_no_pdf_should_be_ends_with_a_word() {
        let loops = document(&[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2 /Parent 3 0 R >>",
            "<< /Type /Page /Parent 3 0 R /Contents 3 0 R >>",
        ]);
        let deep = format!("{}1{}", "[".repeat(50_000), "]".repeat(50_000));
        let deep = document(&["<< /Type /Catalog /Pages 2 0 R >>", &deep]);
        let broken: [&[u8]; 6] = [
            b"",
            b"%PDF-1.7",
            b"%PDF-1.4\nstartxref\n99999999999\n%%EOF",
            &loops,
            &deep,
            &page("BT Tj ("),
        ];
        let documents = Arc::new(Semaphore::new(1));
        for bytes in broken {
            let bytes = Bytes::copy_from_slice(bytes);
            let read = read(Arc::clone(&documents), bytes, 20);
            let read = tokio::time::timeout(Duration::from_secs(15), read).await.unwrap();
            assert!(read.is_err() || read == Ok(String::new()), "{read:?}");
        }
    }

    #[tokio::test]
    async fn a_small_document_does_not_grow_without_end() {
        // Each of these counts as a part of its own, and all of them as too much.
        let many =
            stream("/Type /ObjStm /N 1 /First 4", &format!("9 0 [{}]", "1 ".repeat(500_000)));
        let mut objects =
            vec!["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"];
        objects.extend([many.as_str(); 6]);
        let documents = Arc::new(Semaphore::new(1));
        let read = read(Arc::clone(&documents), document(&objects).into(), 20).await;
        assert_eq!(read, Err(Unread::Failed));
        let next = tokio::time::timeout(Duration::from_secs(15), documents.acquire()).await;
        assert!(next.is_ok(), "the next has its place");
    }
}
