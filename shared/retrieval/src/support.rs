//! How much of what is said stands in what it was taken from.

use std::collections::HashSet;

use crate::query::{Role, role};
use crate::text::{Language, guess, stem, words};

/// Below so many words a share says nothing.
const FEW: usize = 3;

/// The share of a sentence's words, without grammar and courtesies, that stand in a source in any
/// form. `None` when that would say nothing: they are in different languages, or it is too short.
pub fn support(said: &str, source: &str) -> Option<f32> {
    let (said, source) = (words(said), words(source));
    let language = language_of(&said)?;
    if language_of(&source)? != language {
        return None;
    }
    let source: HashSet<String> = source.iter().map(|word| stem(word, language)).collect();
    let says = |word: &&String| matches!(role(word, language), Role::Content | Role::Number);
    let said: Vec<String> = said.iter().filter(says).map(|word| stem(word, language)).collect();
    let there = said.iter().filter(|word| source.contains(*word)).count();
    (said.len() >= FEW).then(|| there as f32 / said.len() as f32)
}

fn language_of(words: &[String]) -> Option<Language> {
    guess(words.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::support;

    const SOURCE: &str = "¿Abren los domingos? Nuestras tiendas abren de lunes a sábado de 9:00 a \
                          20:00 y los domingos de 10:00 a 15:00.";

    #[test]
    fn what_is_said_in_other_forms_of_the_same_words_is_supported() {
        let said = "Sí, los domingos la tienda abre de 10:00 a 15:00.";
        assert!(support(said, SOURCE).unwrap() > 0.7);
    }

    #[test]
    fn what_stands_nowhere_is_not() {
        let said = "El presidente de la república regaló entradas para el concierto.";
        assert!(support(said, SOURCE).unwrap() < 0.1);
    }

    #[test]
    fn another_language_and_two_words_say_nothing() {
        assert_eq!(support("On Sundays the shop is open from ten to three.", SOURCE), None);
        assert_eq!(support("Sí, claro.", SOURCE), None);
    }
}
