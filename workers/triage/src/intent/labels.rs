//! Messages sorted by whatever labels a business has, and how well that goes.
//!
//! The shipped examples help wherever a label means what they do. Which one that is, is not read
//! from its name: a classifier of the shipped examples looks at the business's own.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::classifier::{PERSON_CUT, SOCIAL_CUT, small_talk, within_courtesies};
use super::features::{self, SmallTalk};
use super::linear::{Example, Linear};
use super::spelling::words;
use super::{Intent, shipped};

/// What a message that is neither small talk nor a wish for a person may be about.
const KINDS: &str = include_str!("kinds.txt");
const SUBJECTS: [&str; 4] = ["stock", "purchase", "facts", "account"];
/// Greetings, thanks and goodbyes; wishes for a person; the subjects.
const FAMILIES: usize = 2 + SUBJECTS.len();
const SOCIAL: usize = 0;
const PERSON: usize = 1;
/// A label means what this share of its examples are taken for.
const MOSTLY: f32 = 0.5;

/// How well messages are sorted, by the decisions that would be made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    pub n: usize,
    /// The mean over the labels that occur.
    pub macro_f1: f32,
    /// The share of wishes for a person that are seen; none where no label means that.
    pub human_recall: Option<f32>,
}

/// Trains on some labelled messages and sorts others.
pub fn measure(known: &[(&str, &str)], asked: &[(&str, &str)]) -> Quality {
    let sorter = Sorter::train(known);
    let sorted: Vec<(&str, &str)> =
        asked.iter().map(|(label, message)| (*label, sorter.sort(message))).collect();
    let labels: BTreeSet<&str> = sorted.iter().flat_map(|(one, other)| [*one, *other]).collect();
    let count = |is: &dyn Fn(&(&str, &str)) -> bool| sorted.iter().filter(|s| is(s)).count() as f32;
    let f1 = |label: &&str| {
        let right = count(&|(one, other)| one == label && other == label);
        let either = count(&|(one, _)| one == label) + count(&|(_, other)| other == label);
        2.0 * right / either
    };
    let recall = |label: &str| {
        let all = count(&|(one, _)| *one == label);
        (all > 0.0).then(|| count(&|(one, other)| *one == label && *other == label) / all)
    };
    Quality {
        n: asked.len(),
        macro_f1: labels.iter().map(f1).sum::<f32>() / labels.len().max(1) as f32,
        human_recall: sorter.person().and_then(recall),
    }
}

/// Gives a message one of the labels that it was trained with.
pub struct Sorter {
    labels: Vec<String>,
    /// What each label means, where it means something of ours.
    families: Vec<Option<usize>>,
    linear: Linear,
    small_talk: SmallTalk,
}

impl fmt::Debug for Sorter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sorter").field("labels", &self.labels).finish_non_exhaustive()
    }
}

impl Sorter {
    /// Trains on labelled messages. The same ones in the same order make the same one.
    pub fn train(examples: &[(&str, &str)]) -> Self {
        let labels: Vec<&str> =
            examples.iter().map(|(label, _)| *label).collect::<BTreeSet<_>>().into_iter().collect();
        let place = |label: &str| labels.iter().position(|known| *known == label);
        let ours = ours();
        let families = families(&ours, &labels, examples);
        let own = examples
            .iter()
            .map(|(label, text)| (place(label).into_iter().collect::<Vec<_>>(), words(text)));
        let joined = ours.iter().filter_map(|(kinds, words)| {
            let means = |place: &usize| families[*place].is_some_and(|f| kinds.contains(&f));
            let mut places: Vec<usize> = (0..labels.len()).filter(means).collect();
            if places.is_empty() || kinds.len() > 1 {
                // What no label stands for is of one that stands for nothing of ours.
                places.extend((0..labels.len()).filter(|place| families[*place].is_none()));
            }
            (!places.is_empty()).then(|| (places, words.clone()))
        });
        let all: Vec<(Vec<usize>, Vec<String>)> = own.clone().chain(own).chain(joined).collect();
        let is_social = |places: &[usize]| places.iter().all(|p| families[*p] == Some(SOCIAL));
        let small_talk =
            small_talk(all.iter().filter(|(places, _)| is_social(places)).map(|(_, words)| words));
        let linear = Linear::train(labels.len(), &prepare(&all, &small_talk, is_social));
        let labels = labels.into_iter().map(str::to_owned).collect();
        Self { labels, families, linear, small_talk }
    }

    /// The label of a message, with the thresholds that [`super::Classifier`] has.
    pub fn sort(&self, message: &str) -> &str {
        let words = words(message);
        let chances = self.linear.chances(&features::of(&words, &self.small_talk));
        let means = |place: usize, family: usize| self.families[place] == Some(family);
        let likely = |is_meant: &dyn Fn(usize) -> bool| {
            let meant = (0..chances.len()).filter(|place| is_meant(*place));
            meant.max_by(|one, other| chances[*one].total_cmp(&chances[*other]))
        };
        let person = likely(&|place| means(place, PERSON) && chances[place] >= PERSON_CUT);
        let asked = likely(&|place| !means(place, SOCIAL) && !means(place, PERSON));
        let social = likely(&|place| means(place, SOCIAL) && chances[place] >= SOCIAL_CUT);
        let any = likely(&|_| true);
        person.or(social).or(asked).or(any).map_or("", |place| self.labels[place].as_str())
    }

    /// The label that means a wish for a person.
    pub fn person(&self) -> Option<&str> {
        let place = self.families.iter().position(|family| *family == Some(PERSON))?;
        Some(&self.labels[place])
    }
}

/// The shipped examples, each with the families that it may belong to.
fn ours() -> Vec<(Vec<usize>, Vec<String>)> {
    let subjects: Vec<usize> = (2..FAMILIES).collect();
    let intents = shipped().map(|(intent, text)| {
        let families = match intent {
            Intent::Person => vec![PERSON],
            Intent::Other => subjects.clone(),
            _ => vec![SOCIAL],
        };
        (families, words(text))
    });
    let mut family = 0;
    let kinds = KINDS.lines().filter_map(|line| {
        if let Some(heading) = line.strip_prefix('[') {
            let subject = SUBJECTS.iter().position(|subject| heading.starts_with(subject));
            family = 2 + subject.expect("a heading of the shipped file names a subject");
            return None;
        }
        Some((vec![family], words(line)))
    });
    intents.chain(kinds).collect()
}

/// What most examples of each label are taken for.
fn families(
    ours: &[(Vec<usize>, Vec<String>)],
    labels: &[&str],
    examples: &[(&str, &str)],
) -> Vec<Option<usize>> {
    let is_social = |families: &[usize]| families == [SOCIAL];
    let social = ours.iter().filter(|(families, _)| is_social(families));
    let small_talk = small_talk(social.map(|(_, words)| words));
    let linear = Linear::train(FAMILIES, &prepare(ours, &small_talk, is_social));
    let mut taken: BTreeMap<&str, [f32; FAMILIES]> = BTreeMap::new();
    for (label, text) in examples {
        let chances = linear.chances(&features::of(&words(text), &small_talk));
        let likeliest = (0..FAMILIES).max_by(|a, b| chances[*a].total_cmp(&chances[*b]));
        taken.entry(label).or_default()[likeliest.unwrap_or(SOCIAL)] += 1.0;
    }
    let family = |label: &&str| {
        let counts = taken.get(label)?;
        let all: f32 = counts.iter().sum();
        (0..FAMILIES).find(|family| counts[*family] > MOSTLY * all)
    };
    labels.iter().map(family).collect()
}

fn prepare(
    examples: &[(Vec<usize>, Vec<String>)],
    small_talk: &SmallTalk,
    is_social: impl Fn(&[usize]) -> bool,
) -> Vec<Example> {
    let mut prepared = Vec::with_capacity(2 * examples.len());
    for (index, (classes, words)) in examples.iter().enumerate() {
        let mut add = |words: &[String]| {
            let features = features::of(words, small_talk);
            prepared.push(Example { classes: classes.clone(), features });
        };
        add(words);
        if !is_social(classes) && words.len() > 2 {
            add(&within_courtesies(words, index));
        }
    }
    prepared
}
