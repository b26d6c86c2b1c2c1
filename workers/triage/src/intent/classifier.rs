//! From the words of a message to what it is about.

use std::collections::HashMap;
use std::fmt;

use super::features::{self, SmallTalk};
use super::linear::{Example, Linear};
use super::spelling::words;
use super::{Guess, Intent, is_small_talk};

/// How likely a wish for a person must be.
pub const PERSON_CUT: f32 = 0.35;
/// How likely a greeting, thanks or a goodbye must be. Below it a message is [`Intent::Other`]: it
/// is better read in vain than not at all.
pub const SOCIAL_CUT: f32 = 0.5;

/// Words that a message may begin or end with and still mean the same.
const BEFORE: [&str; 8] =
    ["hola", "buenas tardes", "gracias", "hi", "buenos dias", "oi", "ok gracias", "bom dia"];
const AFTER: [&str; 4] = ["gracias", "porfa", "thanks", "obrigado"];

/// Tells the intent of a message. It takes about 350 kB.
#[derive(Clone)]
pub struct Classifier {
    linear: Linear,
    small_talk: SmallTalk,
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Classifier").finish_non_exhaustive()
    }
}

impl Classifier {
    /// Trains on examples. The same examples in the same order make the same classifier.
    pub fn train<'a>(examples: impl IntoIterator<Item = (Intent, &'a str)>) -> Self {
        let examples: Vec<(Intent, Vec<String>)> =
            examples.into_iter().map(|(intent, text)| (intent, words(text))).collect();
        let small_talk = small_talk(
            examples.iter().filter(|(intent, _)| is_small_talk(*intent)).map(|(_, words)| words),
        );
        let mut prepared = Vec::with_capacity(2 * examples.len());
        for (index, (intent, words)) in examples.iter().enumerate() {
            let example = |words: &[String]| Example {
                classes: vec![*intent as usize],
                features: features::of(words, &small_talk),
            };
            prepared.push(example(words));
            if !is_small_talk(*intent) && words.len() > 2 {
                prepared.push(example(&within_courtesies(words, index)));
            }
        }
        Self { linear: Linear::train(Intent::ALL.len(), &prepared), small_talk }
    }

    pub fn classify(&self, message: &str) -> Guess {
        let words = words(message);
        if words.is_empty() {
            return Guess { intent: Intent::Other, confidence: 0.0 };
        }
        let chances = self.linear.chances(&features::of(&words, &self.small_talk));
        let chance = |intent: Intent| chances[intent as usize];
        let likeliest = Intent::ALL
            .into_iter()
            .max_by(|one, other| chance(*one).total_cmp(&chance(*other)))
            .filter(|likeliest| !is_small_talk(*likeliest) || chance(*likeliest) >= SOCIAL_CUT);
        let intent = match likeliest {
            _ if chance(Intent::Person) >= PERSON_CUT => Intent::Person,
            Some(Intent::Person) | None => Intent::Other,
            Some(likeliest) => likeliest,
        };
        Guess { intent, confidence: chance(intent) }
    }
}

/// The words of at least two examples of small talk. A word that is not among them is a sign that
/// something is asked, whatever it means; one example alone must not hide that sign from itself.
pub(super) fn small_talk<'a>(examples: impl Iterator<Item = &'a Vec<String>>) -> SmallTalk {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in examples.flatten() {
        *counts.entry(word).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(word, _)| word.to_owned()).collect()
}

/// A question stays a question after a greeting and before thanks.
pub(super) fn within_courtesies(example: &[String], index: usize) -> Vec<String> {
    let (before, after) = match index % 3 {
        0 => ("", AFTER[index / 3 % AFTER.len()]),
        _ => (BEFORE[index % BEFORE.len()], ""),
    };
    words(before).into_iter().chain(example.iter().cloned()).chain(words(after)).collect()
}
