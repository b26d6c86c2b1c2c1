//! Answers that were learned: found again when they are asked for again, and only then.

use serde::Serialize;

use super::{Noise, Question, noisy};
use crate::{Band, Calibration, Entry, Index, Thesaurus};

/// Pairs of questions that look alike and have different answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pairs {
    pub n: usize,
    /// The share of questions answered with the other's answer.
    pub wrongly_reused: f32,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Learned {
    pub n: usize,
    /// The share of repeated questions that were answered rightly.
    pub recall: f32,
    /// The share of answers that were right, dangerous questions among what was asked.
    pub precision: f32,
}

/// Learns one question of each pair, asks the other, and the other way round.
pub fn pairs(
    thesaurus: &Thesaurus,
    pairs: &[(String, String)],
    calibration: &Calibration,
) -> Pairs {
    let swapped: Vec<_> = pairs.iter().map(|(one, other)| (other.clone(), one.clone())).collect();
    let mut reused = 0;
    for pairs in [pairs, &swapped] {
        let index = learn(thesaurus, pairs.iter().map(|(one, _)| one.as_str()));
        for (_, other) in pairs {
            reused += usize::from(index.judge(other, calibration).band == Band::Answer);
        }
    }
    let n = 2 * pairs.len();
    Pairs { n, wrongly_reused: reused as f32 / n.max(1) as f32 }
}

/// Learns questions, asks each again with slips of the finger, and asks `others`, which none of
/// them answers.
pub fn learned(
    thesaurus: &Thesaurus,
    questions: &[String],
    others: &[Question],
    calibration: &Calibration,
) -> Learned {
    let index = learn(thesaurus, questions.iter().map(String::as_str));
    let mut right = 0;
    let mut wrong = 0;
    let mut seed = 0;
    for (at, question) in questions.iter().enumerate() {
        seed += 1;
        let judgement = index.judge(&noisy(question, Noise::Typos, seed), calibration);
        if judgement.band == Band::Answer {
            let is_right = judgement.hits.first().is_some_and(|hit| hit.id == id(at));
            right += usize::from(is_right);
            wrong += usize::from(!is_right);
        }
    }
    for other in others {
        wrong += usize::from(index.judge(&other.text, calibration).band == Band::Answer);
    }
    Learned {
        n: questions.len(),
        recall: right as f32 / questions.len().max(1) as f32,
        precision: right as f32 / (right + wrong).max(1) as f32,
    }
}

fn learn<'a>(thesaurus: &Thesaurus, questions: impl Iterator<Item = &'a str>) -> Index {
    let mut index = Index::new(thesaurus.clone());
    for (at, question) in questions.enumerate() {
        let entry = Entry { id: id(at), phrasings: vec![question.to_owned()], ..Entry::default() };
        index.insert(entry);
    }
    index
}

fn id(at: usize) -> String {
    format!("{at:04}")
}
