//! Stems by language. Accents are folded before: people leave them out, and then "instalación"
//! and "instalacion" must meet.

use std::sync::LazyLock;

use frostem::{Algorithm, Stemmer};

use super::{Language, is_chat};

static STEMMERS: LazyLock<[Stemmer; 3]> = LazyLock::new(|| {
    [Algorithm::Spanish, Algorithm::English, Algorithm::Portuguese].map(Stemmer::new)
});

pub(crate) fn stem(word: &str, language: Language) -> String {
    // A number has no stem; neither has a code such as "x200". The words of any chat keep their
    // form, lest "pasa" be found by "pase".
    if word.bytes().any(|byte| byte.is_ascii_digit()) || is_chat(word) {
        return word.to_owned();
    }
    STEMMERS[language as usize].stem(word).to_string()
}
