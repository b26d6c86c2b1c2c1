use triage::intent::labels::{Sorter, measure};

const KNOWN: &str = include_str!("../../../../shared/retrieval/data/faq-es/intents-train.txt");
const SEEN: &str = include_str!("../../../../shared/retrieval/data/faq-es/intents-test.txt");
/// Written before the examples of subjects; more were added after one look at what these showed.
const UNSEEN: &str = include_str!("../../../../shared/retrieval/data/unseen/intents.txt");

fn lines(text: &str) -> Vec<(&str, &str)> {
    text.lines().map(|line| line.split_once('|').unwrap()).collect()
}

#[test]
fn a_label_s_meaning_is_told_by_its_examples() {
    let known = [
        ("a", "hola"),
        ("a", "buenos dias"),
        ("b", "quiero hablar con una persona"),
        ("b", "pasame con un asesor"),
        ("c", "a que hora abren"),
        ("c", "donde estan ubicados"),
    ];
    let sorter = Sorter::train(&known);
    assert_eq!(sorter.person(), Some("b"));
    assert_eq!(sorter.sort("que me llame un ejecutivo"), "b");
    assert_eq!(sorter.sort("buenas tardes"), "a");
    assert_eq!(sorter.sort("en que calle estan"), "c");
    assert_eq!(Sorter::train(&known[..2]).person(), None);
    assert_eq!(measure(&known, &[]).n, 0);
}

#[test]
fn messages_are_sorted_by_a_business_s_own_labels() {
    for (name, text) in [("seen", SEEN), ("unseen", UNSEEN)] {
        let quality = measure(&lines(KNOWN), &lines(text));
        println!("{name}: {quality:?}");
        assert!(quality.macro_f1 >= 0.9, "{name}: {quality:?}");
        assert!(quality.human_recall >= Some(0.98), "{name}: {quality:?}");
    }
}
