//! Words that mean the same to a customer: "flete", "despacho", "delivery".

use std::collections::HashMap;

use crate::text::{Language, stem, words};

const SHIPPED: &str = include_str!("thesaurus/shipped.txt");
/// No expression is longer, in words.
const LONGEST: usize = 5;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("line {0} of the thesaurus has fewer than two expressions")]
    Alone(usize),
    #[error("line {0} of the thesaurus has an expression of more than five words")]
    TooLong(usize),
}

/// Groups of expressions, in any of the languages at once, so that a question in one finds an
/// entry in another. An expression may stand in several groups.
#[derive(Clone, Debug, Default)]
pub struct Thesaurus {
    groups: u32,
    /// The stems of an expression, with a blank between them, in each language.
    expressions: [HashMap<String, Vec<u32>>; 3],
}

impl Thesaurus {
    /// The vocabulary that companies share: payment, delivery, returns, opening hours and so on,
    /// in Spanish, English and Portuguese.
    pub fn shipped() -> Self {
        Self::parse(SHIPPED).expect("the shipped thesaurus is well formed, as a test holds")
    }

    /// One group a line, "a, b, c d"; empty lines and lines after "#" are skipped.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut thesaurus = Self::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let group: Vec<Vec<String>> =
                line.split(',').map(words).filter(|words| !words.is_empty()).collect();
            if group.len() < 2 {
                return Err(Error::Alone(index + 1));
            }
            if group.iter().any(|words| words.len() > LONGEST) {
                return Err(Error::TooLong(index + 1));
            }
            thesaurus.add(&group);
        }
        Ok(thesaurus)
    }

    /// Adds the groups of another thesaurus.
    pub fn extend(&mut self, other: &Self) {
        for (own, others) in self.expressions.iter_mut().zip(&other.expressions) {
            for (expression, groups) in others {
                own.entry(expression.clone())
                    .or_default()
                    .extend(groups.iter().map(|group| group + self.groups));
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
        let expressions = &self.expressions[language as usize];
        let mut at = 0;
        while at < stems.len() {
            let longest = (1..=LONGEST.min(stems.len() - at)).rev().find_map(|length| {
                let groups = if length == 1 {
                    expressions.get(&stems[at])
                } else {
                    expressions.get(&stems[at..at + length].join(" "))
                };
                groups.map(|groups| (length, groups.as_slice()))
            });
            let Some((length, groups)) = longest else {
                at += 1;
                continue;
            };
            meanings[at..at + length].fill(groups);
            at += length;
        }
        meanings
    }

    fn add(&mut self, group: &[Vec<String>]) {
        for language in Language::ALL {
            for words in group {
                let stems: Vec<String> = words.iter().map(|word| stem(word, language)).collect();
                let groups =
                    self.expressions[language as usize].entry(stems.join(" ")).or_default();
                if groups.last() != Some(&self.groups) {
                    groups.push(self.groups);
                }
            }
        }
        self.groups += 1;
    }
}
