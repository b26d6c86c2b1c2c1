//! The floors in `data/floors.json`, below which a change must not fall, on the project's own data.

use std::sync::LazyLock;

use retrieval::quality::{
    Business, Set, faq, handoff, learned, pairs, parse_faq, parse_labelled, parse_pairs,
    parse_unanswerable,
};
use retrieval::{Calibration, Thesaurus};
use serde_json::Value;

static FLOORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/floors.json")).unwrap());

fn floor(part: &str, metric: &str) -> f32 {
    let floor = FLOORS[part][metric].as_f64().unwrap_or_else(|| panic!("{part} {metric}"));
    format!("{floor}").parse().unwrap()
}

/// Over all questions of these businesses; each of them is also held to the floor of any.
fn find(businesses: &[Business], part: &str) {
    let thesaurus = Thesaurus::shipped();
    let (mut r1, mut r3, mut all) = (0.0, 0.0, 0.0);
    for business in businesses {
        let measured = faq(&business.faq.index(&thesaurus), &business.faq.questions);
        println!("{}: {measured:?}", business.name);
        for (metric, share) in [("r1", measured.r1), ("r3", measured.r3)] {
            assert!(share >= floor("any_business", metric), "{}: {measured:?}", business.name);
        }
        assert!(measured.r1_ci[0] < measured.r1 && measured.r1 < measured.r1_ci[1]);
        let n = measured.n as f32;
        (r1, r3, all) = (r1 + n * measured.r1, r3 + n * measured.r3, all + n);
    }
    println!("{part}: R@1 {:.3} R@3 {:.3} of {all}", r1 / all, r3 / all);
    assert!(r1 / all >= floor(part, "r1"), "R@1 {}", r1 / all);
    assert!(r3 / all >= floor(part, "r3"), "R@3 {}", r3 / all);
}

fn seen() -> Vec<Business> {
    let unseen: Vec<String> = Set::unseen().businesses.into_iter().map(|own| own.name).collect();
    Set::own().businesses.into_iter().filter(|own| !unseen.contains(&own.name)).collect()
}

#[test]
fn the_right_entry_comes_first_or_among_three() {
    find(&seen(), "seen");
}

#[test]
fn the_right_entry_is_found_for_businesses_that_nothing_was_tuned_on() {
    find(&Set::unseen().businesses, "unseen");
}

#[test]
fn answers_keep_their_promise_over_all_businesses() {
    let thesaurus = Thesaurus::shipped();
    let (mut right, mut answered, mut answerable) = (0.0, 0.0, 0.0);
    for business in Set::own().businesses {
        let index = business.faq.index(&thesaurus);
        let measured = handoff(&index, &business.questions(), 0.95);
        println!("{}: {measured:?}", business.name);
        right += measured.realised.unwrap_or(0.0) * measured.answered as f32;
        answered += measured.answered as f32;
        answerable += business.faq.questions.len() as f32;
    }
    println!("realised {:.3}, answered {:.3}", right / answered, right / answerable);
    assert!(right / answered >= floor("answers", "realised"), "{}", right / answered);
    assert!(right / answerable >= floor("answers", "answered_right"), "{}", right / answerable);
}

#[test]
fn a_learned_question_is_known_again_with_slips_and_nothing_else_is() {
    let thesaurus = Thesaurus::shipped();
    for business in Set::own().businesses.iter().take(3) {
        let asked: Vec<String> =
            business.faq.questions.iter().map(|question| question.text.clone()).collect();
        let measured =
            learned(&thesaurus, &asked, &business.unanswerable, &Calibration::conservative());
        println!("{}: {measured:?}", business.name);
        assert!(measured.recall >= floor("learned", "recall"), "{measured:?}");
        assert!(measured.precision >= floor("learned", "precision"), "{measured:?}");
    }
}

#[test]
fn an_answer_is_not_reused_for_a_question_that_only_looks_alike() {
    let measured = pairs(&Thesaurus::shipped(), &Set::own().pairs, &Calibration::conservative());
    println!("{measured:?}");
    assert!(measured.wrongly_reused <= floor("pairs", "wrongly_reused"), "{measured:?}");
}

#[test]
fn a_line_that_is_none_of_the_list_is_named() {
    let line = |text: &str| parse_faq(text).unwrap_err().line;
    assert_eq!(line("-asked before any entry"), 1);
    assert_eq!(line("# a remark\n\nF|question without an answer"), 3);
    assert_eq!(line("F|a|b\n-asked\nnothing of the kind"), 3);
    assert_eq!(line("F|a|b\n- "), 2);
    assert_eq!(parse_unanswerable("near|a\nfaraway|b").unwrap_err().line, 2);
    assert_eq!(parse_pairs("a|b\na|").unwrap_err().line, 2);
    assert_eq!(parse_labelled("label", "write it").unwrap_err().to_string(), "line 1: write it");
}

#[test]
fn a_list_may_have_a_mark_at_its_start_and_the_line_ends_of_windows() {
    let file = parse_faq("\u{feff}F|¿Qué?|Esto | aquello.\r\n- y esto?\r\n").unwrap();
    assert_eq!(file.entries[0].text, "Esto | aquello.");
    assert_eq!(file.questions[0].text, "y esto?");
}
