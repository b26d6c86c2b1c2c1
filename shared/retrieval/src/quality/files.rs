//! Reads the lists that a business measures with. Each line says what it is; empty lines and lines
//! after "#" are skipped.

use super::Question;
use crate::{Entry, Index, Thesaurus};

/// A line that is none of those a list has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct Malformed {
    pub line: usize,
    pub problem: &'static str,
}

/// A company's entries, and questions that were asked for them. The questions are never indexed.
#[derive(Clone, Debug, Default)]
pub struct FaqFile {
    pub entries: Vec<Entry>,
    pub questions: Vec<Question>,
}

impl FaqFile {
    pub fn index(&self, thesaurus: &Thesaurus) -> Index {
        Index::filled(thesaurus, &self.entries)
    }
}

/// Lines "F|question|answer", each followed by lines "-what a customer asked".
pub fn parse_faq(text: &str) -> Result<FaqFile, Malformed> {
    let mut file = FaqFile::default();
    for (line, content) in lines(text) {
        let wrong = |problem| Malformed { line, problem };
        if let Some(rest) = content.strip_prefix("F|") {
            let (question, answer) = both(rest, line, "an entry is F|question|answer")?;
            file.entries.push(Entry {
                id: format!("{:04}", file.entries.len()),
                question: Some(question.to_owned()),
                text: answer.to_owned(),
                ..Entry::default()
            });
        } else if let Some(asked) = content.strip_prefix('-') {
            let entry = file.entries.last();
            let entry = entry.ok_or_else(|| wrong("a question stands before the first entry"))?;
            let text = asked.trim().to_owned();
            if text.is_empty() {
                return Err(wrong("after the dash a question is missing"));
            }
            file.questions.push(Question { text, right: Some(entry.id.clone()) });
        } else {
            return Err(wrong("write F|question|answer, or -question for the entry above"));
        }
    }
    Ok(file)
}

/// Lines "near|question" and "far|question", which no entry answers.
pub fn parse_unanswerable(text: &str) -> Result<Vec<Question>, Malformed> {
    lines(text)
        .map(|(line, content)| {
            const FORM: &str = "write near|question or far|question";
            let (kind, question) = both(content, line, FORM)?;
            match kind {
                "near" | "far" => Ok(Question { text: question.to_owned(), right: None }),
                _ => Err(Malformed { line, problem: FORM }),
            }
        })
        .collect()
}

/// Lines "question|another question".
pub fn parse_pairs(text: &str) -> Result<Vec<(String, String)>, Malformed> {
    let parsed = parse_labelled(text, "write question|another question");
    Ok(parsed?.into_iter().map(|(one, other)| (one.to_owned(), other.to_owned())).collect())
}

/// Lines "label|text", each with both.
pub fn parse_labelled<'a>(
    text: &'a str,
    form: &'static str,
) -> Result<Vec<(&'a str, &'a str)>, Malformed> {
    lines(text).map(|(line, content)| both(content, line, form)).collect()
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = (1..).zip(text.lines().map(str::trim));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn both<'a>(
    content: &'a str,
    line: usize,
    form: &'static str,
) -> Result<(&'a str, &'a str), Malformed> {
    let (one, other) = content.split_once('|').ok_or(Malformed { line, problem: form })?;
    let (one, other) = (one.trim(), other.trim());
    if one.is_empty() || other.is_empty() {
        return Err(Malformed { line, problem: form });
    }
    Ok((one, other))
}
