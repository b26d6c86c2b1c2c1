//! Where the bands begin for a business.

use serde::{Deserialize, Serialize};

/// The one-sided 95 % quantile of the normal distribution.
const Z: f32 = 1.645;
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

    /// The smallest cut above which the share of right answers is at least `promise`, by the lower
    /// end of a one-sided 95 % Wilson interval. Too few labels leave it conservative: a promise of
    /// 95 % needs 52 right answers in a row.
    pub fn learn(labels: &[Label], promise: f32) -> Self {
        let mut sorted: Vec<Label> = labels.to_vec();
        sorted.sort_by(|one, other| other.confidence.total_cmp(&one.confidence));
        let mut cut = None;
        let mut right = 0_usize;
        for (at, label) in sorted.iter().enumerate() {
            right += usize::from(label.right);
            // Labels of equal confidence stand or fall together.
            let is_last = sorted.get(at + 1).is_none_or(|next| next.confidence < label.confidence);
            if is_last && lower_bound(right, at + 1) >= promise {
                cut = Some(label.confidence);
            }
        }
        Self { cut, offer: OFFER, labels: labels.len() }
    }
}

/// The lower end of the one-sided 95 % Wilson interval of a share.
fn lower_bound(right: usize, all: usize) -> f32 {
    let all = all as f32;
    let share = right as f32 / all;
    let middle = share + Z * Z / (2.0 * all);
    let spread = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
    (middle - spread) / (1.0 + Z * Z / all)
}
