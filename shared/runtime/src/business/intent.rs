//! What a message of a customer is for, as far as examples can tell.

use serde::Deserialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Intent {
    /// Only a greeting, perhaps with the word that a question is going to follow.
    Greeting,
    /// Thanks, or a sign that what was said has been understood.
    Thanks,
    Goodbye,
    /// A wish to speak to a human being, or to be called.
    Person,
    /// A question, a request, an answer: whatever has to be read.
    Other,
}

impl Intent {
    pub const ALL: [Self; 5] =
        [Self::Greeting, Self::Thanks, Self::Goodbye, Self::Person, Self::Other];

    /// The intent of this name, as it stands in a business's examples: `greeting`, `thanks`,
    /// `goodbye`, `person` or `other`.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|intent| intent.as_str() == name)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Greeting => "greeting",
            Self::Thanks => "thanks",
            Self::Goodbye => "goodbye",
            Self::Person => "person",
            Self::Other => "other",
        }
    }
}
