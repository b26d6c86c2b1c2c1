//! What a short message is about, without a language model: a linear classifier over words, pieces
//! of words and concepts, trained at start from examples.
//!
//! Two mistakes cost: a wish for a person that is not seen, and a question that is answered with
//! a greeting. So a wish needs less than an even chance, and small talk needs to be nearly sure.

mod classifier;
mod features;
pub mod labels;
mod linear;
pub(crate) mod spelling;

pub use classifier::{Classifier, PERSON_CUT, SOCIAL_CUT};
pub use runtime::business::Intent;

const EXAMPLES: &str = include_str!("intent/examples.txt");

/// Whether nothing is asked.
pub(crate) fn is_small_talk(intent: Intent) -> bool {
    matches!(intent, Intent::Greeting | Intent::Thanks | Intent::Goodbye)
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
