//! Multinomial logistic regression over hashed features, trained by stochastic gradient descent.

use std::collections::HashMap;
use std::fmt;

use super::features::{self, BUCKETS, SmallTalk};
use super::spelling::words;
use super::{Guess, Intent, is_small_talk};

/// How likely a wish for a person must be.
pub const PERSON_CUT: f32 = 0.35;
/// How likely a greeting, thanks or a goodbye must be. Below it a message is [`Intent::Other`]: it
/// is better read in vain than not at all.
pub const SOCIAL_CUT: f32 = 0.5;

const EPOCHS: usize = 5;
const RATE: f32 = 1.0;
/// Words that a message may begin or end with and still mean the same.
const BEFORE: [&str; 8] =
    ["hola", "buenas tardes", "gracias", "hi", "buenos dias", "oi", "ok gracias", "bom dia"];
const AFTER: [&str; 4] = ["gracias", "porfa", "thanks", "obrigado"];

/// One number for each intent, in the order of [`Intent::ALL`].
type Scores = [f32; Intent::ALL.len()];

/// Tells the intent of a message. It takes about 350 kB.
#[derive(Clone)]
pub struct Classifier {
    weights: Vec<Scores>,
    small_talk: SmallTalk,
}

impl fmt::Debug for Classifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Classifier").finish_non_exhaustive()
    }
}

struct Example {
    intent: usize,
    features: Vec<usize>,
}

impl Classifier {
    /// Trains on examples. The same examples in the same order make the same classifier.
    pub fn train<'a>(examples: impl IntoIterator<Item = (Intent, &'a str)>) -> Self {
        let examples: Vec<(Intent, Vec<String>)> =
            examples.into_iter().map(|(intent, text)| (intent, words(text))).collect();
        let mut classifier =
            Self { weights: vec![Scores::default(); BUCKETS], small_talk: small_talk(&examples) };
        let mut prepared = Vec::with_capacity(2 * examples.len());
        for (index, (intent, words)) in examples.iter().enumerate() {
            prepared.push(classifier.example(*intent, words));
            if !is_small_talk(*intent) && words.len() > 2 {
                prepared.push(classifier.example(*intent, &within_courtesies(words, index)));
            }
        }
        classifier.descend(&prepared);
        classifier
    }

    pub fn classify(&self, message: &str) -> Guess {
        let words = words(message);
        if words.is_empty() {
            return Guess { intent: Intent::Other, confidence: 0.0 };
        }
        let chances = self.chances(&features::of(&words, &self.small_talk));
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

    fn example(&self, intent: Intent, words: &[String]) -> Example {
        Example { intent: intent as usize, features: features::of(words, &self.small_talk) }
    }

    /// The probability of each intent.
    fn chances(&self, features: &[usize]) -> Scores {
        let mut scores = Scores::default();
        for feature in features {
            add(&mut scores, &self.weights[*feature], 1.0);
        }
        let scale = scale(features);
        let highest = scores.iter().fold(f32::MIN, |highest, score| highest.max(*score));
        let chances = scores.map(|score| ((score - highest) * scale).exp());
        let sum: f32 = chances.iter().sum();
        chances.map(|chance| chance / sum)
    }

    /// AdaGrad by feature: what has often been changed is changed less.
    fn descend(&mut self, examples: &[Example]) {
        let mut squares = vec![0.0_f32; BUCKETS];
        let mut random = 1;
        let mut order: Vec<usize> = (0..examples.len()).collect();
        for _ in 0..EPOCHS {
            shuffle(&mut order, &mut random);
            for index in &order {
                let Example { intent, features } = &examples[*index];
                let mut gradient = self.chances(features);
                gradient[*intent] -= 1.0;
                let scale = scale(features);
                let square =
                    gradient.iter().map(|slope| slope * slope).sum::<f32>() * scale * scale;
                for feature in features {
                    let sum = &mut squares[*feature];
                    *sum += square;
                    let rate = RATE * scale / (sum.sqrt() + 1e-6);
                    add(&mut self.weights[*feature], &gradient, -rate);
                }
            }
        }
    }
}

/// Written out, since training is the only heavy work at start, also in a debug build.
fn add(sum: &mut Scores, [a, b, c, d, e]: &Scores, factor: f32) {
    sum[0] += a * factor;
    sum[1] += b * factor;
    sum[2] += c * factor;
    sum[3] += d * factor;
    sum[4] += e * factor;
}

/// Long messages have more features, and are not surer for it.
fn scale(features: &[usize]) -> f32 {
    let count = u16::try_from(features.len()).unwrap_or(u16::MAX);
    1.0 / f32::from(count.max(1)).sqrt()
}

/// The words of at least two examples of small talk. A word that is not among them is a sign that
/// something is asked, whatever it means; one example alone must not hide that sign from itself.
fn small_talk(examples: &[(Intent, Vec<String>)]) -> SmallTalk {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for (_, words) in examples.iter().filter(|(intent, _)| is_small_talk(*intent)) {
        for word in words {
            *counts.entry(word).or_default() += 1;
        }
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(word, _)| word.to_owned()).collect()
}

/// A question stays a question after a greeting and before thanks.
fn within_courtesies(example: &[String], index: usize) -> Vec<String> {
    let (before, after) = match index % 3 {
        0 => ("", AFTER[index / 3 % AFTER.len()]),
        _ => (BEFORE[index % BEFORE.len()], ""),
    };
    words(before).into_iter().chain(example.iter().cloned()).chain(words(after)).collect()
}

/// Puts the examples into another order, always the same one.
fn shuffle(order: &mut [usize], random: &mut u32) {
    for last in (1..order.len()).rev() {
        *random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        order.swap(last, (*random >> 8) as usize % (last + 1));
    }
}
