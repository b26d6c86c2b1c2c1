//! The words that the index knows, and the ones that an unknown word may have meant.

use std::collections::HashMap;

use crate::text::{is_function_word_anywhere, sound};

pub(crate) type TermId = u32;

/// How many counters there are for character n-grams; they share them by their hash.
pub(crate) const BUCKETS: usize = 1 << 18;
/// A shorter word is nobody's correction: almost anything is one letter away from it.
const SHORTEST: usize = 4;
/// How many readings of an unknown word are tried.
const READINGS: usize = 3;

/// How a word was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Known {
    No,
    /// One edit away. What is a slip of the finger for a search may be another word for a
    /// promise: see `reuse`.
    Corrected,
    /// It sounds the same.
    Sounds,
    Exactly,
}

struct Term {
    text: Box<str>,
    /// In how many documents it counts.
    docs: u32,
    grams: Box<[u32]>,
}

struct Surface {
    word: Box<str>,
    term: TermId,
}

/// What a word of a question may stand for.
pub(crate) struct Meant<'a> {
    pub(crate) known: Known,
    /// The likeliest first.
    pub(crate) terms: Vec<TermId>,
    /// The likeliest word, where it is another one than was typed.
    pub(crate) corrected: Option<&'a str>,
}

pub(crate) struct Vocabulary {
    terms: Vec<Term>,
    ids: HashMap<Box<str>, TermId>,
    surfaces: Vec<Surface>,
    known: HashMap<Box<str>, u32>,
    /// Surfaces by what is left of their spelling and of their sound without one letter, hashed.
    deletions: HashMap<u32, Vec<u32>>,
    sounds: HashMap<Box<str>, Vec<u32>>,
    gram_docs: Vec<u32>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        Self {
            terms: Vec::new(),
            ids: HashMap::new(),
            surfaces: Vec::new(),
            known: HashMap::new(),
            deletions: HashMap::new(),
            sounds: HashMap::new(),
            gram_docs: vec![0; BUCKETS],
        }
    }
}

impl Vocabulary {
    pub(crate) fn len(&self) -> usize {
        self.terms.len()
    }

    /// The term of a word, which is new or known.
    pub(crate) fn learn(&mut self, word: &str, stem: &str) -> TermId {
        let term = match self.ids.get(stem) {
            Some(term) => *term,
            None => {
                let term = number(self.terms.len());
                self.ids.insert(stem.into(), term);
                let grams = grams(stem).into();
                self.terms.push(Term { text: stem.into(), docs: 0, grams });
                term
            }
        };
        if !self.known.contains_key(word) {
            let surface = number(self.surfaces.len());
            self.known.insert(word.into(), surface);
            if word.chars().all(char::is_alphabetic) {
                let heard = sound(word);
                if is_corrected(word, SHORTEST) {
                    for deletion in deletions(word).chain(deletions(&heard)) {
                        self.deletions.entry(deletion).or_default().push(surface);
                    }
                }
                self.sounds.entry(heard.into()).or_default().push(surface);
            }
            self.surfaces.push(Surface { word: word.into(), term });
        }
        term
    }

    pub(crate) fn count(&mut self, term: TermId) {
        let term = &mut self.terms[term as usize];
        term.docs += 1;
        for gram in &term.grams {
            self.gram_docs[*gram as usize] += 1;
        }
    }

    pub(crate) fn forget(&mut self, term: TermId) {
        let term = &mut self.terms[term as usize];
        term.docs -= 1;
        for gram in &term.grams {
            self.gram_docs[*gram as usize] -= 1;
        }
    }

    pub(crate) fn docs(&self, term: TermId) -> u32 {
        self.terms[term as usize].docs
    }

    pub(crate) fn text(&self, term: TermId) -> &str {
        &self.terms[term as usize].text
    }

    pub(crate) fn grams_of(&self, term: TermId) -> &[u32] {
        &self.terms[term as usize].grams
    }

    pub(crate) fn gram_docs(&self, gram: u32) -> u32 {
        self.gram_docs[gram as usize]
    }

    pub(crate) fn id(&self, stem: &str) -> Option<TermId> {
        self.ids.get(stem).copied()
    }

    /// What a word stands for: itself, or known words that sound or look like it.
    pub(crate) fn find(&self, word: &str, stem: &str) -> Meant<'_> {
        let exactly =
            self.id(stem).or_else(|| Some(self.surfaces[*self.known.get(word)? as usize].term));
        if let Some(term) = exactly {
            return Meant { known: Known::Exactly, terms: vec![term], corrected: None };
        }
        let heard = sound(word);
        let same = self.sounds.get(heard.as_str()).cloned().unwrap_or_default();
        let meant = self.likeliest(Known::Sounds, same);
        if !meant.terms.is_empty() || !is_corrected(word, SHORTEST - 1) {
            return meant;
        }
        let mut near = self.neighbours(word, |shorter| self.known.get(shorter).into_iter());
        near.extend(
            self.neighbours(&heard, |shorter| self.sounds.get(shorter).into_iter().flatten()),
        );
        near.sort_unstable();
        near.dedup();
        near.retain(|near| {
            let near = &self.surfaces[*near as usize].word;
            is_corrected(near, SHORTEST)
                && (is_one_edit(word, near) || is_one_edit(&heard, &sound(near)))
        });
        self.likeliest(Known::Corrected, near)
    }

    /// Surfaces that may be one edit away from a spelling or a sound; `get` finds exact ones.
    fn neighbours<'a, I: Iterator<Item = &'a u32>>(
        &'a self,
        word: &str,
        get: impl Fn(&str) -> I,
    ) -> Vec<u32> {
        let letters: Vec<char> = word.chars().collect();
        let shorter = (0..letters.len()).map(|at| without(&letters, at).collect::<String>());
        deletions(word)
            .chain([hash(word.chars())])
            .filter_map(|deletion| self.deletions.get(&deletion))
            .flatten()
            .chain(shorter.flat_map(|shorter| get(&shorter)))
            .copied()
            .collect()
    }

    /// Words of grammar come first, since they are most of what people type, then the others by
    /// how many documents have them.
    fn likeliest(&self, known: Known, mut surfaces: Vec<u32>) -> Meant<'_> {
        let surface = |surface: u32| &self.surfaces[surface as usize];
        let docs = |one: u32| match self.docs(surface(one).term) {
            0 if is_function_word_anywhere(&surface(one).word) => u32::MAX,
            docs => docs,
        };
        surfaces.retain(|surface| docs(*surface) > 0);
        surfaces.sort_by_key(|surface| (std::cmp::Reverse(docs(*surface)), *surface));
        let corrected = surfaces.first().map(|first| &*surface(*first).word);
        let mut terms: Vec<TermId> = Vec::with_capacity(READINGS);
        for term in surfaces.iter().map(|one| surface(*one).term) {
            if terms.len() < READINGS && !terms.contains(&term) {
                terms.push(term);
            }
        }
        let known = if terms.is_empty() { Known::No } else { known };
        Meant { known, terms, corrected }
    }
}

/// The character 3- to 5-grams of a word, from where it begins, as places in a table.
pub(crate) fn grams(word: &str) -> Vec<u32> {
    let letters: Vec<char> = std::iter::once('^').chain(word.chars()).collect();
    let mut grams: Vec<u32> = (3..=5)
        .flat_map(|length| letters.windows(length))
        .map(|gram| hash(gram.iter().copied()) % number(BUCKETS))
        .collect();
    if letters.len() < 3 {
        grams.push(hash(letters.into_iter()) % number(BUCKETS));
    }
    grams.sort_unstable();
    grams.dedup();
    grams
}

fn is_corrected(word: &str, shortest: usize) -> bool {
    word.chars().count() >= shortest && word.chars().all(char::is_alphabetic)
}

fn deletions(word: &str) -> impl Iterator<Item = u32> {
    let letters: Vec<char> = word.chars().collect();
    let mut hashes: Vec<u32> =
        (0..letters.len()).map(|left_out| hash(without(&letters, left_out))).collect();
    hashes.dedup();
    hashes.into_iter()
}

fn without(letters: &[char], left_out: usize) -> impl Iterator<Item = char> {
    let kept = letters.iter().enumerate().filter(move |(at, _)| *at != left_out);
    kept.map(|(_, letter)| *letter)
}

/// One letter more, less or other, or two neighbours in the other order.
fn is_one_edit(one: &str, other: &str) -> bool {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    let (short, long) = if one.len() <= other.len() { (&one, &other) } else { (&other, &one) };
    let start = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    let (short, long) = (&short[start..], &long[start..]);
    match (short, long) {
        _ if long.len() == short.len() + 1 => *short == long[1..],
        ([_, short @ ..], [_, long @ ..]) if short == long => true,
        ([a, b, short @ ..], [c, d, long @ ..]) => a == d && b == c && short == long,
        _ => false,
    }
}

/// FNV-1a.
fn hash(letters: impl Iterator<Item = char>) -> u32 {
    let mut hash: u32 = 0x811c_9dc5;
    for letter in letters {
        hash = (hash ^ letter as u32).wrapping_mul(0x0100_0193);
    }
    hash ^ (hash >> 15)
}

fn number(length: usize) -> u32 {
    u32::try_from(length).expect("fewer than four billion words fit in memory")
}
