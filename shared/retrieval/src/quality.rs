//! Measures answers on questions whose right entry is known. Nothing is read here: the texts come
//! from the caller. What is measured is what [`crate::Index`] does for a customer, with the calibration
//! that this many labels would give a business.

mod faq;
mod files;
mod handoff;
mod learned;
mod noise;
mod passages;
mod set;
pub mod shipped;

use serde::Serialize;

pub use faq::{Faq, faq};
pub use files::{FaqFile, Malformed, parse_faq, parse_labelled, parse_pairs, parse_unanswerable};
pub use handoff::{Handoff, Question, handoff};
pub use learned::{Learned, Pairs, learned, pairs};
pub use noise::{Noise, noisy};
pub use passages::{Passages, parse_passages, passages, withheld};
pub use set::{Business, Set};

use crate::random::Random;

/// A share of questions, with the interval that 95 % of resamplings fall into.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Share {
    pub value: f32,
    pub interval: [f32; 2],
}

const RESAMPLINGS: usize = 2_000;

pub(crate) fn share(outcomes: &[bool]) -> Share {
    if outcomes.is_empty() {
        return Share { value: 0.0, interval: [0.0, 1.0] };
    }
    let all = outcomes.len();
    let value = outcomes.iter().filter(|outcome| **outcome).count() as f32 / all as f32;
    let mut random = Random::new(7);
    let mut shares: Vec<f32> = (0..RESAMPLINGS)
        .map(|_| (0..all).filter(|_| outcomes[random.below(all)]).count() as f32 / all as f32)
        .collect();
    shares.sort_by(f32::total_cmp);
    let interval = [shares[RESAMPLINGS / 40], shares[RESAMPLINGS - 1 - RESAMPLINGS / 40]];
    Share { value, interval }
}
