//! Whether two questions ask the same and two answers say the same. Likeness is not enough, so
//! each must have every word of the other that says something.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use retrieval::{Band, Calibration, Entry, Index, Thesaurus};
use store::records::KnowledgeEntry;
use uuid::Uuid;

use super::word::{Word, words};
use crate::base::Base;

static THESAURUS: LazyLock<Thesaurus> = LazyLock::new(Thesaurus::shipped);

/// How many entries are looked at.
const NEAREST: usize = 10;
/// An answer of fewer words than this could be the answer to anything.
const SUBSTANTIAL: usize = 4;

pub(crate) const NEGATIONS: &[&str] =
    &["no", "sin", "nunca", "ni", "tampoco", "not", "dont", "without", "never", "nao", "sem"];
/// Words that change nothing of what an answer says.
const LIGHT: &[&str] = &[
    "si", "claro", "por", "supuesto", "yes", "sure", "of", "course", "sim", "el", "la", "los",
    "las", "un", "una", "de", "del", "a", "al", "en", "y", "que", "se", "su", "tu", "the", "an",
    "and", "to", "in", "is", "are", "o", "os", "as", "um", "uma", "do", "da", "e", "es", "son",
    "con", "para", "nuestra", "nuestro", "our", "we",
];

/// How an answer stands to what a business knows.
#[derive(Debug)]
pub(crate) enum Standing {
    New,
    /// The same question has this answer already.
    Known(Box<KnowledgeEntry>),
    /// The same question has another answer.
    Contradicts(Box<KnowledgeEntry>),
    /// The answer is there: this is another way to ask for it.
    AnotherWay(Box<KnowledgeEntry>),
}

/// Compares with what the business knows, but for the entry `own` itself.
pub(crate) fn compare(base: &Base, question: &str, answer: &str, own: Option<Uuid>) -> Standing {
    let near = |text: &str| {
        let entries = base.nearest(text, NEAREST).into_iter().map(|(entry, _)| entry);
        entries.filter(|entry| Some(entry.id) != own)
    };
    let mut known = None;
    for entry in near(question) {
        let phrasings = base.phrasings(entry.id);
        let mut ways = entry.question.iter().chain(&phrasings);
        if ways.any(|way| same_question(way, question)) {
            if !agrees(&entry.text, answer) {
                return Standing::Contradicts(Box::new(entry));
            }
            known.get_or_insert(entry);
        }
    }
    if let Some(entry) = known {
        return Standing::Known(Box::new(entry));
    }
    near(answer)
        .find(|entry| entry.question.is_some() && says_the_same(&entry.text, answer))
        .map_or(Standing::New, |entry| Standing::AnotherWay(Box::new(entry)))
}

/// Whether one answers the other in another spelling, both ways.
pub(crate) fn same_question(one: &str, other: &str) -> bool {
    let answers = |learned: &str, asked: &str| {
        index_of(learned).judge(asked, &Calibration::conservative()).band == Band::Answer
    };
    answers(one, other) && answers(other, one)
}

/// Whether they have nothing in common: no word, no meaning, no piece of a word.
pub(crate) fn unrelated(one: &str, other: &str) -> bool {
    index_of(one).search(other, 1).is_empty()
}

fn index_of(question: &str) -> Index {
    let mut index = Index::new(THESAURUS.clone());
    let phrasings = vec![question.to_owned()];
    index.insert(Entry { id: "0".to_owned(), phrasings, ..Entry::default() });
    index
}

struct Said {
    /// That say something.
    words: BTreeSet<String>,
    numbers: BTreeSet<String>,
    denies: bool,
}

impl Said {
    fn of(answer: &str) -> Self {
        let found = words(answer);
        let denies = found.iter().any(|word| NEGATIONS.contains(&word.folded.as_str()));
        let (numbers, words): (Vec<_>, Vec<_>) = found.into_iter().partition(Word::has_digit);
        let words = words.into_iter().map(|word| word.folded);
        Self {
            words: words.filter(|word| !LIGHT.contains(&word.as_str())).collect(),
            numbers: numbers.into_iter().map(|word| word.folded).collect(),
            denies,
        }
    }
}

/// Whether both answers are the same but for their spelling and their courtesies.
pub(super) fn says_the_same(one: &str, other: &str) -> bool {
    let (one, other) = (Said::of(one), Said::of(other));
    one.words == other.words
        && one.numbers == other.numbers
        && one.words.len() + one.numbers.len() >= SUBSTANTIAL
}

/// Whether one answer to a question says what the other does, perhaps with more words.
fn agrees(one: &str, other: &str) -> bool {
    let (one, other) = (Said::of(one), Said::of(other));
    let (short, long) =
        if one.words.len() <= other.words.len() { (one, other) } else { (other, one) };
    short.numbers == long.numbers
        && short.denies == long.denies
        && short.words.is_subset(&long.words)
}

/// Whether two answers to the same question can't both be right, as far as a machine can tell:
/// other numbers, or one says no.
pub(crate) fn contradicts(one: &str, other: &str) -> bool {
    let (one, other) = (Said::of(one), Said::of(other));
    let has_both = !one.numbers.is_empty() && !other.numbers.is_empty();
    let other_numbers = has_both
        && !one.numbers.is_subset(&other.numbers)
        && !other.numbers.is_subset(&one.numbers);
    other_numbers || one.denies != other.denies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_the_same_only_with_the_same_words() {
        for (one, other, is_same) in [
            ("¿Aceptan Yape?", "aseptan yape", true),
            ("¿Tienen tienda en Tacna?", "tienen tienda en tacna porfa", true),
            ("¿Tienen tienda en Tacna?", "¿Tienen tienda en Trujillo?", false),
            ("¿Aceptan Yape?", "¿No aceptan Yape?", false),
            ("¿Cuánto cuesta el envío?", "¿Cuánto cuesta el envío a Cusco?", false),
            ("Do you ship to Chile?", "do you ship to chile", true),
            ("Vocês aceitam Pix?", "voces aceitam pix", true),
        ] {
            assert_eq!(same_question(one, other), is_same, "{one} {other}");
        }
    }

    #[test]
    fn only_what_shares_nothing_is_something_else() {
        assert!(unrelated("¿Aceptan Yape?", "cortan melamina"));
        assert!(!unrelated("¿A qué hora abren?", "cuál es el horario"));
        assert!(!unrelated("¿Cuánto cuesta el envío?", "y el envío a Cusco?"));
    }

    #[test]
    fn answers_agree_say_the_same_or_contradict() {
        for (one, other, same, agree, contradict) in [
            (
                "El envío a Cusco cuesta 18 soles",
                "Sí, el envío a Cusco cuesta 18 soles.",
                true,
                true,
                false,
            ),
            ("18 soles", "El envío cuesta 18 soles", false, true, false),
            ("El envío cuesta 18 soles", "El envío cuesta 20 soles", false, false, true),
            ("Hacemos envíos", "No hacemos envíos", false, false, true),
            ("Aceptamos Yape y Plin", "Aceptamos Yape", false, true, false),
            ("Sí", "Sí", false, true, false),
        ] {
            assert_eq!(says_the_same(one, other), same, "{one} {other}");
            assert_eq!(agrees(one, other), agree, "{one} {other}");
            assert_eq!(contradicts(one, other), contradict, "{one} {other}");
        }
    }
}
