//! What a short message is about, without a language model: a linear classifier over words, pieces
//! of words and concepts, trained at start from examples.
//!
//! Two mistakes cost: a wish for a person that is not seen, and a question that is answered with
//! a greeting. So a wish needs less than an even chance, and small talk needs to be nearly sure.

mod classifier;
mod features;
pub(crate) mod spelling;

pub use classifier::{Classifier, PERSON_CUT, SOCIAL_CUT};

const EXAMPLES: &str = include_str!("intent/examples.txt");

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    /// Whether nothing is asked.
    fn is_small_talk(self) -> bool {
        matches!(self, Self::Greeting | Self::Thanks | Self::Goodbye)
    }
}

/// What a message seems to be about. `confidence` is the probability of `intent`, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess {
    pub intent: Intent,
    pub confidence: f32,
}

/// The examples in Spanish, English and Portuguese that every business begins with.
pub fn shipped() -> impl Iterator<Item = (Intent, &'static str)> {
    let mut intent = Intent::Other;
    EXAMPLES.lines().filter_map(move |line| {
        if let Some(heading) = line.strip_prefix('[') {
            let name = heading.split(' ').next().unwrap_or_default();
            intent = Intent::parse(name).expect("a heading of the shipped file names an intent");
            return None;
        }
        Some((intent, line))
    })
}
