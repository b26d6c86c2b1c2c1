use super::*;

const HOURS: u128 = 1;
const SHIPPING: u128 = 2;

fn told(turn: i64, kind: UseKind, entry: u128, place: i32, question: &str) -> Use {
    Use {
        id: Uuid::from_u128(entry + (u128::from(turn.cast_unsigned()) << 64)),
        business: "shop".to_owned(),
        conversation: Uuid::nil(),
        turn,
        entry: Uuid::from_u128(entry),
        kind,
        place,
        confidence: Some(0.9),
        question: question.to_owned(),
        at_ms: turn * 10_000,
    }
}

/// In a turn, whose answer is said five seconds after it was asked.
fn sign(turn: i64, kind: SignKind, question: Option<&str>) -> Sign {
    let of_turn =
        !matches!(kind, SignKind::Thanked | SignKind::Corrected | SignKind::PersonAnswered);
    let later = if kind == SignKind::Said { 5_000 } else { 0 };
    Sign {
        id: Uuid::from_u128(turn.cast_unsigned().into()),
        business: "shop".to_owned(),
        conversation: Uuid::nil(),
        turn: of_turn.then_some(turn),
        kind,
        question: question.map(str::to_owned),
        answer: None,
        at_ms: turn * 10_000 + later,
    }
}

fn says(id: Uuid) -> Option<KnowledgeEntry> {
    Some(KnowledgeEntry {
        id,
        business: String::new(),
        source: String::new(),
        position: 0,
        title: None,
        question: None,
        text: "Abrimos de 9 a 18".to_owned(),
        hash: String::new(),
    })
}

/// Of the first use, whatever order the signs come in.
fn check(uses: &[Use], signs: &[Sign], expected: Option<(UseOutcome, &str)>) {
    for turned in [false, true] {
        let mut signs = signs.to_vec();
        if turned {
            signs.reverse();
        }
        let facts = Facts { uses: uses.to_vec(), signs };
        assert_eq!(judge(&facts, 10_000, &says)[0].1, expected);
    }
}

use SignKind::{Asked, Corrected, HandedOff, PersonAnswered, Said, Tapped, Thanked, WishedPerson};
use UseKind::{Answered, Offered};
use UseOutcome::{Bad, Good};

const ASKED: &str = "¿A qué hora abren?";

#[test]
fn what_came_of_an_answer_is_told_by_what_follows_it() {
    let hours = told(1, Answered, HOURS, 0, ASKED);
    let said = || sign(1, Said, None);
    let one = std::slice::from_ref(&hours);
    check(one, &[said(), sign(2, Thanked, None)], Some((Good, "thanked")));
    check(one, &[said(), sign(2, Asked, Some("cortan melamina"))], Some((Good, "went_on")));
    check(one, &[said(), sign(2, Asked, Some("a que hora abren"))], Some((Bad, "asked_again")));
    check(one, &[said(), sign(2, Corrected, None)], Some((Bad, "corrected")));
    check(one, &[said(), sign(2, WishedPerson, None)], Some((Bad, "wished_person")));
    let person = |answer: &str| Sign {
        answer: Some(answer.to_owned()),
        ..sign(3, PersonAnswered, Some(ASKED))
    };
    check(one, &[said(), person("A las 8 abrimos")], Some((Bad, "person_answered_otherwise")));
    check(one, &[said(), person("Abrimos de 9 a 18, sí")], None);
    // What speaks against it counts more.
    let both = [said(), sign(2, Thanked, None), sign(2, Corrected, None)];
    check(one, &both, Some((Bad, "corrected")));
}

#[test]
fn what_is_unclear_has_no_outcome() {
    let hours = told(1, Answered, HOURS, 0, ASKED);
    let one = std::slice::from_ref(&hours);
    let said = || sign(1, Said, None);
    check(one, &[said()], None);
    // Nobody was told it: the turn was superseded.
    check(one, &[sign(2, Asked, Some(ASKED))], None);
    check(one, &[sign(2, Corrected, None)], None);
    // It may be a rephrasing.
    check(one, &[said(), sign(2, Asked, Some("¿cuál es el horario?"))], None);
    // Something else had been said by then.
    check(one, &[said(), sign(2, Said, None), sign(3, Corrected, None)], None);
    let other = told(2, Answered, SHIPPING, 0, "¿Hacen envíos?");
    let wished = [said(), sign(2, Said, None), sign(3, WishedPerson, None)];
    check(&[hours.clone(), other], &wished, None);
    // Three turns later.
    let late =
        [said(), sign(2, HandedOff, None), sign(3, HandedOff, None), sign(4, WishedPerson, None)];
    check(one, &late, None);
    // A day later.
    let next_day = Sign { at_ms: 2 * WINDOW_MS, ..sign(2, Asked, Some(ASKED)) };
    check(one, &[said(), next_day], None);
}

#[test]
fn a_tap_is_right_for_what_was_tapped_and_wrong_for_what_came_first() {
    let offers = [told(1, Offered, HOURS, 0, ASKED), told(1, Offered, SHIPPING, 1, ASKED)];
    let said = || sign(1, Said, None);
    let tap = |entry: u128| sign(2, Tapped, Some(&Uuid::from_u128(entry).to_string()));
    check(&offers, &[said(), tap(HOURS)], Some((Good, "tapped")));
    check(&offers, &[said(), tap(SHIPPING)], Some((Bad, "another_was_tapped")));
    check(&offers, &[said(), sign(2, HandedOff, None)], Some((Bad, "handed_off")));
    check(&offers, &[said(), sign(2, WishedPerson, None)], Some((Bad, "handed_off")));
    check(&offers, &[said(), sign(2, Thanked, None)], None);
    check(&offers, &[said(), sign(2, Asked, Some("otra cosa"))], None);
}
