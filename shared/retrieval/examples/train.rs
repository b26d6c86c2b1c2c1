//! Trains the weights of the confidence and measures them on what they were not trained on.
//! Prints the lines of `src/confidence/weights.rs`.

#![allow(clippy::unwrap_used, reason = "a tool for developers")]

use std::path::Path;

use retrieval::quality::{self, FaqFile, Noise, Question, noisy};
use retrieval::{Calibration, Entry, Features, Index, Label, Thesaurus, train_confidence};

type Example = (Features, bool);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = arguments[1..].iter().map(String::as_str).collect();
    let asked: Vec<Vec<Example>> = names.iter().map(|place| examples(&business(place))).collect();
    // As they would be asked: every entry is there.
    let whole: Vec<Vec<Example>> = names
        .iter()
        .map(|place| {
            let file = business(place);
            ask(&index(&file.entries), &file.questions, Noise::Clean)
        })
        .collect();
    println!("ASKED");
    let mut pooled = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let others = asked.iter().enumerate().filter(|(other, _)| *other != at);
        let weights = train_confidence(&others.flat_map(|(_, e)| e.clone()).collect::<Vec<_>>());
        measure(&format!("  {name} left out"), &weights, &whole[at]);
        measure(&format!("  {name} left out, with halves"), &weights, &asked[at]);
        pooled.push(labels(&weights, &whole[at]));
    }
    println!("  others: confidence, right and all above it");
    for cut in [0.5, 0.6, 0.7, 0.75, 0.8, 0.825, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975] {
        let above = pooled.iter().flatten().filter(|label| label.confidence >= cut);
        let right = above.clone().filter(|label| label.right).count();
        println!("    ({cut}, {right}.0, {}.0),", above.count());
    }
    for (at, name) in names.iter().enumerate() {
        let others = pooled.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<Label> = others.flat_map(|(_, labels)| labels.clone()).collect();
        for promise in [0.9, 0.93, 0.95] {
            let cut = Calibration::learn(&others, promise).cut.unwrap_or(2.0);
            let above: Vec<&Label> = pooled[at].iter().filter(|l| l.confidence >= cut).collect();
            let right = above.iter().filter(|label| label.right).count();
            println!("  {name}: cut {cut:.3} of the others for {promise}: {right}/{}", above.len());
        }
    }
    let all = asked.concat();
    let weights = train_confidence(&all);
    measure("  trained on all of it", &weights, &all);
    print(&weights);

    let json = std::fs::read_to_string(&arguments[0]).unwrap();
    let file = quality::parse_passages(&json).unwrap();
    let middle = format!("{:04}", file.entries.len() / 2);
    let is_first = |q: &Question| q.right.as_ref().is_some_and(|id| *id < middle);
    let (first, second): (Vec<_>, Vec<_>) = file.questions.into_iter().partition(is_first);
    let half = |questions: &[Question]| {
        let file = FaqFile { entries: file.entries.clone(), questions: questions.to_vec() };
        withheld(&file, false)
    };
    report("PASSAGE", "articles 1-12", "articles 13-24", &[half(&first), half(&second)]);
}

fn business(place: &str) -> FaqFile {
    let read = |ending: &str| {
        let (folder, name) = place.split_once(':').unwrap();
        std::fs::read_to_string(Path::new(folder).join(format!("{name}-{ending}.txt"))).unwrap()
    };
    let mut file = quality::parse_faq(&read("faq")).unwrap();
    file.questions.extend(quality::parse_unanswerable(&read("unanswerable")).unwrap());
    file
}

fn labels(weights: &[f32], examples: &[Example]) -> Vec<Label> {
    let label = |(features, right): &Example| Label {
        confidence: features.confidence_with(weights),
        right: *right,
    };
    examples.iter().map(label).collect()
}

fn print(weights: &[f32]) {
    let lines: Vec<String> = weights.iter().map(|weight| format!("{weight:.3}")).collect();
    println!("  [{}]", lines.join(", "));
}

/// All entries, then each half of them with the other half withheld.
fn examples(file: &FaqFile) -> Vec<Example> {
    let mut examples = ask(&index(&file.entries), &file.questions, Noise::Clean);
    examples.extend(withheld(file, true));
    examples
}

fn withheld(file: &FaqFile, is_clean: bool) -> Vec<Example> {
    let mut examples = Vec::new();
    for rest in [0, 1] {
        let kept: Vec<Entry> = file
            .entries
            .iter()
            .enumerate()
            .filter(|(at, _)| (at * 7 / 3) % 2 == rest)
            .map(|(_, e)| e.clone())
            .collect();
        let index = index(&kept);
        examples.extend(ask(&index, &file.questions, Noise::Clean));
        if !is_clean {
            examples.extend(ask(&index, &file.questions, Noise::Typos));
        }
    }
    examples
}

fn index(entries: &[Entry]) -> Index {
    let mut index = Index::new(Thesaurus::shipped());
    for entry in entries {
        index.insert(entry.clone());
    }
    index
}

fn ask(index: &Index, questions: &[Question], noise: Noise) -> Vec<Example> {
    let mut seed = 0;
    let ask = |question: &Question| {
        seed += 1;
        let (id, features) = index.features(&noisy(&question.text, noise, seed))?;
        Some((features, question.right.as_ref() == Some(&id)))
    };
    questions.iter().filter_map(ask).collect()
}

fn report(name: &str, one: &str, other: &str, examples: &[Vec<Example>; 2]) {
    println!("{name}");
    measure(
        &format!("  trained on {one}, asked of {other}"),
        &train_confidence(&examples[0]),
        &examples[1],
    );
    measure(
        &format!("  trained on {other}, asked of {one}"),
        &train_confidence(&examples[1]),
        &examples[0],
    );
    let all = examples.concat();
    let weights = train_confidence(&all);
    measure("  trained on all of it", &weights, &all);
    print(&weights);
}

fn measure(name: &str, weights: &[f32], examples: &[Example]) {
    let labels = labels(weights, examples);
    let right = labels.iter().filter(|label| label.right).count();
    // Of the labels that are right: how many are above the lowest cut with 95 % right above it.
    let mut sorted = labels.clone();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let (mut seen, mut best) = (0, 0);
    let mut above = 0_f64;
    for (at, label) in sorted.iter().enumerate() {
        if label.right {
            seen += 1;
        } else {
            above += seen as f64;
        }
        if seen as f64 / (at + 1) as f64 >= 0.95 {
            best = seen;
        }
    }
    let auc = above / (right as f64 * (labels.len() - right) as f64);
    // Cross-calibrated: the cut comes from one half.
    let (mut answered, mut good) = (0, 0);
    for parity in [0, 1] {
        let half = |p: usize| {
            labels
                .iter()
                .enumerate()
                .filter(move |(at, _)| at % 2 == p)
                .map(|(_, l)| *l)
                .collect::<Vec<_>>()
        };
        let calibration = Calibration::learn(&half(1 - parity), 0.95);
        for label in half(parity) {
            if calibration.cut.is_some_and(|cut| label.confidence >= cut) {
                answered += 1;
                good += usize::from(label.right);
            }
        }
    }
    println!(
        "{name}: n {} top right {:.3} auc {auc:.3}; at 95 % (oracle) {:.3} of the right; calibrated: realised {:.3} ({answered}), {:.3} of the right",
        labels.len(),
        right as f64 / labels.len() as f64,
        best as f64 / right as f64,
        good as f64 / f64::from(answered.max(1)),
        good as f64 / right as f64,
    );
}
