//! Where WhatsApp takes a character for a mark: it touches text on one side, and no word on the
//! other.

/// Whether the one-byte character at `at` can open a pair of marks.
pub(crate) fn opens(text: &str, at: usize) -> bool {
    let rest = &text[at + 1..];
    !ends_in_word(&text[..at])
        && rest.starts_with(|next: char| !next.is_whitespace())
        && !rest.starts_with(&text[at..=at])
}

/// Whether the one-byte character at `at` can close a pair of marks.
pub(crate) fn closes(text: &str, at: usize) -> bool {
    text[..at].ends_with(|last: char| !last.is_whitespace()) && !starts_with_word(&text[at + 1..])
}

pub(crate) fn ends_in_word(text: &str) -> bool {
    text.ends_with(char::is_alphanumeric)
}

pub(crate) fn starts_with_word(text: &str) -> bool {
    text.starts_with(char::is_alphanumeric)
}
