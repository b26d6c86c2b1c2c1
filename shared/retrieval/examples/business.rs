//! Measures the businesses of a folder, and with a third argument names what was missed:
//! `cargo run --release -p retrieval --example business -- FOLDER NAME,NAME [misses]`.

#![allow(clippy::unwrap_used, reason = "a tool for developers")]

use std::path::Path;

use retrieval::quality::{self, FaqFile};
use retrieval::{Calibration, Index, Thesaurus};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let folder = Path::new(&arguments[0]);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let thesaurus = Thesaurus::shipped();
    let (mut r1, mut r3, mut count) = (0.0, 0.0, 0.0);
    for business in arguments[1].split(',') {
        let mut file = quality::parse_faq(&read(&format!("{business}-faq.txt"))).unwrap();
        let index = file.index(&thesaurus);
        let found = quality::faq(&index, &file.questions);
        let all = found.n as f32;
        (r1, r3, count) = (r1 + found.r1 * all, r3 + found.r3 * all, count + all);
        if arguments.len() > 2 {
            misses(&index, &file);
        }
        let others = read(&format!("{business}-unanswerable.txt"));
        file.questions.extend(quality::parse_unanswerable(&others).unwrap());
        let handoff = quality::handoff(&index, &file.questions, 0.95);
        println!(
            "{business:18} n {:3}  R@1 {:.1} ({:.0}-{:.0})  R@3 {:.1}  answered {} realised {:?} right {:.3}",
            found.n,
            found.r1 * 100.0,
            found.r1_ci[0] * 100.0,
            found.r1_ci[1] * 100.0,
            found.r3 * 100.0,
            handoff.answered,
            handoff.realised,
            handoff.answered_right
        );
    }
    println!("all {count}: R@1 {:.1}  R@3 {:.1}", r1 / count * 100.0, r3 / count * 100.0);
}

fn misses(index: &Index, file: &FaqFile) {
    let text = |id: &String| {
        let entry = file.entries.iter().find(|entry| entry.id == *id).unwrap();
        entry.question.clone().unwrap_or_default()
    };
    for question in &file.questions {
        let judgement = index.judge(&question.text, &Calibration::conservative());
        let right = question.right.as_ref().unwrap();
        if judgement.hits.first().map(|hit| &hit.id) == Some(right) {
            continue;
        }
        let place = index.search(&question.text, 99).iter().position(|hit| hit.id == *right);
        let found = judgement.hits.first().map(|hit| text(&hit.id)).unwrap_or_default();
        println!("{place:?} {} -> {} NOT {found}", question.text, text(right));
    }
}
