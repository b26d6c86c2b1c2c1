//! What can be found.

use std::fmt;

/// A question with its answer, or a passage of a document.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Unique in an index.
    pub id: String,
    pub question: Option<String>,
    /// Other ways to ask for it, learned from customers.
    pub phrasings: Vec<String>,
    /// The answer, or the passage itself.
    pub text: String,
    /// Where it stands: the document's title, the section.
    pub title: Option<String>,
}

/// Masked: a learned phrasing is what a customer wrote.
impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("id", &self.id).finish_non_exhaustive()
    }
}

/// An entry that was found, with a score that compares it with the other hits of the same query.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub id: String,
    pub score: f32,
}
