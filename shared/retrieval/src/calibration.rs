//! Where the bands begin for a business.

use serde::{Deserialize, Serialize};

/// The one-sided 95 % quantile of the normal distribution.
const Z: f32 = 1.645;
/// How far above the promise what is expected must be when other businesses' outcomes count too,
/// in standard deviations.
const Z_WITH_OTHERS: f32 = 0.5;
/// With fewer labels of its own a business is judged by them alone.
const OWN: usize = 60;
/// The outcomes of others count as no more than so many of a business's own.
const OTHERS: f32 = 60.0;
/// What became of answers that were given from a confidence on, by businesses on which the
/// confidence had not been trained: the confidence, how many were right, how many there were.
/// `examples/train.rs` prints them.
const SEEN: [(f32, f32, f32); 12] = [
    (0.5, 433.0, 502.0),
    (0.6, 392.0, 440.0),
    (0.7, 356.0, 394.0),
    (0.75, 334.0, 365.0),
    (0.8, 311.0, 333.0),
    (0.825, 297.0, 316.0),
    (0.85, 275.0, 292.0),
    (0.875, 245.0, 257.0),
    (0.9, 215.0, 225.0),
    (0.925, 162.0, 168.0),
    (0.95, 105.0, 109.0),
    (0.975, 30.0, 31.0),
];
/// Below it a choice of three would hardly hold the right one.
const OFFER: f32 = 0.1;

/// What became of an answer, or of a choice that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Label {
    /// As [`crate::Judgement`] said it.
    pub confidence: f32,
    /// Whether the first hit was the right entry.
    pub right: bool,
}

/// How sure an answer must be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// From this confidence on an answer is given. Without one, only a question that is the
    /// entry's own in other spelling is answered.
    pub cut: Option<f32>,
    /// From this confidence on choices are offered.
    pub offer: f32,
    /// How many labels it was learned from.
    pub labels: usize,
}

impl Calibration {
    /// For a business without labelled outcomes.
    pub fn conservative() -> Self {
        Self { cut: None, offer: OFFER, labels: 0 }
    }

    /// The smallest cut above which the share of right answers is at least `promise`.
    ///
    /// By a business's labels alone that is so when the lower end of a one-sided 95 % Wilson
    /// interval is: a promise of 95 % needs 52 right answers in a row. From 60 labels on
    /// the outcomes of other businesses help until its own outweigh them, as long as the promise
    /// would also be kept if the next answer were wrong.
    pub fn learn(labels: &[Label], promise: f32) -> Self {
        let mut sorted: Vec<Label> = labels.to_vec();
        sorted.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        let mut cut = None;
        let mut right = 0_usize;
        for (at, label) in sorted.iter().enumerate() {
            right += usize::from(label.right);
            // Labels of equal confidence stand or fall together.
            let is_last = sorted.get(at + 1).is_none_or(|next| next.confidence < label.confidence);
            let (own, all) = (right as f32, (at + 1) as f32);
            let with_others = || {
                let (others_right, others) = others(label.confidence);
                lower_bound(own + others_right, all + others, Z_WITH_OTHERS) >= promise
            };
            let is_kept = lower_bound(own, all, Z) >= promise
                || (labels.len() >= OWN && own >= promise * (all + 1.0) && with_others());
            if is_last && is_kept {
                cut = Some(label.confidence);
            }
        }
        Self { cut, offer: OFFER, labels: labels.len() }
    }
}

/// How many of others' answers from this confidence on were right, and how many there were, scaled
/// down to what they count.
fn others(confidence: f32) -> (f32, f32) {
    let seen = SEEN.iter().rev().find(|(from, _, _)| *from <= confidence);
    let Some((_, right, all)) = seen else { return (0.0, 0.0) };
    let share = (OTHERS / all).min(1.0);
    (right * share, all * share)
}

/// The lower end of a one-sided Wilson interval of a share, `z` standard deviations wide.
fn lower_bound(right: f32, all: f32, z: f32) -> f32 {
    let share = right / all;
    let middle = share + z * z / (2.0 * all);
    let spread = z * (share * (1.0 - share) / all + z * z / (4.0 * all * all)).sqrt();
    (middle - spread) / (1.0 + z * z / all)
}
