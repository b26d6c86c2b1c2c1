use retrieval::quality::{pairs, parse_pairs};
use retrieval::{Band, Calibration, Thesaurus};

use crate::{index, learned, shop};

const PAIRS: &str = include_str!("../../data/faq-es/dangerous-pairs.txt");

#[test]
fn the_own_question_is_answered_before_anything_was_calibrated() {
    let judgement =
        shop().judge("cuanto cuesta el envio a domicilio", &Calibration::conservative());
    assert_eq!(judgement.band, Band::Answer);
    assert_eq!(judgement.hits[0].id, "delivery");
    assert!((0.0..=1.0).contains(&judgement.confidence));
}

#[test]
fn a_question_like_it_gets_choices_and_a_strange_one_a_person() {
    let shop = shop();
    let conservative = Calibration::conservative();
    let like = shop.judge("cuanto sale el delivery", &conservative);
    assert_eq!(like.band, Band::Offer);
    assert!(like.hits.len() <= 3);
    assert_eq!(shop.judge("xyzzy plugh", &conservative).band, Band::HandOff);
    assert_eq!(shop.judge("", &conservative).band, Band::HandOff);
}

#[test]
fn an_answer_that_was_learned_is_not_given_to_a_question_that_looks_alike() {
    let found =
        pairs(&Thesaurus::shipped(), &parse_pairs(PAIRS).unwrap(), &Calibration::conservative());
    assert!(found.wrongly_reused <= 0.005, "{found:?}");
}

#[test]
fn an_answer_that_was_learned_is_given_again() {
    for (one, _) in parse_pairs(PAIRS).unwrap() {
        let index = index(&[learned("one", &[&one])]);
        let judgement = index.judge(&one.to_uppercase(), &Calibration::conservative());
        assert_eq!(judgement.band, Band::Answer, "{one}");
    }
}

#[test]
fn no_confidence_overrules_a_number_a_place_or_a_no() {
    let sure = Calibration { cut: Some(0.0), ..Calibration::conservative() };
    let asked = [
        ("el plan de 400 cuanto cuesta", "el plan de 600 cuanto cuesta"),
        ("tienen tienda en trujillo", "tienen tienda en tacna"),
        ("necesito factura con ruc", "necesito factura sin ruc"),
        ("se puede devolver en oferta", "no se puede devolver en oferta"),
    ];
    for (known, asked) in asked {
        let index = index(&[learned("one", &[known])]);
        assert_ne!(index.judge(asked, &sure).band, Band::Answer, "{asked}");
    }
}
