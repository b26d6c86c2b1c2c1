//! What happens to a sentence on its way through a phone.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::random::Random;

/// Each level has the ones before in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noise {
    Clean,
    /// No accents, no capitals, no punctuation.
    Folded,
    /// And "q", "xq", and b for v.
    Chat,
    /// And a slip in one of three words of four letters or more.
    Typos,
}

impl Noise {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Folded => "folded",
            Self::Chat => "chat",
            Self::Typos => "typos",
        }
    }
}

/// The same sentence, seed and noise make the same result.
pub fn noisy(sentence: &str, noise: Noise, seed: u64) -> String {
    if noise == Noise::Clean {
        return sentence.to_owned();
    }
    let folded: String = sentence
        .nfkd()
        .filter(|c| !is_combining_mark(*c) && !matches!(c, '¿' | '?' | '¡' | '!' | ',' | '.'))
        .flat_map(char::to_lowercase)
        .collect();
    if noise == Noise::Folded {
        return folded;
    }
    let mut random = Random::new(seed);
    let mut words: Vec<String> =
        folded.split_whitespace().map(|word| short(word, &mut random)).collect();
    if noise == Noise::Typos {
        for word in &mut words {
            let letters: Vec<char> = word.chars().collect();
            if letters.len() >= 4
                && letters.iter().all(|c| c.is_alphabetic())
                && random.below(3) == 0
            {
                *word = slip(letters, &mut random);
            }
        }
    }
    words.join(" ")
}

fn short(word: &str, random: &mut Random) -> String {
    match word {
        "que" => "q".to_owned(),
        "porque" => "xq".to_owned(),
        "por" => "x".to_owned(),
        "tambien" => "tb".to_owned(),
        "para" => "pa".to_owned(),
        _ if random.below(3) > 0 => word.to_owned(),
        _ if word.contains('v') => word.replacen('v', "b", 1),
        _ => word.replacen('b', "v", 1),
    }
}

fn slip(mut letters: Vec<char>, random: &mut Random) -> String {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let at = random.below(letters.len() - 1);
    match random.below(4) {
        0 => letters.swap(at, at + 1),
        1 => drop(letters.remove(at)),
        2 => letters.insert(at, letters[at]),
        _ => {
            let row = ROWS.iter().find(|row| row.contains(letters[at]));
            let row: Vec<char> = row.map(|row| row.chars().collect()).unwrap_or_default();
            if let Some(place) = row.iter().position(|key| *key == letters[at]) {
                letters[at] = row[if place == 0 { 1 } else { place - 1 }];
            }
        }
    }
    letters.into_iter().collect()
}
