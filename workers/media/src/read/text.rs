//! Plain text: how it is encoded, and how much of it is passed on.

use encoding_rs::{UTF_8, WINDOWS_1252};

/// The text, or nothing if this is none. What is not UTF-8 and says of itself nothing else is what
/// western Windows writes, a superset of Latin-1.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    let (text, _, is_other) = UTF_8.decode(bytes);
    let text = if is_other { WINDOWS_1252.decode(bytes).0 } else { text };
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\x0c');
    text.chars().all(is_text).then(|| text.into_owned())
}

/// At most so many characters, cut at the end of a word and marked with an ellipsis.
pub(crate) fn cut(text: &str, at_most: usize) -> String {
    let text = text.trim();
    if text.chars().nth(at_most).is_none() {
        return text.to_owned();
    }
    let room = at_most.saturating_sub(1);
    let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    let is_whole = text[end..].starts_with(char::is_whitespace);
    let words = match text[..end].rfind(char::is_whitespace) {
        Some(space) if !is_whole => &text[..space],
        _ => &text[..end],
    };
    format!("{}…", words.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_it_is_encoded_and_nothing_else_is_text() {
        for (bytes, expected) in [
            ("¿Tenéis la 42?\r\n".as_bytes(), Some("¿Tenéis la 42?\r\n")),
            (b"\xef\xbb\xbfa\tb", Some("a\tb")),
            (b"caf\xe9, 3 \x80", Some("café, 3 €")),
            (b"\xff\xfeS\0\xed\0", Some("Sí")),
            (b"", Some("")),
            (b"a\0b", None),
            (b"\x1b[31m", None),
            (b"\x89PNG\x0d\x0a\x1a\x0a", None),
            (b"\x81\x8d\x8f", None),
        ] {
            assert_eq!(decode(bytes).as_deref(), expected, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_long_text_is_cut_at_the_end_of_a_word() {
        for (text, at_most, expected) in [
            (" uno dos \n", 10, "uno dos"),
            ("uno dos", 7, "uno dos"),
            ("uno dos tres", 8, "uno dos…"),
            ("uno dos tres", 9, "uno dos…"),
            ("uno dos tres", 11, "uno dos…"),
            ("ñañañaña", 5, "ñaña…"),
            ("uno", 0, "…"),
        ] {
            let found = cut(text, at_most);
            assert_eq!(found, expected, "{text:?} {at_most}");
        }
    }
}
