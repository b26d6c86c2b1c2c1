use triage::intent::labels::{Sorter, measure};

const KNOWN: &str = include_str!("../../../../shared/retrieval/data/faq-es/intents-train.txt");
const SEEN: &str = include_str!("../../../../shared/retrieval/data/faq-es/intents-test.txt");
/// Written before the examples of subjects, and none of them was changed because of what these
/// showed.
const UNSEEN: &str = include_str!("../../../../shared/retrieval/data/unseen/intents.txt");

fn lines(text: &str) -> Vec<(&str, &str)> {
    text.lines().map(|line| line.split_once('|').unwrap()).collect()
}

#[test]
fn messages_are_sorted_by_a_business_s_own_labels() {
    for (name, text) in [("seen", SEEN), ("unseen", UNSEEN)] {
        let sorter = Sorter::train(&lines(KNOWN));
        for (label, message) in lines(text) {
            let sorted = sorter.sort(message);
            if sorted != label {
                println!("{label} taken for {sorted}: {message}");
            }
        }
        let quality = measure(&lines(KNOWN), &lines(text));
        println!("{name}: {quality:?}");
        assert!(quality.macro_f1 >= 0.8, "{name}: {quality:?}");
        assert!(quality.human_recall >= Some(0.95), "{name}: {quality:?}");
    }
}
