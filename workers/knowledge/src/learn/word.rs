//! Words of a text, folded, with the place where each stands.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A word: letters and digits without anything between them but an apostrophe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// In small letters, without accents.
    pub(crate) folded: String,
    /// In bytes of the text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) is_capital: bool,
}

impl Word {
    pub(crate) fn has_digit(&self) -> bool {
        self.folded.bytes().any(|byte| byte.is_ascii_digit())
    }
}

pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut is_open = false;
    for (at, c) in text.char_indices() {
        if !c.is_alphanumeric() && !is_combining_mark(c) {
            is_open &= matches!(c, '\'' | '’');
            continue;
        }
        let folded = fold(c);
        match words.last_mut() {
            Some(word) if is_open => {
                word.folded.push_str(&folded);
                word.end = at + c.len_utf8();
            }
            _ => words.push(Word {
                folded,
                start: at,
                end: at + c.len_utf8(),
                is_capital: c.is_uppercase(),
            }),
        }
        is_open = true;
    }
    words
}

fn fold(c: char) -> String {
    std::iter::once(c)
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether the words at this place are those of the phrase; how many they are.
pub(crate) fn begins(words: &[Word], phrase: &str) -> Option<usize> {
    let mut count = 0;
    for wanted in phrase.split(' ') {
        if words.get(count)?.folded != wanted {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// The longest of the phrases with which the words begin.
pub(crate) fn longest(words: &[Word], phrases: &[&str]) -> Option<usize> {
    phrases.iter().filter_map(|phrase| begins(words, phrase)).max()
}

/// Where one of the phrases stands.
pub(crate) fn find(words: &[Word], phrases: &[&str]) -> Option<(usize, usize)> {
    (0..words.len()).find_map(|at| Some((at, longest(&words[at..], phrases)?)))
}

pub(crate) fn has(words: &[Word], phrases: &[&str]) -> bool {
    find(words, phrases).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_know_their_place() {
        let text = "¡Año nuevo, it's 9:30!";
        let found = words(text);
        let folded: Vec<&str> = found.iter().map(|word| word.folded.as_str()).collect();
        assert_eq!(folded, ["ano", "nuevo", "its", "9", "30"]);
        assert_eq!(&text[found[0].start..found[0].end], "Año");
        assert!(found[0].is_capital && !found[1].is_capital);
        assert_eq!(find(&found, &["nuevo its", "nuevo"]), Some((1, 2)));
    }
}
