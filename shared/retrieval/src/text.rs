//! From what people type to words: one spelling, one language, one stem.

mod language;
mod spelling;
mod stem;

pub(crate) use language::{Language, guess, is_chat, is_function_word, is_function_word_anywhere};
pub(crate) use spelling::{sentences, sound, undiminished, words};
pub(crate) use stem::stem;
