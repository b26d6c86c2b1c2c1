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
    let plain = if language == Language::Es { with_you(word) } else { None };
    STEMMERS[language as usize].stem(plain.as_deref().unwrap_or(word)).to_string()
}

/// "hacen" for "haceis": the stemmer knows "hacéis" only with its accent. "Seis" stays.
fn with_you(word: &str) -> Option<String> {
    const ENDINGS: [(&str, &str); 2] = [("ais", "an"), ("eis", "en")];
    ENDINGS.into_iter().find_map(|(you, they)| {
        let root = word.strip_suffix(you).filter(|root| root.len() >= 2)?;
        Some(format!("{root}{they}"))
    })
}
