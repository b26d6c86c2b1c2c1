//! How likely the first hit answers the question: a logistic regression over what can be seen.

use crate::index::{Doc, Field, Index, Known, SENTENCE, TermId};
use crate::query::{Query, Role, Term};
use crate::search::{Found, SIGNS, settled};

mod weights;

/// The first that were there before entries had signs, the signs, and how the ranking is settled.
const COUNT: usize = 29 + SIGNS + 6;

/// Words that ask for an amount or a time.
const ASKING_NUMBER: [&str; 18] = [
    "cuanto", "cuanta", "cuantos", "cuantas", "cuando", "edad", "ano", "fecha", "many", "much",
    "when", "year", "date", "quanto", "quanta", "quantos", "quantas", "quando",
];
/// Numbers in words, as their stems are written.
const NUMERALS: [&str; 24] = [
    "dos", "tres", "cuatr", "cinc", "seis", "siet", "och", "nuev", "diez", "cien", "mil", "millon",
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "hundr", "thousand",
    "million",
];

/// What speaks for and against the first hit. The numbers are between 0 and 1, mostly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    values: [f32; COUNT],
    is_asked: bool,
}

impl Features {
    pub(crate) fn of(index: &Index, query: &Query, found: &[Found]) -> Option<Self> {
        let best = found.first().filter(|best| best.score > 0.0)?;
        let doc = index.doc(best.slot)?;
        let second = found.get(1).copied().unwrap_or_default();
        let third = found.get(2).copied().unwrap_or_default();
        let ideal = index.ideal(query);
        let of_ideal =
            |score: f32, at: usize| if ideal[at] > 0.0 { score / ideal[at] } else { 0.0 };
        let margin = |one: f32, other: f32| if one > 0.0 { (one - other) / one } else { 0.0 };
        let cover = Cover::of(query, &doc.terms, &doc.meanings);
        let (sentence, has_number) = best_sentence(index, query, doc);
        let asks_number =
            query.terms.iter().any(|term| ASKING_NUMBER.contains(&term.word.as_str()));
        let question = best_question(index, query, doc);
        let agrees = |sign: fn(&Found) -> f32| {
            let most = found.iter().map(sign).fold(0.0, f32::max);
            f32::from(u8::from(sign(best) > 0.0 && sign(best) >= most))
        };
        let length = query.content().count();
        let seen = [
            of_ideal(best.words, 0),
            of_ideal(best.meanings, 1),
            of_ideal(best.grams, 2),
            margin(best.score, second.score),
            margin(second.score, third.score),
            margin(best.words, found.iter().skip(1).map(|f| f.words).fold(0.0, f32::max)).max(-1.0),
            cover.exact,
            cover.meant,
            cover.unknown,
            cover.rarest,
            f32::from(u8::from(cover.number)),
            sentence,
            question,
            agrees(|found| found.words),
            agrees(|found| found.meanings),
            agrees(|found| found.grams),
            f32::from(u16::try_from(length.min(12)).unwrap_or(12)) / 12.0,
            best.class,
            best.near,
            margin(best.near, found.iter().skip(1).map(|f| f.near).fold(0.0, f32::max)).max(-1.0),
            f32::from(u8::from(cover.missing == 0)),
            f32::from(cover.missing.min(6)) / 6.0,
            cover.exact * cover.exact,
            sentence * sentence,
            margin(best.score, second.score) * cover.exact,
            cover.lost / 20.0,
            (cover.found / 20.0).min(1.0),
            f32::from(u8::from(asks_number && has_number)),
            f32::from(u8::from(asks_number && !has_number)),
        ];
        let chance = settled(found);
        let unseen = query.content().filter(|term| term.known == Known::No).count();
        let more = [
            chance,
            chance * chance,
            best.score,
            best.signs[2] * best.signs[7],
            best.signs[2] - second.signs[2],
            f32::from(u16::try_from(unseen.min(4)).unwrap_or(4)) / 4.0,
        ];
        let mut values = [0.0; COUNT];
        let all = seen.iter().chain(&best.signs).chain(&more);
        values.iter_mut().zip(all).for_each(|(value, sign)| *value = *sign);
        Some(Self { values, is_asked: doc.is_asked() })
    }

    /// Between 0 and 1.
    pub(crate) fn confidence(&self) -> f32 {
        let weights = if self.is_asked { &weights::ASKED } else { &weights::PASSAGE };
        sigmoid(weigh(weights, &self.values))
    }

    /// The same with other weights, as [`train_confidence`] makes them.
    pub fn confidence_with(&self, weights: &[f32]) -> f32 {
        sigmoid(weigh(weights, &self.values))
    }

    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// Trains the weights of the confidence: one for each feature, and a constant at the end.
pub fn train_confidence(examples: &[(Features, bool)]) -> Vec<f32> {
    const STEPS: usize = 3_000;
    const RATE: f32 = 0.5;
    const PENALTY: f32 = 0.001;
    let mut weights = vec![0.0_f32; COUNT + 1];
    let mut velocity = [0.0_f32; COUNT + 1];
    for _ in 0..STEPS {
        let mut slopes = [0.0_f32; COUNT + 1];
        for (features, right) in examples {
            let error = features.confidence_with(&weights) - f32::from(u8::from(*right));
            for (slope, value) in slopes.iter_mut().zip(features.values.iter().chain([&1.0])) {
                *slope += error * value;
            }
        }
        for at in 0..=COUNT {
            let penalty = if at < COUNT { PENALTY * weights[at] } else { 0.0 };
            let slope = slopes[at] / examples.len().max(1) as f32 + penalty;
            velocity[at] = 0.9 * velocity[at] - RATE * slope;
            weights[at] += velocity[at];
        }
    }
    weights
}

fn weigh(weights: &[f32], values: &[f32]) -> f32 {
    weights.iter().zip(values.iter().chain([&1.0])).map(|(weight, value)| weight * value).sum()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// How much of a question stands in a document.
struct Cover {
    /// By its words.
    exact: f32,
    /// By its words or by what they mean.
    meant: f32,
    /// The share of it that no entry knows.
    unknown: f32,
    /// The weight of the rarest word that isn't there, of all the weight.
    rarest: f32,
    /// A number isn't there.
    number: bool,
    /// How many words aren't there, and their weight.
    missing: u8,
    lost: f32,
    /// The weight of those that are.
    found: f32,
}

impl Cover {
    fn of(query: &Query, terms: &[TermId], meanings: &[u32]) -> Self {
        let mut cover = Self {
            exact: 0.0,
            meant: 0.0,
            unknown: 0.0,
            rarest: 0.0,
            number: false,
            missing: 0,
            lost: 0.0,
            found: 0.0,
        };
        let mut all = 0.0;
        for term in query.terms.iter().filter(counts) {
            all += term.idf;
            if term.readings.iter().any(|reading| terms.contains(reading)) {
                cover.exact += term.idf;
                cover.found += term.idf;
                cover.meant += term.idf;
                continue;
            }
            cover.missing = cover.missing.saturating_add(1);
            cover.lost += term.idf;
            cover.number |= term.role == Role::Number;
            if term.senses.iter().any(|sense| meanings.contains(&sense.group)) {
                cover.meant += term.idf;
            } else {
                cover.rarest = cover.rarest.max(term.idf);
                if term.readings.is_empty() {
                    cover.unknown += term.idf;
                }
            }
        }
        if all > 0.0 {
            for share in [&mut cover.exact, &mut cover.meant, &mut cover.unknown, &mut cover.rarest]
            {
                *share /= all;
            }
        }
        cover
    }
}

fn counts(term: &&Term) -> bool {
    matches!(term.role, Role::Content | Role::Number)
}

/// The share of the question in the one sentence that has most of it, and whether a number is
/// there.
fn best_sentence(index: &Index, query: &Query, doc: &Doc) -> (f32, bool) {
    let is_number = |term: &TermId| {
        let word = index.vocabulary.text(*term);
        word.bytes().any(|byte| byte.is_ascii_digit()) || NUMERALS.contains(&word)
    };
    doc.sentences(Field::Text)
        .chain(doc.sentences(Field::Question))
        .map(|sentence| (Cover::of(query, sentence, &[]).exact, sentence.iter().any(is_number)))
        .max_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)))
        .unwrap_or_default()
}

/// How alike the question and the entry's own are, by the words of both.
fn best_question(index: &Index, query: &Query, doc: &Doc) -> f32 {
    let asked = doc.sentences(Field::Question).chain(doc.sentences(Field::Phrasings));
    let alike = |sentence: &[TermId]| {
        let mut shared = 0.0;
        let mut all = 0.0;
        for term in query.terms.iter().filter(counts) {
            let is_there = term.readings.iter().any(|reading| sentence.contains(reading));
            shared += if is_there { term.idf } else { 0.0 };
            all += term.idf;
        }
        for there in sentence.iter().filter(|term| **term != SENTENCE) {
            let docs = index.vocabulary.docs(*there);
            let is_asked = query.terms.iter().any(|term| term.readings.contains(there));
            if docs > 0 && !is_asked {
                all += crate::query::idf(docs, index.len());
            }
        }
        if all > 0.0 { shared / all } else { 0.0 }
    };
    asked.map(alike).fold(0.0, f32::max)
}
