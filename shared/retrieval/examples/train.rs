//! Trains the weights of the confidence and measures them on what they were not trained on.
//! Prints the lines of `src/confidence/weights.rs`.

#![allow(clippy::unwrap_used, reason = "a tool for developers")]

use std::path::Path;

use retrieval::quality::{self, FaqFile, Noise, Question, noisy};
use retrieval::{Calibration, Entry, Features, Index, Label, Thesaurus, train_confidence};

type Example = (Features, bool);

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let folder = Path::new(&folder);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let business = |name: &str| {
        let mut file = quality::parse_faq(&read(&format!("faq-es/{name}-faq.txt"))).unwrap();
        let others = read(&format!("faq-es/{name}-unanswerable.txt"));
        file.questions.extend(quality::parse_unanswerable(&others).unwrap());
        file
    };
    let (shop, provider) = (business("shop"), business("provider"));
    let asked = [examples(&shop), examples(&provider)];
    report("ASKED", "shop", "provider", &asked);

    let (entries, questions) = xquad(&folder.join("public/xquad-es-first-half.json"));
    let middle = entries.len() / 2;
    let in_first = |q: &Question| {
        q.right.as_ref().is_some_and(|id| id.as_str() < format!("{middle:04}").as_str())
    };
    let (first, second): (Vec<_>, Vec<_>) = questions.into_iter().partition(in_first);
    let half = |questions: &[Question]| {
        let file = FaqFile { entries: entries.clone(), questions: questions.to_vec() };
        withheld(&file, false)
    };
    let as_passages = |file: &FaqFile| {
        let mut file = file.clone();
        for entry in &mut file.entries {
            entry.text = format!("{}\n{}", entry.question.take().unwrap(), entry.text);
        }
        withheld(&file, false)
    };
    let passages = [half(&first), half(&second)];
    report("PASSAGE xquad alone", "articles 1-12", "articles 13-24", &passages);
    let mut with_faq = passages.clone();
    with_faq[0].extend(passages[0].clone());
    with_faq[1].extend(passages[1].clone());
    with_faq[0].extend(as_passages(&shop));
    with_faq[1].extend(as_passages(&provider));
    report("PASSAGE", "articles 1-12, shop", "articles 13-24, provider", &with_faq);
    for (at, other) in [(0, 1), (1, 0)] {
        measure(
            &format!("xquad {at} by mixed weights"),
            &train_confidence(&with_faq[other]),
            &passages[at],
        );
    }
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
    let lines: Vec<String> = weights.iter().map(|weight| format!("{weight:.3}")).collect();
    println!("  [{}]", lines.join(", "));
}

fn measure(name: &str, weights: &[f32], examples: &[Example]) {
    let labels: Vec<Label> = examples
        .iter()
        .map(|(features, right)| Label {
            confidence: features.confidence_with(weights),
            right: *right,
        })
        .collect();
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
fn xquad(path: &Path) -> (Vec<Entry>, Vec<Question>) {
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut entries = Vec::new();
    let mut questions = Vec::new();
    for article in json["data"].as_array().unwrap() {
        for paragraph in article["paragraphs"].as_array().unwrap() {
            let id = format!("{:04}", entries.len());
            for qa in paragraph["qas"].as_array().unwrap() {
                let text = qa["question"].as_str().unwrap().to_owned();
                questions.push(Question { text, right: Some(id.clone()) });
            }
            let text = paragraph["context"].as_str().unwrap().to_owned();
            entries.push(Entry { id, text, ..Entry::default() });
        }
    }
    (entries, questions)
}
