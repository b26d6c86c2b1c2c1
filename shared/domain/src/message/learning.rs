//! What becomes of a specialist's answer that may be kept.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Language;

/// A specialist's answer that may be kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerLearned {
    /// Our own id of the ticket in which it was given.
    pub ticket: String,
    pub question: String,
    pub answer: String,
    pub language: Language,
}

/// Somebody has looked at what was proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerReviewed {
    pub candidate: Uuid,
    /// Whether customers may be told it from now on.
    pub approved: bool,
}

/// What has become of an answer that may be kept, for whoever shows it to those who gave it. It
/// may come twice and out of order: `revision` says which is the newest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LearningChanged {
    pub ticket: String,
    pub candidate: Uuid,
    /// Raised with every change of this candidate.
    pub revision: u32,
    pub state: LearningState,
    /// The question and the answer as they would be kept: cleaned of what concerns one customer.
    pub question: String,
    pub answer: String,
    /// Why it was refused, is in conflict or was put aside, in words for a specialist, in the
    /// business's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// How many customers it has answered so far.
    #[serde(default)]
    pub helped: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LearningState {
    /// It waits for somebody to approve or discard it.
    Proposed,
    /// It holds for one customer only, or is personal: it is never kept.
    Refused,
    /// The knowledge says something else to the same question; somebody must decide.
    Conflict,
    /// Customers are told it.
    Published,
    Discarded,
    /// It was published, and has failed too often, expired, or what it was checked against has
    /// changed: customers are not told it until somebody looks.
    SetAside,
}

impl LearningState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Refused => "refused",
            Self::Conflict => "conflict",
            Self::Published => "published",
            Self::Discarded => "discarded",
            Self::SetAside => "set_aside",
        }
    }
}
