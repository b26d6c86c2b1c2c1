//! What is answered when only sure answers are given, and how often they are right.

use serde::Serialize;

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

/// What the outcomes of these questions teach a calibration.
pub fn labels(index: &Index, questions: &[Question]) -> Vec<Label> {
    let conservative = Calibration::conservative();
    let label = |question: &Question| {
        let judgement = index.judge(&question.text, &conservative);
        let first = judgement.hits.first()?;
        let right = question.right.as_ref() == Some(&first.id);
        Some(Label { confidence: judgement.confidence, right })
    };
    questions.iter().filter_map(label).collect()
}

/// How many parts the questions are cut into.
const FOLDS: usize = 5;

/// Calibrates on four fifths of the questions and asks the rest, five times.
pub fn handoff(index: &Index, questions: &[Question], promised: f32) -> Handoff {
    let mut answered = 0;
    let mut right = 0;
    for fold in 0..FOLDS {
        let (asked, known): (Vec<_>, Vec<_>) =
            questions.iter().cloned().enumerate().partition(|(at, _)| at % FOLDS == fold);
        let known: Vec<Question> = known.into_iter().map(|(_, question)| question).collect();
        let calibration = Calibration::learn(&labels(index, &known), promised);
        for (_, question) in asked {
            let judgement = index.judge(&question.text, &calibration);
            if judgement.band == Band::Answer {
                answered += 1;
                let first = judgement.hits.first().map(|hit| &hit.id);
                right += usize::from(first.is_some() && first == question.right.as_ref());
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
