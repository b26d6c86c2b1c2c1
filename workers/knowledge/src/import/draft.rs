//! The entries of a document in the making.

use std::collections::HashMap;

use store::records::KnowledgeDraft;

use super::passage;
use crate::check::folded;

#[derive(Default)]
pub(super) struct Drafts {
    entries: Vec<KnowledgeDraft>,
    /// How often each key was given.
    keys: HashMap<String, usize>,
}

impl Drafts {
    /// A question with its answer; without one it is kept too, so that somebody sees it.
    pub(super) fn answer(&mut self, title: Option<String>, question: &str, answer: &str) {
        let key = format!("question:{}", folded(question));
        self.add(&key, title, Some(question.trim().to_owned()), answer);
    }

    /// A part of a document, cut into passages.
    pub(super) fn part(&mut self, title: Option<&str>, paragraphs: &[String]) {
        let key = format!("passage:{}", folded(title.unwrap_or_default()));
        for passage in passage::cut(paragraphs) {
            self.add(&key, title.map(str::to_owned), None, &passage);
        }
    }

    fn add(&mut self, key: &str, title: Option<String>, question: Option<String>, text: &str) {
        let times = self.keys.entry(key.to_owned()).or_default();
        let key = format!("{key}#{times}");
        *times += 1;
        self.entries.push(KnowledgeDraft { key, title, question, text: text.trim().to_owned() });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn into_entries(self) -> Vec<KnowledgeDraft> {
        self.entries
    }
}
