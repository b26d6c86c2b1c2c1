//! Words that mean the same to a customer: "flete", "despacho", "delivery".

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use crate::text::{Language, stem, words};

/// By how general they are; the order says nothing.
const SHIPPED: [&str; 4] = [
    include_str!("thesaurus/shipped.txt"),
    include_str!("thesaurus/everyday.txt"),
    include_str!("thesaurus/trades.txt"),
    include_str!("thesaurus/things.txt"),
];
/// No expression is longer, in words.
const LONGEST: usize = 5;
/// How much a cue tells beside a word that means the same, by its length in words: "sale" may be
/// anything, "cuanto me sale" hardly.
const CUES: [f32; LONGEST] = [0.5, 0.8, 0.95, 0.95, 0.95];

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("line {0} of the thesaurus has fewer than two expressions")]
    Alone(usize),
    #[error("line {0} of the thesaurus has an expression of more than five words")]
    TooLong(usize),
}

/// Groups of expressions, in any of the languages at once, so that a question in one finds an
/// entry in another. An expression may stand in several groups. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Thesaurus {
    groups: u32,
    languages: Arc<[Expressions; 3]>,
}

/// Groups by the stems of an expression, with a blank between them.
#[derive(Clone, Debug, Default)]
struct Expressions {
    /// What means the same, in a question and in an entry.
    names: HashMap<String, Vec<u32>>,
    /// What only customers say.
    cues: HashMap<String, Vec<u32>>,
}

/// A group that a word of a question points to, and how much, between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sense {
    pub(crate) group: u32,
    pub(crate) strength: f32,
}

impl Thesaurus {
    /// The vocabulary that companies and their customers share, in Spanish, English and
    /// Portuguese.
    pub fn shipped() -> Self {
        static SHIPPED_ONCE: LazyLock<Thesaurus> = LazyLock::new(|| {
            let mut all = Thesaurus::default();
            for text in SHIPPED {
                let one = Thesaurus::parse(text);
                all.extend(&one.expect("the shipped thesaurus is well formed, as a test holds"));
            }
            all
        });
        SHIPPED_ONCE.clone()
    }

    /// One group a line, "a, b, c d < e, f": what stands after "<" points to the group when a
    /// customer says it, and is no sign that an entry is about it. Empty lines and lines after "#"
    /// are skipped.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut thesaurus = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (names, cues) = line.split_once('<').unwrap_or((line, ""));
            let (names, cues) = (expressions(names), expressions(cues));
            if names.is_empty() || names.len() + cues.len() < 2 {
                return Err(Error::Alone(index + 1));
            }
            if names.iter().chain(&cues).any(|words| words.len() > LONGEST) {
                return Err(Error::TooLong(index + 1));
            }
            thesaurus.add(&names, &cues);
        }
        Ok(thesaurus)
    }

    /// Adds the groups of another thesaurus.
    pub fn extend(&mut self, other: &Self) {
        let start = self.groups;
        let languages = Arc::make_mut(&mut self.languages);
        for (own, others) in languages.iter_mut().zip(other.languages.iter()) {
            for (own, others) in [(&mut own.names, &others.names), (&mut own.cues, &others.cues)] {
                for (expression, groups) in others {
                    let groups = groups.iter().map(|group| group + start);
                    own.entry(expression.clone()).or_default().extend(groups);
                }
            }
        }
        self.groups += other.groups;
    }

    pub(crate) fn groups(&self) -> u32 {
        self.groups
    }

    /// For each word the groups it belongs to, by the longest expression it is a part of: in
    /// "tarjeta de regalo" no word means a means of payment.
    pub(crate) fn read(&self, stems: &[String], language: Language) -> Vec<&[u32]> {
        let mut meanings: Vec<&[u32]> = vec![&[]; stems.len()];
        let names = &self.languages[language as usize].names;
        let mut at = 0;
        while at < stems.len() {
            let longest = (1..=LONGEST.min(stems.len() - at))
                .rev()
                .find_map(|length| Some((length, find(names, &stems[at..at + length])?)));
            let Some((length, groups)) = longest else {
                at += 1;
                continue;
            };
            meanings[at..at + length].fill(groups);
            at += length;
        }
        meanings
    }

    /// The same for a question: also what its cues point to, the strongest for each group.
    pub(crate) fn ask(&self, stems: &[String], language: Language) -> Vec<Vec<Sense>> {
        let names = self.read(stems, language);
        let mut senses: Vec<Vec<Sense>> = names
            .into_iter()
            .map(|groups| groups.iter().map(|group| Sense { group: *group, strength: 1.0 }))
            .map(Iterator::collect)
            .collect();
        let cues = &self.languages[language as usize].cues;
        for at in 0..stems.len() {
            for length in 1..=LONGEST.min(stems.len() - at) {
                let groups = find(cues, &stems[at..at + length]).unwrap_or_default();
                for group in groups {
                    let sense = Sense { group: *group, strength: CUES[length - 1] };
                    senses[at..at + length].iter_mut().for_each(|senses| add(senses, sense));
                }
            }
        }
        senses
    }

    fn add(&mut self, names: &[Vec<String>], cues: &[Vec<String>]) {
        let group = self.groups;
        for (language, own) in
            Language::ALL.into_iter().zip(Arc::make_mut(&mut self.languages).iter_mut())
        {
            for (expressions, map) in [(names, &mut own.names), (cues, &mut own.cues)] {
                for words in expressions {
                    let stems: Vec<String> =
                        words.iter().map(|word| stem(word, language)).collect();
                    let groups = map.entry(stems.join(" ")).or_default();
                    if groups.last() != Some(&group) {
                        groups.push(group);
                    }
                }
            }
        }
        self.groups += 1;
    }
}

fn expressions(text: &str) -> Vec<Vec<String>> {
    text.split(',').map(words).filter(|words| !words.is_empty()).collect()
}

fn find<'a>(map: &'a HashMap<String, Vec<u32>>, stems: &[String]) -> Option<&'a [u32]> {
    let groups = match stems {
        [stem] => map.get(stem),
        stems => map.get(&stems.join(" ")),
    };
    groups.map(Vec::as_slice)
}

fn add(senses: &mut Vec<Sense>, sense: Sense) {
    match senses.iter_mut().find(|known| known.group == sense.group) {
        Some(known) => known.strength = known.strength.max(sense.strength),
        None => senses.push(sense),
    }
}
