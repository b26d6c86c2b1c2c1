use retrieval::{Probe, probe_weight};

use crate::shop;

const IDS: [&str; 5] = ["hours", "delivery", "warranty", "payment", "returns"];

fn unit(at: usize) -> Vec<f32> {
    (0..IDS.len()).map(|other| if other == at { 2.0 } else { 0.0 }).collect()
}

fn probes(shift: usize) -> Vec<Probe> {
    let asked = ["abcd", "efgh", "precio del envio", "ijkl", "mnop"];
    let probe = |(at, question): (usize, &&str)| Probe {
        question: (*question).to_owned(),
        vector: unit((at + shift) % IDS.len()),
        right: IDS[if at == 2 { 1 } else { at }].to_owned(),
    };
    asked.iter().enumerate().map(probe).collect()
}

#[test]
fn a_vector_finds_what_no_word_does() {
    let mut shop = shop();
    for (at, id) in IDS.into_iter().enumerate() {
        assert!(shop.set_vector(id, unit(at)));
    }
    assert!(!shop.set_vector("nobody", unit(0)));
    assert_eq!(shop.search_with("zzzz", &unit(3), 1.0, 1)[0].id, "payment");
    assert!(shop.search_with("zzzz", &unit(3), 0.0, 1).is_empty());
}

#[test]
fn the_weight_is_what_the_probes_say_and_zero_for_a_bad_embedder() {
    let mut shop = shop();
    for (at, id) in IDS.into_iter().enumerate() {
        shop.set_vector(id, unit(at));
    }
    assert!(probe_weight(&shop, &probes(0)) > 0.0);
    assert!(probe_weight(&shop, &probes(1)).abs() < f32::EPSILON);
}

#[test]
fn vectors_of_another_model_are_not_compared() {
    let mut shop = shop();
    shop.set_vector("hours", vec![1.0; 3]);
    assert!(shop.search_with("zzzz", &[1.0; 4], 1.0, 1).is_empty());
}
