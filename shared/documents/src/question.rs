//! What looks like a question that stands above its answer, where no style says so.

/// In words: what is longer is a paragraph that asks.
const AT_MOST: usize = 30;

/// A line that stands alone and emphasised.
pub(crate) fn is_emphasised(text: &str) -> bool {
    text.ends_with('?') && words(text) <= AT_MOST
}

/// A line that stands alone and asks from its first letter to its last.
pub(crate) fn is_plain(text: &str) -> bool {
    text.starts_with('¿')
        && text.ends_with('?')
        && text.matches('?').count() == 1
        && words(text) <= AT_MOST
}

pub(crate) fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// One space between words.
pub(crate) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
