//! Measures retrieval on a folder with `faq-es/` and, if it is there, `public/xquad-es-*.json`:
//! `cargo run --release -p retrieval --example quality -- FOLDER`.

#![allow(clippy::unwrap_used, reason = "a tool for developers")]

use std::path::Path;

use retrieval::quality::{self, FaqFile, Noise, Question};
use retrieval::{Calibration, Entry, Index, Thesaurus};

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "shared/retrieval/data".to_owned());
    let folder = Path::new(&folder);
    let read = |name: &str| std::fs::read_to_string(folder.join("faq-es").join(name)).unwrap();
    let thesaurus = Thesaurus::shipped();
    let conservative = Calibration::conservative();
    let pairs = quality::parse_pairs(&read("dangerous-pairs.txt"));
    println!("pairs: {:?}", quality::pairs(&thesaurus, &pairs, &conservative));
    let bold = Calibration { cut: Some(0.5), ..conservative };
    println!("pairs, cut at 0.5: {:?}", quality::pairs(&thesaurus, &pairs, &bold));
    for business in ["shop", "provider"] {
        let mut file = quality::parse_faq(&read(&format!("{business}-faq.txt")));
        let index = file.index(&thesaurus);
        println!("{business}: {:?}", quality::faq(&index, &file.questions));
        let asked: Vec<String> = file.questions.iter().map(|asked| asked.text.clone()).collect();
        let others = quality::parse_unanswerable(&read(&format!("{business}-unanswerable.txt")));
        let learned = quality::learned(&thesaurus, &asked, &others, &conservative);
        println!("{business}, learned: {learned:?}");
        println!("{business}, the fourth question after three were learned: {:.3}", taught(&file));
        file.questions.extend(others);
        println!("{business}, handoff: {:?}", quality::handoff(&index, &file.questions, 0.95));
    }
    let Ok(xquad) = std::fs::read_to_string(folder.join("public/xquad-es-first-half.json")) else {
        return;
    };
    let (entries, questions) = parse_xquad(&xquad);
    let index = fill(&thesaurus, entries.iter());
    for noise in [Noise::Clean, Noise::Folded, Noise::Chat, Noise::Typos] {
        println!("xquad {noise:?}: {:?}", quality::passages(&index, &questions, noise));
    }
    for rest in [0, 1] {
        let kept = entries.iter().enumerate().filter(|(at, _)| at % 2 == rest).map(|(_, e)| e);
        let index = fill(&thesaurus, kept.clone());
        let is_kept = |id: &String| kept.clone().any(|entry| entry.id == *id);
        let asked = questions.iter().cloned().map(|mut question| {
            question.right = question.right.filter(is_kept);
            question
        });
        let asked: Vec<Question> = asked.collect();
        println!("xquad, half withheld: {:?}", quality::handoff(&index, &asked, 0.95));
    }
}

/// How often the right entry comes first for each question when the other questions for it were
/// learned and the classifier trained.
fn taught(file: &FaqFile) -> f64 {
    let mut right = 0;
    for turn in 0..4 {
        let (asked, known): (Vec<_>, Vec<_>) =
            file.questions.iter().enumerate().partition(|(at, _)| at % 4 == turn);
        let entries = file.entries.iter().map(|entry| {
            let own = known.iter().filter(|(_, q)| q.right.as_ref() == Some(&entry.id));
            Entry { phrasings: own.map(|(_, q)| q.text.clone()).collect(), ..entry.clone() }
        });
        let entries: Vec<Entry> = entries.collect();
        let mut index = fill(&Thesaurus::shipped(), entries.iter());
        index.train();
        let is_right = |question: &&(usize, &Question)| {
            let hits = index.search(&question.1.text, 1);
            hits.first().map(|hit| &hit.id) == question.1.right.as_ref()
        };
        right += asked.iter().filter(is_right).count();
    }
    right as f64 / file.questions.len() as f64
}

fn fill<'a>(thesaurus: &Thesaurus, entries: impl Iterator<Item = &'a Entry>) -> Index {
    let mut index = Index::new(thesaurus.clone());
    for entry in entries {
        index.insert(entry.clone());
    }
    index
}

fn parse_xquad(json: &str) -> (Vec<Entry>, Vec<Question>) {
    let json: serde_json::Value = serde_json::from_str(json).unwrap();
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
