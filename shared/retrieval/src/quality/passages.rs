//! Questions about the passages of documents.

use serde::{Deserialize, Serialize};

use super::{FaqFile, Handoff, Noise, Question, handoff, noisy, share};
use crate::{Entry, Index, Thesaurus};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Passages {
    pub n: usize,
    pub r1: f32,
    pub r1_ci: [f32; 2],
}

/// The JSON of SQuAD and of what was made after it, such as XQuAD.
#[derive(Deserialize)]
struct Squad {
    data: Vec<Article>,
}

#[derive(Deserialize)]
struct Article {
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Paragraph {
    context: String,
    qas: Vec<Asked>,
}

#[derive(Deserialize)]
struct Asked {
    question: String,
}

/// Passages, and the questions that each of them answers.
pub fn parse_passages(json: &str) -> Result<FaqFile, serde_json::Error> {
    let squad: Squad = serde_json::from_str(json)?;
    let mut file = FaqFile::default();
    for paragraph in squad.data.into_iter().flat_map(|article| article.paragraphs) {
        let id = format!("{:04}", file.entries.len());
        let asked = paragraph.qas.into_iter();
        let question = |asked: Asked| Question { text: asked.question, right: Some(id.clone()) };
        file.questions.extend(asked.map(question));
        file.entries.push(Entry { id, text: paragraph.context, ..Entry::default() });
    }
    Ok(file)
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

/// What is answered when every other entry is gone, so that about half of the questions have no
/// answer: once without the odd ones, once without the even.
pub fn withheld(thesaurus: &Thesaurus, file: &FaqFile, promised: f32) -> [Handoff; 2] {
    [0, 1].map(|rest| {
        let kept = file.entries.iter().skip(rest).step_by(2);
        let ids: Vec<&str> = kept.clone().map(|entry| entry.id.as_str()).collect();
        let ask = |question: &Question| Question {
            text: question.text.clone(),
            right: question.right.clone().filter(|id| ids.contains(&id.as_str())),
        };
        let asked: Vec<Question> = file.questions.iter().map(ask).collect();
        handoff(&Index::filled(thesaurus, kept), &asked, promised)
    })
}
