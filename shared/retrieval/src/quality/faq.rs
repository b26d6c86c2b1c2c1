//! Questions and answers of a company, and what its customers ask for them.

use serde::Serialize;

use super::{Question, share};
use crate::Index;

/// How often the right entry comes first, or among the first three.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Faq {
    pub n: usize,
    pub r1: f32,
    pub r1_ci: [f32; 2],
    pub r3: f32,
    pub r3_ci: [f32; 2],
}

/// Asks an index what customers asked.
pub fn faq(index: &Index, questions: &[Question]) -> Faq {
    let mut first = Vec::new();
    let mut three = Vec::new();
    for question in questions {
        let Some(right) = &question.right else { continue };
        let hits = index.search(&question.text, 3);
        first.push(hits.first().is_some_and(|hit| hit.id == *right));
        three.push(hits.iter().any(|hit| hit.id == *right));
    }
    let (r1, r3) = (share(&first), share(&three));
    Faq { n: first.len(), r1: r1.value, r1_ci: r1.interval, r3: r3.value, r3_ci: r3.interval }
}
