//! Vectors, when an embedding model is configured.

use crate::index::Index;

/// A question whose entry is known, with its vector.
#[derive(Clone, Debug)]
pub struct Probe {
    pub question: String,
    pub vector: Vec<f32>,
    pub right: String,
}

/// The weights that are tried.
const WEIGHTS: [f32; 9] = [0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0];

/// How much the vectors should count for this index: the smallest weight that puts the most right
/// entries first. Zero when vectors don't help, or only by a question or two in a hundred.
pub fn probe_weight(index: &Index, probes: &[Probe]) -> f32 {
    let right = |weight: f32| {
        let is_right = |probe: &&Probe| {
            let hits = index.search_with(&probe.question, &probe.vector, weight, 1);
            hits.first().is_some_and(|hit| hit.id == probe.right)
        };
        probes.iter().filter(is_right).count() as f32
    };
    let without = right(0.0);
    let mut best = (0.0, without + 0.01 * probes.len() as f32);
    for weight in WEIGHTS.into_iter().skip(1) {
        let right = right(weight);
        if right > best.1 {
            best = (weight, right);
        }
    }
    best.0
}

/// To length one; a vector of zeros stays.
pub(crate) fn normalize(vector: &mut [f32]) {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 {
        for number in vector {
            *number /= length;
        }
    }
}

/// Zero when the lengths differ: they come from different models.
pub(crate) fn dot(one: &[f32], other: &[f32]) -> f32 {
    if one.len() != other.len() {
        return 0.0;
    }
    // Eight sums at once, which the compiler keeps in one register.
    let mut sums = [0.0_f32; 8];
    let (ones, one_rest) = one.as_chunks::<8>();
    let (others, other_rest) = other.as_chunks::<8>();
    for (one, other) in ones.iter().zip(others) {
        for lane in 0..8 {
            sums[lane] += one[lane] * other[lane];
        }
    }
    let rest: f32 = one_rest.iter().zip(other_rest).map(|(one, other)| one * other).sum();
    sums.iter().sum::<f32>() + rest
}
