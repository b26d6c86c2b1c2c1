//! The floors below which a change must not fall, on the project's own data.

use retrieval::quality::{FaqFile, faq, learned, parse_faq, parse_unanswerable};
use retrieval::{Calibration, Thesaurus};

const SHOP: &str = include_str!("../../data/faq-es/shop-faq.txt");
const PROVIDER: &str = include_str!("../../data/faq-es/provider-faq.txt");
const UNANSWERABLE: &str = include_str!("../../data/faq-es/shop-unanswerable.txt");

fn files() -> [FaqFile; 2] {
    [SHOP, PROVIDER].map(|text| parse_faq(text).unwrap())
}

#[test]
fn the_right_entry_comes_first_or_among_three() {
    let thesaurus = Thesaurus::shipped();
    for file in files() {
        let measured = faq(&file.index(&thesaurus), &file.questions);
        assert!(measured.r1 > 0.75 && measured.r3 > 0.9, "{measured:?}");
        assert!(measured.r1_ci[0] < measured.r1 && measured.r1 < measured.r1_ci[1]);
    }
}

#[test]
fn a_learned_question_is_known_again_with_slips_and_nothing_else_is() {
    let [shop, _] = files();
    let asked: Vec<String> = shop.questions.iter().map(|question| question.text.clone()).collect();
    let others = parse_unanswerable(UNANSWERABLE).unwrap();
    let measured = learned(&Thesaurus::shipped(), &asked, &others, &Calibration::conservative());
    assert!(measured.recall > 0.88 && measured.precision > 0.98, "{measured:?}");
}
