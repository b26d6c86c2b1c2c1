//! Questions and answers of a company, and what its customers ask for them.

use serde::Serialize;

use super::{Question, share};
use crate::{Entry, Index, Thesaurus};

/// A company's entries, and questions that were asked for them. The questions are never indexed.
#[derive(Clone, Debug, Default)]
pub struct FaqFile {
    pub entries: Vec<Entry>,
    pub questions: Vec<Question>,
}

/// How often the right entry comes first, or among the first three.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Faq {
    pub n: usize,
    pub r1: f32,
    pub r1_ci: [f32; 2],
    pub r3: f32,
    pub r3_ci: [f32; 2],
}

/// Lines "F|question|answer", each followed by lines "-what a customer asked". Other lines are
/// skipped.
pub fn parse_faq(text: &str) -> FaqFile {
    let mut file = FaqFile::default();
    for line in text.lines() {
        if let Some((question, answer)) = line.strip_prefix("F|").and_then(|l| l.split_once('|')) {
            file.entries.push(Entry {
                id: format!("{:04}", file.entries.len()),
                question: Some(question.to_owned()),
                text: answer.to_owned(),
                ..Entry::default()
            });
        } else if let (Some(asked), Some(entry)) = (line.strip_prefix('-'), file.entries.last()) {
            file.questions.push(Question { text: asked.to_owned(), right: Some(entry.id.clone()) });
        }
    }
    file
}

/// Lines "near|question" and "far|question", which no entry answers.
pub fn parse_unanswerable(text: &str) -> Vec<Question> {
    let questions = text.lines().filter_map(|line| line.split_once('|'));
    questions.map(|(_, text)| Question { text: text.to_owned(), right: None }).collect()
}

impl FaqFile {
    pub fn index(&self, thesaurus: &Thesaurus) -> Index {
        let mut index = Index::new(thesaurus.clone());
        for entry in &self.entries {
            index.insert(entry.clone());
        }
        index
    }
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
