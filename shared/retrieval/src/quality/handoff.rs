//! What is answered when only sure answers are given, and how often they are right.

use serde::Serialize;

use crate::judge::Weighed;
use crate::{Band, Calibration, Index, Label};

/// A question, with the id of the entry that answers it if there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    pub right: Option<String>,
}

/// Masked: it is what a customer wrote.
impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").field("right", &self.right).finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Handoff {
    /// Questions asked, with the ones that have no answer.
    pub n: usize,
    pub promised: f32,
    /// The share of what was answered that was answered rightly; none when nothing was.
    pub realised: Option<f32>,
    /// The share of the answerable questions that were answered rightly.
    pub answered_right: f32,
    pub answered: usize,
}

/// How many parts the questions are cut into.
const FOLDS: usize = 5;

/// Calibrates on four fifths of the questions and judges the rest, five times, so that no question
/// is judged by a cut that it helped to choose.
pub fn handoff(index: &Index, questions: &[Question], promised: f32) -> Handoff {
    let weighed: Vec<(Weighed, bool)> = questions
        .iter()
        .map(|question| {
            let weighed = index.weigh(&question.text, None);
            let first = weighed.hits.first().map(|hit| &hit.id);
            let is_right = first.is_some() && first == question.right.as_ref();
            (weighed, is_right)
        })
        .collect();
    let label = |(weighed, right): &(Weighed, bool)| {
        let found = weighed.hits.first();
        found.map(|_| Label { confidence: weighed.confidence, right: *right })
    };
    let mut answered = 0;
    let mut right = 0;
    for fold in 0..FOLDS {
        let known = weighed.iter().enumerate().filter(|(at, _)| at % FOLDS != fold);
        let labels: Vec<Label> = known.filter_map(|(_, weighed)| label(weighed)).collect();
        let calibration = Calibration::learn(&labels, promised);
        for (weighed, is_right) in weighed.iter().skip(fold).step_by(FOLDS) {
            if weighed.band(&calibration) == Band::Answer {
                answered += 1;
                right += usize::from(*is_right);
            }
        }
    }
    let answerable = questions.iter().filter(|question| question.right.is_some()).count();
    Handoff {
        n: questions.len(),
        promised,
        realised: (answered > 0).then(|| right as f32 / answered as f32),
        answered_right: right as f32 / answerable.max(1) as f32,
        answered,
    }
}
