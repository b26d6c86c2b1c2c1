//! Questions about the passages of documents.

use serde::Serialize;

use super::{Noise, Question, noisy, share};
use crate::Index;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Passages {
    pub n: usize,
    pub r1: f32,
    pub r1_ci: [f32; 2],
}

/// How often the right passage comes first when the questions are typed with this noise.
pub fn passages(index: &Index, questions: &[Question], noise: Noise) -> Passages {
    let mut seed = 0;
    let mut first = Vec::new();
    for question in questions {
        seed += 1;
        let Some(right) = &question.right else { continue };
        let hits = index.search(&noisy(&question.text, noise, seed), 1);
        first.push(hits.first().is_some_and(|hit| hit.id == *right));
    }
    let r1 = share(&first);
    Passages { n: first.len(), r1: r1.value, r1_ci: r1.interval }
}
