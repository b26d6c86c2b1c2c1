//! The signs that a document fits a question, one method each.

use std::collections::HashMap;

use super::{FEW, Found};
use crate::index::{FIELDS, Index, Known, Posting, SENTENCE, TermId, grams};
use crate::query::{Query, Role, Term, idf};
use crate::text::stem;

/// A word in a larger share of a big index tells nothing.
const TOO_COMMON: f32 = 0.25;
/// BM25's own: how soon repetition stops counting, and how much long documents are held back. The
/// second is above the 0.4 that is best for short answers alone: passages vary more in length.
pub(super) const K1: f32 = 0.9;
const B: f32 = 0.6;
/// How much a word counts in the question, the phrasings, the title, the text.
const FIELD_WEIGHTS: [f32; FIELDS] = [2.0, 1.0, 1.0, 1.0];
/// How much a word of any chat counts, and a corrected one.
const CHAT: f32 = 0.3;
const CORRECTED: f32 = 0.8;
/// Two words of the question that stand together in a passage count for this much of both.
const PAIR: f32 = 0.15;
/// The sentence before counts for this much.
const BEFORE: f32 = 0.3;

pub(super) fn weight(term: &Term) -> f32 {
    match term.role {
        Role::Function => 0.0,
        Role::Chat => CHAT,
        Role::Number | Role::Content => 1.0,
    }
}

impl Index {
    pub(super) fn score_words(&self, query: &Query) -> Vec<f32> {
        let mut scores = vec![0.0; self.slots() as usize];
        for term in &query.terms {
            let weight = weight(term);
            if weight == 0.0 {
                continue;
            }
            let weight = match term.known {
                Known::Exactly => weight,
                _ => weight * CORRECTED,
            };
            for reading in &term.readings {
                let docs = self.vocabulary.docs(*reading);
                if self.is_too_common(docs) {
                    continue;
                }
                let gain = weight * idf(docs, self.len());
                self.accumulate(&self.postings[*reading as usize], [gain; 2], &mut scores);
            }
        }
        scores
    }

    pub(super) fn score_meanings(&self, query: &Query) -> Vec<f32> {
        let mut scores = vec![0.0; self.slots() as usize];
        for (group, gain) in &query.meanings {
            let name = query.names.iter().find(|(name, _)| name == group);
            let gains = [name.map_or(0.0, |(_, gain)| *gain), *gain];
            let postings = &self.meanings[*group as usize];
            if !self.is_too_common(u32::try_from(postings.len()).unwrap_or(u32::MAX)) {
                self.accumulate(postings, gains, &mut scores);
            }
        }
        scores
    }

    fn is_too_common(&self, docs: u32) -> bool {
        self.len() > FEW && docs as f32 > TOO_COMMON * self.len() as f32
    }

    /// `gains` are for a passage and for what is asked.
    fn accumulate(&self, postings: &[Posting], gains: [f32; 2], scores: &mut [f32]) {
        let means: [f32; FIELDS] = std::array::from_fn(|field| self.mean_length(field));
        for posting in postings {
            let Some(doc) = self.doc(posting.doc) else { continue };
            let mut count = 0.0;
            for field in 0..FIELDS {
                if posting.counts[field] > 0 {
                    let length = f32::from(doc.lengths[field]) / means[field];
                    count += FIELD_WEIGHTS[field] * f32::from(posting.counts[field])
                        / (1.0 - B + B * length);
                }
            }
            let gain = gains[usize::from(doc.is_asked())];
            scores[posting.doc as usize] += gain * count * (K1 + 1.0) / (count + K1);
        }
    }

    pub(super) fn query_grams(&self, query: &Query) -> Vec<(u32, f32)> {
        let mut all: Vec<u32> =
            query.content().flat_map(|term| grams(&stem(&term.word, query.language))).collect();
        all.sort_unstable();
        all.dedup();
        all.into_iter()
            .map(|gram| (gram, idf(self.vocabulary.gram_docs(gram), self.len())))
            .collect()
    }

    pub(super) fn score_grams(&self, query: &Query, found: &mut [Found]) {
        let query_grams = self.query_grams(query);
        let places: HashMap<u32, usize> =
            query_grams.iter().enumerate().map(|(at, (gram, _))| (*gram, at)).collect();
        // Which of the question's pieces are in a term: looked up once for each term.
        let mut shared: HashMap<TermId, Vec<usize>> = HashMap::new();
        let mean: f32 =
            (0..FIELDS).map(|field| FIELD_WEIGHTS[field] * self.mean_length(field)).sum();
        let mut counts = vec![0.0_f32; query_grams.len()];
        for found in found {
            let Some(doc) = self.doc(found.slot) else { continue };
            counts.fill(0.0);
            let mut field = 0;
            for (at, term) in doc.terms.iter().enumerate() {
                while at >= doc.ends[field] as usize {
                    field += 1;
                }
                if *term == SENTENCE || self.vocabulary.docs(*term) == 0 {
                    continue;
                }
                let in_term = shared.entry(*term).or_insert_with(|| {
                    let grams = self.vocabulary.grams_of(*term);
                    grams.iter().filter_map(|gram| places.get(gram).copied()).collect()
                });
                for gram in in_term.iter() {
                    counts[*gram] += FIELD_WEIGHTS[field];
                }
            }
            let length: f32 =
                (0..FIELDS).map(|field| FIELD_WEIGHTS[field] * f32::from(doc.lengths[field])).sum();
            let norm = K1 * (1.0 - B + B * length / mean);
            found.grams = counts
                .iter()
                .zip(&query_grams)
                .map(|(count, (_, idf))| idf * count * (K1 + 1.0) / (count + norm))
                .sum();
        }
    }

    /// Words that are asked for together stand together.
    pub(super) fn score_nearness(&self, query: &Query, found: &mut [Found]) {
        let mut places: HashMap<TermId, (usize, f32)> = HashMap::new();
        let mut all = 0.0;
        let mut count = 0;
        for term in &query.terms {
            let weight = weight(term) * term.idf;
            if weight == 0.0 {
                continue;
            }
            all += weight;
            for reading in &term.readings {
                places.entry(*reading).or_insert((count, weight));
            }
            count += 1;
        }
        if all == 0.0 {
            return;
        }
        let mut seen = vec![0.0_f32; count];
        for found in found {
            let Some(doc) = self.doc(found.slot) else { continue };
            let mut before = 0.0;
            let mut pairs = 0.0;
            let mut last: Option<(usize, f32)> = None;
            seen.fill(0.0);
            found.near = 0.0;
            for term in &doc.terms {
                if *term == SENTENCE {
                    let here: f32 = seen.iter().sum();
                    found.near = found.near.max((here + PAIR * pairs + BEFORE * before) / all);
                    before = here;
                    pairs = 0.0;
                    last = None;
                    seen.fill(0.0);
                } else if let Some((place, weight)) = places.get(term) {
                    seen[*place] = *weight;
                    if let Some((other, other_weight)) = last
                        && other + 1 == *place
                    {
                        pairs += weight + other_weight;
                    }
                    last = Some((*place, *weight));
                } else if self.vocabulary.docs(*term) > 0 {
                    last = None;
                }
            }
        }
    }
}
