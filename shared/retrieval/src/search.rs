//! Scores: BM25 over words, over what the thesaurus says they mean, and over pieces of words; the
//! opinion of the classifier; the distance of vectors. Each is normalised and they are added.

mod fit;
mod signs;

use std::collections::HashMap;

use crate::dense;
use crate::entry::Hit;
use crate::index::{Doc, Index};
use crate::query::Query;
use crate::reuse::{Reuse, reuse};
pub(crate) use fit::{SIGNS, Signs};
use signs::{K1, weight};

/// How many documents are looked at closely.
const CANDIDATES: usize = 200;
/// Among so many it is looked for one that asks the same.
const SAME_AMONG: usize = 10;
/// Below this many entries all of them are.
const FEW: usize = 2_000;

/// A sign of which even the best document has less than this share of the question counts less.
const FLOOR: f32 = 0.75;
/// For passages, what the thesaurus says is held against this share of the words: most questions
/// about a text are not of its kind.
const PASSAGE_FLOOR: f32 = 0.5;

/// How much a sign counts beside the words, which count 1. They were chosen on the two businesses
/// and the Spanish passages that `examples/quality.rs` measures.
struct Weights {
    meanings: f32,
    grams: f32,
    near: f32,
}

/// How much a unit of [`FIT`] counts beside the classifier and the vectors.
const ASKED: f32 = 2.5 / FULL;

impl Weights {
    fn all(&self) -> f32 {
        1.0 + self.meanings + self.grams + self.near
    }
}

const PASSAGE: Weights = Weights { meanings: 0.5, grams: 0.5, near: 0.25 };

/// How much each part and sign of [`fit`] counts for what is asked; trained by `examples/rank.rs`.
const FIT: [f32; PARTS + SIGNS] = [
    -0.043, 3.004, 0.810, -1.103, 1.164, 3.373, 2.716, 2.133, 0.879, -0.707, 3.197, 0.224, -0.450,
    0.450, -0.424, -0.141,
];
/// What an entry that has everything reaches by them, about.
const FULL: f32 = 14.0;
/// The parts that are added for what is asked.
const PARTS: usize = 3;

/// How likely the first of these is right as against the others, if one of them is.
pub(crate) fn settled(found: &[Found]) -> f32 {
    let Some(best) = found.first() else { return 0.0 };
    let sum: f32 = found.iter().map(|other| (FULL * (other.score - best.score)).exp()).sum();
    1.0 / sum
}

fn product((weight, sign): (&f32, &f32)) -> f32 {
    weight * sign
}

/// A document with its scores before and after they are added.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    pub(crate) slot: u32,
    pub(crate) words: f32,
    pub(crate) meanings: f32,
    pub(crate) grams: f32,
    /// The share of the question that stands in one sentence, or two neighbours.
    pub(crate) near: f32,
    pub(crate) class: f32,
    pub(crate) vector: f32,
    pub(crate) signs: Signs,
    /// The parts of the score, in units that all documents share.
    pub(crate) parts: [f32; PARTS],
    pub(crate) score: f32,
}

/// What is known of a question besides its words: how near entries are to what it means, which
/// counts `weight` times as much as the words do; [`crate::probe_weight`] measures it.
#[derive(Clone, Copy, Debug)]
pub struct Nearness<'a> {
    pub of: Near<'a>,
    pub weight: f32,
}

#[derive(Clone, Copy, Debug)]
pub enum Near<'a> {
    /// The question's vector, to be compared with those of the entries.
    Vector(&'a [f32]),
    /// As somebody else has measured it, by the ids of the nearest.
    Measured(&'a HashMap<String, f32>),
}

impl Index {
    /// The entries that fit a question best, the best first. Scores are between 0 and 1 and
    /// compare the hits of one query only.
    pub fn search(&self, query: &str, limit: usize) -> Vec<Hit> {
        self.hits(&self.find(&Query::read(self, query), None), limit)
    }

    /// The same with the query's vector, whose cosine counts `weight` times as much as the words
    /// do; [`crate::probe_weight`] measures it.
    pub fn search_with(&self, query: &str, vector: &[f32], weight: f32, limit: usize) -> Vec<Hit> {
        self.search_near(query, Some(Nearness { of: Near::Vector(vector), weight }), limit)
    }

    /// The same with what is known of the nearness, if anything.
    pub fn search_near(
        &self,
        query: &str,
        nearness: Option<Nearness<'_>>,
        limit: usize,
    ) -> Vec<Hit> {
        self.hits(&self.find(&Query::read(self, query), nearness), limit)
    }

    /// What the score of each entry is made of. For training the weights.
    pub fn signs(&self, query: &str) -> Vec<(String, Vec<f32>)> {
        let found = self.find(&Query::read(self, query), None);
        let signs = |found: &Found| {
            let all = found.parts.iter().chain(&found.signs).copied().collect();
            Some((self.doc(found.slot)?.id.clone(), all))
        };
        found.iter().filter_map(signs).collect()
    }

    pub(crate) fn hits(&self, found: &[Found], limit: usize) -> Vec<Hit> {
        let hit =
            |found: &Found| Some(Hit { id: self.doc(found.slot)?.id.clone(), score: found.score });
        found.iter().filter(|found| found.score > 0.0).take(limit).filter_map(hit).collect()
    }

    /// The documents that were looked at closely, the best first.
    pub(crate) fn find(&self, query: &Query, nearness: Option<Nearness<'_>>) -> Vec<Found> {
        let ideal = self.ideal(query);
        let mut found = self.candidates(query, &ideal, nearness);
        self.score_grams(query, &mut found);
        self.score_nearness(query, &mut found);
        self.score_fit(query, &mut found);
        if let Some(classifier) = &self.classifier {
            let classes = classifier.classify(query);
            for found in &mut found {
                let id = self.doc(found.slot).map(|doc| doc.id.as_str()).unwrap_or_default();
                found.class = classes.get(id).copied().unwrap_or(0.0);
            }
        }
        self.add_up(&mut found, &ideal, nearness);
        // Equal scores stand in the order of the ids, so that the same question has one answer.
        found.sort_by(|one, other| {
            let ids = || {
                let id = |found: &Found| self.doc(found.slot).map(|doc| doc.id.as_str());
                id(one).cmp(&id(other))
            };
            other.score.total_cmp(&one.score).then_with(ids)
        });
        self.put_same_first(query, &mut found);
        found
    }

    /// All documents, or the ones that are best by their words, their meanings and their vectors
    /// where there are many.
    fn candidates(
        &self,
        query: &Query,
        ideal: &[f32; 3],
        nearness: Option<Nearness<'_>>,
    ) -> Vec<Found> {
        let words = self.score_words(query);
        let meanings = self.score_meanings(query);
        let vectors =
            nearness.map(|nearness| self.nearness_of_meaning(nearness)).unwrap_or_default();
        let of = |slot: u32| vectors.get(slot as usize).copied().unwrap_or(0.0);
        let mut slots: Vec<u32> = self.docs().map(|(slot, _)| slot).collect();
        if slots.len() > FEW {
            let best = |scores: &[f32], floor: f32| {
                scores.iter().copied().fold(floor, f32::max).max(f32::EPSILON)
            };
            let most_words = best(&words, FLOOR * ideal[0]);
            let most = best(&meanings, FLOOR * ideal[1]);
            let most_of_passages = most.max(PASSAGE_FLOOR * ideal[0]);
            let most_vectors = best(&vectors, 0.0);
            let dense = nearness.map_or(0.0, |nearness| nearness.weight);
            let rough = |slot: u32| {
                let at = slot as usize;
                let is_asked = self.doc(slot).is_some_and(Doc::is_asked);
                let meanings = if is_asked {
                    meanings[at] / most
                } else {
                    PASSAGE.meanings * meanings[at] / most_of_passages
                };
                words[at] / most_words + meanings + dense * of(slot) / most_vectors
            };
            let mut scored: Vec<(f32, u32)> =
                slots.iter().map(|slot| (rough(*slot), *slot)).collect();
            let by_score = |one: &(f32, u32), other: &(f32, u32)| other.0.total_cmp(&one.0);
            scored.select_nth_unstable_by(CANDIDATES, by_score);
            scored.truncate(CANDIDATES);
            slots = scored.into_iter().map(|(_, slot)| slot).collect();
        }
        let found = |slot: u32| Found {
            slot,
            words: words[slot as usize],
            meanings: meanings[slot as usize],
            vector: of(slot),
            ..Found::default()
        };
        slots.into_iter().map(found).collect()
    }

    /// An entry that asks the same in another spelling comes first, whatever speaks for others.
    fn put_same_first(&self, query: &Query, found: &mut [Found]) {
        let is_same = |found: &Found| {
            self.doc(found.slot)
                .filter(|doc| doc.is_asked())
                .is_some_and(|doc| reuse(self, query, doc) == Reuse::Same)
        };
        let near = found.len().min(SAME_AMONG);
        if let Some(at) = found[..near].iter().position(is_same).filter(|at| *at > 0) {
            found[at].score = found[0].score;
            found[..=at].rotate_right(1);
        }
    }

    /// By slot.
    fn nearness_of_meaning(&self, nearness: Nearness<'_>) -> Vec<f32> {
        let mut near = vec![0.0_f32; self.slots() as usize];
        match nearness.of {
            Near::Vector(vector) => {
                let mut vector = vector.to_vec();
                dense::normalize(&mut vector);
                for (slot, doc) in self.docs() {
                    let own = doc.vector.as_deref();
                    near[slot as usize] = own.map_or(0.0, |own| dense::dot(own, &vector).max(0.0));
                }
            }
            Near::Measured(scores) => {
                for (slot, doc) in self.docs() {
                    near[slot as usize] = scores.get(&doc.id).copied().unwrap_or_default().max(0.0);
                }
            }
        }
        near
    }

    /// What a document that has every word and every meaning of the question would score.
    pub(crate) fn ideal(&self, query: &Query) -> [f32; 3] {
        let most = K1 + 1.0;
        let words: f32 = query.terms.iter().map(|term| weight(term) * term.idf).sum();
        let meanings: f32 = query.meanings.iter().map(|(_, idf)| idf).sum();
        let grams: f32 = self.query_grams(query).iter().map(|(_, idf)| idf).sum();
        [words * most, meanings * most, grams * most]
    }

    fn add_up(&self, found: &mut [Found], ideal: &[f32; 3], nearness: Option<Nearness<'_>>) {
        let best = |sign: fn(&Found) -> f32, floor: f32| {
            found.iter().map(sign).fold(floor, f32::max).max(f32::EPSILON)
        };
        let words = best(|found| found.words, FLOOR * ideal[0]);
        let meanings = best(|found| found.meanings, FLOOR * ideal[1]);
        let passage_meanings = meanings.max(PASSAGE_FLOOR * ideal[0]);
        let grams = best(|found| found.grams, FLOOR * ideal[2]);
        let near = best(|found| found.near, 0.0);
        let vectors = best(|found| found.vector, 0.0);
        let class = self.classifier.as_ref().map_or(0.0, |classifier| classifier.weight);
        let dense = nearness.map_or(0.0, |nearness| nearness.weight);
        for found in found {
            let is_asked = self.doc(found.slot).is_some_and(Doc::is_asked);
            found.parts = [found.words / words, found.meanings / meanings, found.grams / grams];
            let own = if is_asked {
                ASKED
                    * FIT
                        .iter()
                        .zip(found.parts.iter().chain(&found.signs))
                        .map(product)
                        .sum::<f32>()
            } else {
                found.words / words
                    + PASSAGE.meanings * found.meanings / passage_meanings
                    + PASSAGE.grams * found.grams / grams
                    + PASSAGE.near * found.near / near
            };
            let most = if is_asked { ASKED * FULL } else { PASSAGE.all() };
            let sum = own.max(0.0) + class * found.class + dense * found.vector / vectors;
            found.score = sum / (most + class + dense);
        }
    }
}
