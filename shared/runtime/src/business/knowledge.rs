//! How a business's knowledge is used.

use std::path::Path;

use serde::Deserialize;

/// More passages cost more and rarely hold what the first do not.
const PASSAGES_AT_MOST: usize = 20;
/// Its own thesaurus, beside its `business.toml`.
const THESAURUS: &str = "knowledge/thesaurus.txt";

/// How a business's knowledge is used.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KnowledgeRules {
    /// Whether customers are told where an answer comes from.
    pub show_sources: bool,
    /// From so many passages a model answers.
    pub passages: usize,
    /// Which words mean the same to its customers, as its file has it.
    #[serde(skip)]
    pub thesaurus: Option<String>,
}

impl Default for KnowledgeRules {
    fn default() -> Self {
        Self { show_sources: false, passages: 5, thesaurus: None }
    }
}

impl KnowledgeRules {
    /// With the thesaurus that stands beside the `business.toml`, if there is one.
    pub(super) fn beside(self, business: &Path) -> Result<Self, String> {
        if !(1..=PASSAGES_AT_MOST).contains(&self.passages) {
            return Err(format!("knowledge.passages must be 1 to {PASSAGES_AT_MOST}"));
        }
        let file = business.with_file_name(THESAURUS);
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(Self { thesaurus: Some(text), ..self }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(self),
            Err(error) => Err(format!("{THESAURUS} can't be read: {error}")),
        }
    }
}
