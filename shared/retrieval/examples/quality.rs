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
    let pairs = quality::parse_pairs(&read("dangerous-pairs.txt")).unwrap();
    println!("pairs: {:?}", quality::pairs(&thesaurus, &pairs, &conservative));
    let bold = Calibration { cut: Some(0.5), ..conservative };
    println!("pairs, cut at 0.5: {:?}", quality::pairs(&thesaurus, &pairs, &bold));
    for business in ["shop", "provider"] {
        let mut file = quality::parse_faq(&read(&format!("{business}-faq.txt"))).unwrap();
        let index = file.index(&thesaurus);
        println!("{business}: {:?}", quality::faq(&index, &file.questions));
        let asked: Vec<String> = file.questions.iter().map(|asked| asked.text.clone()).collect();
        let others = read(&format!("{business}-unanswerable.txt"));
        let others = quality::parse_unanswerable(&others).unwrap();
        let learned = quality::learned(&thesaurus, &asked, &others, &conservative);
        println!("{business}, learned: {learned:?}");
        println!("{business}, the fourth question after three were learned: {:.3}", taught(&file));
        file.questions.extend(others);
        println!("{business}, handoff: {:?}", quality::handoff(&index, &file.questions, 0.95));
    }
    let Ok(xquad) = std::fs::read_to_string(folder.join("public/xquad-es-first-half.json")) else {
        return;
    };
    let file = quality::parse_passages(&xquad).unwrap();
    let index = file.index(&thesaurus);
    for noise in [Noise::Clean, Noise::Folded, Noise::Chat, Noise::Typos] {
        println!("xquad {noise:?}: {:?}", quality::passages(&index, &file.questions, noise));
    }
    for half in quality::withheld(&thesaurus, &file, 0.95) {
        println!("xquad, half withheld: {half:?}");
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
        let mut index = Index::filled(&Thesaurus::shipped(), &entries);
        index.train();
        let is_right = |question: &&(usize, &Question)| {
            let hits = index.search(&question.1.text, 1);
            hits.first().map(|hit| &hit.id) == question.1.right.as_ref()
        };
        right += asked.iter().filter(is_right).count();
    }
    right as f64 / file.questions.len() as f64
}
