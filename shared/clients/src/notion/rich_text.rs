//! Text as Notion holds it: pieces with a style each.

use serde::Deserialize;
use serde_json::{Value, json};

/// In characters as Notion counts them: of UTF-16.
pub const TEXT_MAX: usize = 2000;

/// A piece of text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RichText {
    pub plain_text: String,
    pub href: Option<String>,
    pub annotations: Annotations,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Annotations {
    pub bold: bool,
    pub italic: bool,
    pub strikethrough: bool,
    pub code: bool,
}

impl RichText {
    /// All of it without any style.
    pub fn plain(pieces: &[Self]) -> String {
        pieces.iter().map(|piece| piece.plain_text.as_str()).collect()
    }

    /// The same as Markdown.
    pub fn markdown(pieces: &[Self]) -> String {
        pieces.iter().map(Self::as_markdown).collect()
    }

    /// Marks stand inside of what surrounds a piece, where Markdown wants them.
    fn as_markdown(&self) -> String {
        let text = self.plain_text.as_str();
        let inner = text.trim();
        if inner.is_empty() {
            return text.to_owned();
        }
        let (before, after) =
            (&text[..text.len() - text.trim_start().len()], &text[text.trim_end().len()..]);
        let Annotations { bold, italic, strikethrough, code } = self.annotations;
        let mut styled = if code { format!("`{inner}`") } else { inner.to_owned() };
        for (is, mark) in [(italic, "_"), (bold, "**"), (strikethrough, "~~")] {
            // A mark within a line only.
            if is && !code && !inner.contains('\n') {
                styled = format!("{mark}{styled}{mark}");
            }
        }
        if let Some(href) = self.href.as_deref().filter(|href| *href != inner) {
            styled = format!("[{styled}]({href})");
        }
        format!("{before}{styled}{after}")
    }
}

/// A text in as many pieces as it needs, for a property or a block.
pub fn spans(text: &str) -> Vec<Value> {
    pieces(text, TEXT_MAX)
        .into_iter()
        .map(|piece| json!({ "type": "text", "text": { "content": piece } }))
        .collect()
}

/// Cuts between characters, so that no piece is longer than so much of UTF-16.
fn pieces(text: &str, at_most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut units) = (0, 0);
    for (at, c) in text.char_indices() {
        if units + c.len_utf16() > at_most {
            pieces.push(&text[start..at]);
            (start, units) = (at, 0);
        }
        units += c.len_utf16();
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, marks: &str, href: Option<&str>) -> RichText {
        RichText {
            plain_text: text.to_owned(),
            href: href.map(str::to_owned),
            annotations: Annotations {
                bold: marks.contains('b'),
                italic: marks.contains('i'),
                strikethrough: marks.contains('s'),
                code: marks.contains('c'),
            },
        }
    }

    #[test]
    fn styles_and_links_become_markdown() {
        let text = [
            piece("Abrimos ", "", None),
            piece("mañana ", "b", None),
            piece("a las ", "", None),
            piece("9:00", "bi", None),
            piece(". Mira ", "", None),
            piece("la tienda", "", Some("https://example.com")),
            piece(" o ", "", None),
            piece("https://example.com", "", Some("https://example.com")),
            piece(" ", "b", None),
            piece("x*y", "c", None),
        ];
        assert_eq!(
            RichText::markdown(&text),
            "Abrimos **mañana** a las **_9:00_**. Mira [la tienda](https://example.com) o \
             https://example.com `x*y`"
        );
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let text = "ñ👍".repeat(1_500);
        let pieces = pieces(&text, TEXT_MAX);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.iter().all(|piece| piece.encode_utf16().count() <= TEXT_MAX));
        assert_eq!(pieces.len(), 3);
        assert!(spans("").is_empty());
    }
}
