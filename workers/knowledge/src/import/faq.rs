//! Lists of questions for measuring: `F|question|answer`, and below each, after a dash, how people
//! ask it. Those are for asking, never for finding: they are left out.

use super::Error;
use super::draft::Drafts;

const ENTRY: &str = "F|";

pub(super) fn is_one(text: &str) -> bool {
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.starts_with(ENTRY))
}

pub(super) fn read(text: &str) -> Result<Drafts, Error> {
    let mut drafts = Drafts::default();
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() || line.starts_with('-') {
            continue;
        }
        let entry = line.strip_prefix(ENTRY).and_then(|rest| rest.split_once('|'));
        let (question, answer) = entry.ok_or(Error::Faq { line: number })?;
        drafts.answer(None, question, answer);
    }
    Ok(drafts)
}
