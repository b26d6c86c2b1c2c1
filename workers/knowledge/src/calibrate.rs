//! How sure an answer must be, learned from what became of answers.

use retrieval::{Calibration, Label};
use store::Records;
use store::records::KnowledgeCalibration;
use uuid::Uuid;

use crate::base::{Base, Error};

/// The square of the one-sided 95 % quantile of the normal distribution.
const Z_SQUARED: f32 = 2.706;

/// A question with the entry that answers it; none if nothing does.
pub type Labelled = (String, Option<Uuid>);

/// What was learned, and from what.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// From which confidence on an answer is given; none: only what is asked in an entry's words.
    pub cut: Option<f32>,
    pub labels: usize,
    pub right: usize,
    /// The share of the questions so far, labelled or not, whose confidence reaches the cut.
    pub answered: Option<f32>,
    /// How many right answers in a row a cut takes at least.
    pub needed: usize,
}

/// Learns from the outcomes that are known and from `labelled`, and stores nothing (test
/// `a_calibration_is_learned_from_outcomes_and_labels`).
pub async fn learn(
    records: &Records,
    base: &Base,
    labelled: &[Labelled],
    promise: f32,
) -> Result<Calibrated, Error> {
    base.renew(records).await?;
    let business = base.business().as_str();
    let mut labels: Vec<Label> = records
        .labels(business)
        .await?
        .into_iter()
        .map(|(confidence, right)| Label { confidence: single(confidence), right })
        .collect();
    let mut confidences: Vec<f32> =
        records.confidences(business).await?.into_iter().map(single).collect();
    for (question, entry) in labelled {
        let judgement = base.judge(question, None);
        let first = judgement.hits.first().and_then(|hit| Uuid::parse_str(&hit.id).ok());
        let right = entry.is_some() && first == *entry;
        labels.push(Label { confidence: judgement.confidence, right });
        confidences.push(judgement.confidence);
    }
    let cut = Calibration::learn(&labels, promise).cut;
    let answered = cut.filter(|_| !confidences.is_empty()).map(|cut| {
        let above = confidences.iter().filter(|confidence| **confidence >= cut).count();
        above as f32 / confidences.len() as f32
    });
    let right = labels.iter().filter(|label| label.right).count();
    Ok(Calibrated { cut, labels: labels.len(), right, answered, needed: needed(promise) })
}

/// Stores what was learned: workers use it within two seconds.
pub async fn store(
    records: &Records,
    business: &str,
    calibrated: &Calibrated,
    promise: f32,
    at_ms: i64,
) -> Result<(), Error> {
    let calibration = KnowledgeCalibration {
        number: 0,
        cut: calibrated.cut.map(f64::from),
        promise: f64::from(promise),
        labels: i64::try_from(calibrated.labels).unwrap_or(i64::MAX),
        at_ms,
    };
    Ok(records.calibrate(business, calibration).await?)
}

/// The fewest right answers, all of them, whose Wilson lower bound is the promise.
fn needed(promise: f32) -> usize {
    let least = (Z_SQUARED * promise / (1.0 - promise)).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a promise is between 0 and 1, so it is a small number above 0"
    )]
    let least = least as usize;
    least
}

#[expect(clippy::cast_possible_truncation, reason = "the index counts in single precision")]
fn single(confidence: f64) -> f32 {
    confidence as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_takes_so_many_right_answers() {
        for (promise, answers) in [(0.95, 52), (0.9, 25), (0.8, 11)] {
            assert_eq!(needed(promise), answers);
            let right = |count| vec![Label { confidence: 0.9, right: true }; count];
            assert!(Calibration::learn(&right(answers), promise).cut.is_some());
            assert!(Calibration::learn(&right(answers - 1), promise).cut.is_none());
        }
    }
}
