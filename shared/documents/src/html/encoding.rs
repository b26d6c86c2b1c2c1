//! In which letters a page is written.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// A page says it in its first bytes, or it is too late.
const HEAD: usize = 1024;

/// The text of a page. What its server said of its letters comes first, then what the page says of
/// itself; what says nothing and is not UTF-8 is what Windows writes in the West.
pub fn decode(bytes: &[u8], charset: Option<&str>) -> String {
    let said = charset.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    let encoding = said.or_else(|| in_head(bytes)).unwrap_or(UTF_8);
    let (text, used, is_broken) = encoding.decode(bytes);
    if is_broken && used == UTF_8 {
        return WINDOWS_1252.decode(bytes).0.into_owned();
    }
    text.into_owned()
}

/// `<meta charset=x>`, or in the longer form that says the same.
fn in_head(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..HEAD).unwrap_or(bytes)).to_lowercase();
    let meta = &head[head.find("<meta")?..];
    let (_, after) = meta.split_once("charset")?;
    let after = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
    let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:".contains(c)));
    Encoding::for_label(&after.as_bytes()[..end.unwrap_or(after.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_in_the_letters_that_it_is_written_in() {
        for (bytes, charset, expected) in [
            ("¿Envían?".as_bytes(), None, "¿Envían?"),
            (b"\xbfEnv\xedan?", None, "¿Envían?"),
            (b"\xbfEnv\xedan?", Some("iso-8859-1"), "¿Envían?"),
            (b"<meta charset=\"latin1\">\xf1", None, "<meta charset=\"latin1\">ñ"),
            (
                b"<META content='text/html; charset=windows-1252'>\x80",
                None,
                "<META content='text/html; charset=windows-1252'>€",
            ),
            (b"\xff\xfeS\0\xed\0", Some("utf-8"), "Sí"),
            (b"a\xc3\xb1", Some("no such"), "añ"),
        ] {
            assert_eq!(decode(bytes, charset), expected, "{}", bytes.escape_ascii());
        }
    }
}
