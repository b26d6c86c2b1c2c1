//! Which entry a question asks for, learned from the questions that were asked for each: softmax
//! regression over words, pairs of words, meanings and pieces of words.

use std::collections::HashMap;

use crate::index::{Field, Index, SENTENCE, TermId, grams};
use crate::query::{Query, Term};

/// An entry with fewer examples is left to the words.
const EXAMPLES: usize = 3;
/// With as many examples for each entry it counts as much as the words.
const TRUSTED: usize = 8;
/// However many there are, it counts no more than this.
const MOST: f32 = 2.0;
const EPOCHS: usize = 12;
const RATE: f32 = 0.6;

/// A feature: a kind and one or two numbers.
type Feature = (u8, u32, u32);

pub(crate) struct Classifier {
    /// How much it counts beside the words: little with three examples an entry, more with many.
    pub(crate) weight: f32,
    ids: Vec<String>,
    features: HashMap<Feature, u32>,
    /// One number for each entry and feature, features in rows.
    weights: Vec<f32>,
}

struct Example {
    class: usize,
    features: Vec<u32>,
}

impl Classifier {
    /// `None` when fewer than two entries have enough examples.
    pub(crate) fn train(index: &Index) -> Option<Self> {
        let mut docs: Vec<_> = index.docs().map(|(_, doc)| doc).collect();
        docs.sort_by(|one, other| one.id.cmp(&other.id));
        let mut ids = Vec::new();
        let mut features = HashMap::new();
        let mut examples = Vec::new();
        for doc in docs {
            let asked: Vec<&[TermId]> =
                doc.sentences(Field::Question).chain(doc.sentences(Field::Phrasings)).collect();
            if asked.len() < EXAMPLES {
                continue;
            }
            for sentence in asked {
                let stems: Vec<String> =
                    sentence.iter().map(|t| index.vocabulary.text(*t).to_owned()).collect();
                let meanings = index.meanings_of(&stems, doc.language);
                let found = of(sentence.iter().copied(), meanings.iter().flatten().copied(), |t| {
                    index.vocabulary.grams_of(t).to_vec()
                });
                let found = found
                    .into_iter()
                    .map(|feature| {
                        let next = u32::try_from(features.len()).unwrap_or(u32::MAX);
                        *features.entry(feature).or_insert(next)
                    })
                    .collect();
                examples.push(Example { class: ids.len(), features: found });
            }
            ids.push(doc.id.clone());
        }
        if ids.len() < 2 {
            return None;
        }
        let weights = vec![0.0; features.len() * ids.len()];
        let weight = (examples.len() as f32 / (ids.len() * TRUSTED) as f32).min(MOST);
        let mut classifier = Self { weight, ids, features, weights };
        classifier.descend(&examples);
        Some(classifier)
    }

    /// The probability of each entry that it knows.
    pub(crate) fn classify(&self, query: &Query) -> HashMap<&str, f32> {
        let terms = query.terms.iter().filter_map(|term| term.readings.first().copied());
        let meanings = query.meanings.iter().map(|(group, _)| *group);
        let mut found = of(terms, meanings, |_| Vec::new());
        // The pieces of what was typed, also of a word that nobody knows.
        let stemmed = |term: &Term| grams(&crate::text::stem(&term.word, query.language));
        found.extend(query.terms.iter().flat_map(stemmed).map(|gram| (3, gram, 0)));
        found.sort_unstable();
        found.dedup();
        let known: Vec<u32> =
            found.iter().filter_map(|feature| self.features.get(feature).copied()).collect();
        let chances = self.chances(&known);
        self.ids.iter().map(String::as_str).zip(chances).collect()
    }

    fn row(&self, feature: u32) -> std::ops::Range<usize> {
        let start = feature as usize * self.ids.len();
        start..start + self.ids.len()
    }

    fn chances(&self, features: &[u32]) -> Vec<f32> {
        let mut scores = vec![0.0; self.ids.len()];
        for feature in features {
            for (score, weight) in scores.iter_mut().zip(&self.weights[self.row(*feature)]) {
                *score += weight;
            }
        }
        let scale = scale(features);
        let highest = scores.iter().copied().fold(f32::MIN, f32::max);
        for score in &mut scores {
            *score = ((*score - highest) * scale).exp();
        }
        let sum: f32 = scores.iter().sum();
        for score in &mut scores {
            *score /= sum;
        }
        scores
    }

    /// AdaGrad by feature: what has often been changed is changed less.
    fn descend(&mut self, examples: &[Example]) {
        let mut squares = vec![0.0_f32; self.features.len()];
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut random = crate::random::Random::new(1);
        for _ in 0..EPOCHS {
            random.shuffle(&mut order);
            for at in &order {
                let Example { class, features } = &examples[*at];
                let mut slopes = self.chances(features);
                slopes[*class] -= 1.0;
                let scale = scale(features);
                let square = slopes.iter().map(|slope| slope * slope).sum::<f32>() * scale * scale;
                for feature in features {
                    let sum = &mut squares[*feature as usize];
                    *sum += square;
                    let rate = RATE * scale / (sum.sqrt() + 1e-6);
                    let row = self.row(*feature);
                    for (weight, slope) in self.weights[row].iter_mut().zip(&slopes) {
                        *weight -= rate * slope;
                    }
                }
            }
        }
    }
}

fn of(
    terms: impl Iterator<Item = TermId>,
    meanings: impl Iterator<Item = u32>,
    pieces: impl Fn(TermId) -> Vec<u32>,
) -> Vec<Feature> {
    let mut features = Vec::new();
    let mut last = SENTENCE;
    for term in terms {
        features.push((0, term, 0));
        features.push((1, last, term));
        features.extend(pieces(term).into_iter().map(|gram| (3, gram, 0)));
        last = term;
    }
    features.extend(meanings.map(|group| (2, group, 0)));
    features.sort_unstable();
    features.dedup();
    features
}

/// Long questions have more features, and are not surer for it.
fn scale(features: &[u32]) -> f32 {
    let count = u16::try_from(features.len()).unwrap_or(u16::MAX);
    1.0 / f32::from(count.max(1)).sqrt()
}
