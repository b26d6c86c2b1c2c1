//! Each time that a customer was told what a business knows, and what came of it.
//!
//! What a conversation did is kept as signs. An outcome is judged from a use and the signs after
//! it; it may be judged again when more is known, and who has seen more facts is believed.

mod erase;
mod record;

use std::fmt;

use uuid::Uuid;

use super::Error;

/// An entry that a customer was told, or offered.
#[derive(Clone, PartialEq)]
pub struct Use {
    /// Of the message that asked, and the entry's place.
    pub id: Uuid,
    pub business: String,
    pub conversation: Uuid,
    pub turn: i64,
    pub entry: Uuid,
    pub kind: UseKind,
    /// From zero; what is offered has several.
    pub place: i32,
    /// In the first hit; absent where nothing was judged.
    pub confidence: Option<f64>,
    pub question: String,
    /// When it was asked.
    pub at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseKind {
    Answered,
    Offered,
    /// The customer chose it from what was offered.
    Tapped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseOutcome {
    Good,
    Bad,
}

/// Something that a conversation did.
#[derive(Clone, PartialEq, Eq)]
pub struct Sign {
    /// Of the message that it was seen in, and the kind.
    pub id: Uuid,
    pub business: String,
    pub conversation: Uuid,
    pub turn: Option<i64>,
    pub kind: SignKind,
    /// What was asked, or the id of what was tapped.
    pub question: Option<String>,
    /// What a specialist answered.
    pub answer: Option<String>,
    pub at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignKind {
    /// The turn's answer has been sent.
    Said,
    Asked,
    Tapped,
    Thanked,
    Corrected,
    WishedPerson,
    /// A person took the turn, for whatever other reason.
    HandedOff,
    /// A specialist answered.
    PersonAnswered,
}

/// What is known of a conversation in some time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    pub uses: Vec<Use>,
    pub signs: Vec<Sign>,
}

/// A use whose outcome has not been acted upon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unweighed {
    pub id: Uuid,
    pub business: String,
    pub entry: Uuid,
    /// Whether it stands for an answer: the first of its entries, and not only offered.
    pub is_answer: bool,
    pub outcome: UseOutcome,
}

/// What was deleted with a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    pub candidates: u64,
    pub uses: u64,
    pub signs: u64,
}

const OPERATION: &str = "read what was used from";

impl UseKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Offered => "offered",
            Self::Tapped => "tapped",
        }
    }
}

impl UseOutcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }

    fn named(name: &str) -> Result<Self, Error> {
        let found = [Self::Good, Self::Bad].into_iter().find(|outcome| outcome.name() == name);
        found.ok_or(Error::Foreign { operation: OPERATION })
    }
}

impl SignKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Said => "said",
            Self::Asked => "asked",
            Self::Tapped => "tapped",
            Self::Thanked => "thanked",
            Self::Corrected => "corrected",
            Self::WishedPerson => "wished_person",
            Self::HandedOff => "handed_off",
            Self::PersonAnswered => "person_answered",
        }
    }
}

/// What a customer asked.
impl fmt::Debug for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Use")
            .field("id", &self.id)
            .field("conversation", &self.conversation)
            .field("turn", &self.turn)
            .field("entry", &self.entry)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sign")
            .field("id", &self.id)
            .field("conversation", &self.conversation)
            .field("turn", &self.turn)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
