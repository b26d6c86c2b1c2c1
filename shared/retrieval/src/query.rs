//! A question, as the index understands it.

use crate::index::{Index, Known, TermId};
use crate::kind::Kinds;
use crate::text::{Language, guess, is_chat, is_function_word, undiminished, words};
use crate::thesaurus::Sense;

/// What comes after so many words is not read: nobody asks that long, and it would be slow.
const LONGEST: usize = 200;

/// What a word of a question does in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Grammar: "de", "para", "cuándo".
    Function,
    /// A word of any chat: "quiero", "puedo".
    Chat,
    Number,
    Content,
}

pub(crate) struct Term {
    pub(crate) word: String,
    pub(crate) role: Role,
    pub(crate) known: Known,
    /// What it can stand for in the index.
    pub(crate) readings: Vec<TermId>,
    /// The groups that it points to, and how much.
    pub(crate) senses: Vec<Sense>,
    pub(crate) idf: f32,
}

pub(crate) struct Query {
    pub(crate) terms: Vec<Term>,
    /// Groups of the thesaurus that the question touches, each once, with how much they tell.
    pub(crate) meanings: Vec<(u32, f32)>,
    /// The same without what only cues point to: texts that answer no question of a customer's
    /// have other words for the same things.
    pub(crate) names: Vec<(u32, f32)>,
    pub(crate) language: Language,
    pub(crate) kinds: Kinds,
}

impl Query {
    pub(crate) fn read(index: &Index, question: &str) -> Self {
        let mut words = words(question);
        words.truncate(LONGEST);
        let language = guess(words.iter().map(String::as_str)).unwrap_or_else(|| index.language());
        for word in &mut words {
            let plain = undiminished(word).filter(|plain| index.knows(plain, language));
            if let Some(plain) = plain.filter(|_| !index.knows(word, language)) {
                *word = plain;
            }
        }
        let kinds = Kinds::asked(&words);
        let reading = index.read(words, language);
        let mut terms = Vec::with_capacity(reading.words.len());
        let mut repaired = reading.stems.clone();
        for (at, (mut word, stem)) in reading.words.into_iter().zip(&reading.stems).enumerate() {
            let mut role = role(&word, language);
            let own = index.vocabulary.id(stem);
            let is_meant = reading.meanings[at]
                .iter()
                .any(|group| !index.meanings[*group as usize].is_empty());
            let (known, readings) = match role {
                Role::Function => (Known::Exactly, own.into_iter().collect()),
                // A number that is not known is another number, and a word whose meaning some
                // entry has is no slip.
                _ if own.is_none() && (role == Role::Number || is_meant || is_chat(&word)) => {
                    (Known::No, Vec::new())
                }
                _ => {
                    let meant = index.vocabulary.find(&word, stem);
                    if let Some(corrected) = meant.corrected {
                        corrected.clone_into(&mut word);
                        role = self::role(&word, language);
                        repaired[at] = crate::text::stem(&word, language);
                    }
                    (meant.known, meant.terms)
                }
            };
            let docs = readings.iter().map(|term| index.vocabulary.docs(*term)).max().unwrap_or(0);
            let idf = idf(docs, index.len());
            terms.push(Term { word, role, known, readings, senses: Vec::new(), idf });
        }
        let senses = index.senses_of(&repaired, language);
        let meanings = weigh(index, &senses);
        let is_name = |sense: &&Sense| sense.strength >= 1.0;
        let names: Vec<Vec<Sense>> =
            senses.iter().map(|senses| senses.iter().filter(is_name).copied().collect()).collect();
        let names = weigh(index, &names);
        for (term, senses) in terms.iter_mut().zip(senses) {
            term.senses = senses;
        }
        Self { terms, meanings, names, language, kinds }
    }

    /// The words that say what is asked.
    pub(crate) fn content(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter().filter(|term| matches!(term.role, Role::Content | Role::Number))
    }
}

/// The groups that a question points to, each once, with how much they tell. A word with several
/// meanings among the entries tells less of each.
fn weigh(index: &Index, senses: &[Vec<Sense>]) -> Vec<(u32, f32)> {
    let docs = |group: u32| u32::try_from(index.meanings[group as usize].len()).unwrap_or(u32::MAX);
    let mut meanings: Vec<(u32, f32)> = Vec::new();
    for senses in senses {
        let present = senses.iter().filter(|sense| docs(sense.group) > 0).count();
        let shared = f32::from(u8::try_from(present.max(1)).unwrap_or(u8::MAX)).sqrt();
        for sense in senses {
            let weight = sense.strength * idf(docs(sense.group), index.len()) / shared;
            match meanings.iter_mut().find(|(group, _)| *group == sense.group) {
                Some((_, known)) => *known = known.max(weight),
                None => meanings.push((sense.group, weight)),
            }
        }
    }
    meanings
}

pub(crate) fn role(word: &str, language: Language) -> Role {
    if word.bytes().any(|byte| byte.is_ascii_digit()) {
        Role::Number
    } else if is_function_word(word, language) {
        Role::Function
    } else if is_chat(word) {
        Role::Chat
    } else {
        Role::Content
    }
}

pub(crate) fn idf(docs: u32, all: usize) -> f32 {
    let (docs, all) = (docs as f32, all as f32);
    (1.0 + (all - docs + 0.5).max(0.0) / (docs + 0.5)).ln()
}
