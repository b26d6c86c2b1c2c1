//! What customers make of what they are told.

use domain::Body;
use domain::message::{LearningState, ReplyReady, TurnClosed};
use domain::{Envelope, Outcome, TurnId};
use runtime::metrics;
use store::records::{UseKind, UseOutcome};
use uuid::Uuid;

use crate::school::{School, answers, at, is_not_answered};
use crate::stand::{SHOP, asked};

const MELAMINE: &str = "¿Cortan melamina a medida?";
const ANSWER: &str = "Sí cortamos a medida en taller.";
const GOOD: Option<UseOutcome> = Some(UseOutcome::Good);
const BAD: Option<UseOutcome> = Some(UseOutcome::Bad);

/// A school that knows one answer, and the entry that this is. One use has no outcome.
async fn taught() -> (School, Uuid) {
    let mut school = School::open().await;
    let published = school.knows(MELAMINE, ANSWER).await;
    // Not through the worker, so that nothing is recorded.
    let records = &school.stand.ports.records;
    let entry = records.candidate(published.candidate).await.unwrap().unwrap().entry.unwrap();
    while !answers(&school.asks(1, 1, MELAMINE).await, ANSWER) {}
    school.outcomes(entry, &[None]).await;
    (school, entry)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_helped_is_told_and_counted_by_customers() {
    let metrics = metrics::install().unwrap();
    let (mut school, entry) = taught().await;
    for (customer, told) in [(11, 1), (12, 2), (13, 2), (14, 2), (15, 5)] {
        school.asks(customer, 1, MELAMINE).await;
        school.writes(customer, 2, "perfecto, muchas gracias!").await;
        let mut expected = vec![GOOD; usize::try_from(customer - 10).unwrap()];
        expected.push(None);
        until_counted(&school, entry, &expected).await;
        if [1, 2, 5].contains(&(customer - 10)) {
            let changed = school.change().await;
            assert_eq!((changed.state, changed.helped), (LearningState::Published, told));
        }
    }
    school.close().await;
    let shown = metrics.render();
    for series in [
        r#"relevo_answers_total{kind="answered"} "#,
        r#"relevo_answers_judged_total{outcome="good"} "#,
    ] {
        let count = shown.lines().find_map(|line| line.strip_prefix(series)).unwrap();
        // Other tests of this process count too.
        assert!(count.parse::<u64>().unwrap() >= 5, "{series}{count}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_fails_two_customers_is_put_aside() {
    let (mut school, entry) = taught().await;
    school.asks(11, 1, MELAMINE).await;
    school.writes(11, 2, "eso no fue lo que pregunté").await;
    until_counted(&school, entry, &[BAD, None]).await;
    // The same customer again is no second one.
    school.asks(11, 5, MELAMINE).await;
    school.wishes_a_person(11, 6).await;
    until_counted(&school, entry, &[BAD, BAD, None]).await;
    assert!(answers(&school.asks(20, 1, MELAMINE).await, ANSWER), "one customer is not enough");

    school.asks(12, 2, MELAMINE).await;
    school.asks(12, 3, "cortan melamina a medida").await;
    let alert = school.alert().await;
    assert_eq!((alert.kind.as_str(), alert.subject), ("knowledge_fails", entry.to_string()));
    assert!(!alert.details.contains("melamina"), "no customer's words");
    let aside = school.change().await;
    assert_eq!(aside.state, LearningState::SetAside);
    assert!(aside.why.unwrap().contains("2 de 2 clientes"));
    school.asks_until(MELAMINE, is_not_answered).await;

    // What is approved again begins anew.
    let again = at(60);
    let review = domain::message::AnswerReviewed { candidate: aside.candidate, approved: true };
    let review = school.message(SHOP, 7, again, review);
    school.stand.publish(&review).await;
    assert_eq!(school.change().await.state, LearningState::Published);
    school.asks_until(MELAMINE, |body| answers(body, ANSWER)).await;
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_is_a_label_and_an_offer_that_ends_with_a_person_is_another() {
    let mut school = School::open().await;
    let faq = "# ¿Cuánto cuesta el envío a domicilio?\n10 soles.\n\n\
        # ¿Cuánto demora el envío a provincia?\nDe 3 a 6 días.\n";
    school.stand.imports(SHOP, "faq.md", faq).await;
    let question = "una consulta sobre el envío";
    school
        .asks_until("¿Cuánto cuesta el envío a domicilio?", |body| answers(body, "10 soles"))
        .await;
    let Body::ReplyReady(ReplyReady { choices, .. }) = school.asks(11, 1, question).await else {
        panic!()
    };
    let ids: Vec<Uuid> =
        choices.iter().map(|one| one.id.strip_prefix("entry:").unwrap().parse().unwrap()).collect();
    let tap = format!("entry:{}\nx", ids[1]);
    school.asks(11, 2, &tap).await;
    school.asks(12, 1, question).await;
    school.wishes_a_person(12, 2).await;

    let labels = async |expected: &[bool]| {
        let began = tokio::time::Instant::now();
        loop {
            let found = school.stand.ports.records.labels(SHOP).await.unwrap();
            if found.iter().map(|(_, right)| *right).collect::<Vec<_>>() == expected {
                return;
            }
            assert!(began.elapsed() < crate::stand::SOON, "{found:?}");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    // Both times the first hit was the wrong one.
    labels(&[false, false]).await;
    let tapped = school.uses(ids[1]).await;
    let of = |kind: UseKind| {
        tapped
            .iter()
            .filter(move |(one, _)| one.kind == kind && one.conversation == Uuid::from_u128(11))
    };
    assert_eq!(of(UseKind::Offered).map(|(_, outcome)| *outcome).collect::<Vec<_>>(), [GOOD]);
    assert_eq!(of(UseKind::Tapped).count(), 1);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_order_messages_come_in_and_however_often_the_outcome_is_the_same() {
    let (mut school, entry) = taught().await;
    let said = |turn: u64| TurnClosed {
        turn: Some(TurnId(turn)),
        outcome: Outcome::Answered,
        messages: Vec::new(),
        sent: Vec::new(),
        error_code: None,
    };
    // One customer fails it, so that it is not put aside meanwhile.
    for (day, order) in
        (0u64..).zip([[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1], [3, 0, 2, 1]])
    {
        // Two days later everything is new.
        let customer = 100;
        let turn = 10 + day * 60 * 48;
        let messages: [Envelope; 4] = [
            school.message(SHOP, customer, at(turn), asked(turn, MELAMINE)),
            school.message(SHOP, customer, at(turn) + 2_000, said(turn)),
            school.message(
                SHOP,
                customer,
                at(turn + 1),
                asked(turn + 1, "cortan melamina a medida"),
            ),
            school.message(SHOP, customer, at(turn + 1) + 2_000, said(turn + 1)),
        ];
        let asks = |at: usize| at.is_multiple_of(2);
        for at in order {
            for _ in 0..2 {
                let message = messages[at].clone();
                if asks(at) {
                    school.stand.is_told(message).await;
                } else {
                    school.stand.publish(&message).await;
                }
            }
        }
        // The second answer is open, the first was no help.
        let turn = i64::try_from(turn).unwrap();
        let of_this = async || {
            let uses = school.uses(entry).await;
            let of_this = uses.into_iter().filter(|(one, _)| one.turn >= turn);
            of_this.map(|(one, outcome)| (one.turn, outcome)).collect::<Vec<_>>()
        };
        let began = tokio::time::Instant::now();
        while of_this().await != [(turn + 1, None), (turn, BAD)] {
            assert!(began.elapsed() < crate::stand::SOON, "{order:?}: {:?}", of_this().await);
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    school.close().await;
}

/// Waits until the outcomes are there and what follows from them was done.
async fn until_counted(school: &School, entry: Uuid, expected: &[Option<UseOutcome>]) {
    let began = tokio::time::Instant::now();
    loop {
        let mut found: Vec<_> =
            school.uses(entry).await.into_iter().map(|(_, outcome)| outcome).collect();
        let mut wanted = expected.to_vec();
        let key = |outcome: &Option<UseOutcome>| outcome.map(UseOutcome::name);
        found.sort_by_key(key);
        wanted.sort_by_key(key);
        let unweighed = school.stand.ports.records.unweighed_uses(10).await.unwrap();
        if found == wanted && unweighed.is_empty() {
            return;
        }
        assert!(began.elapsed() < crate::stand::SOON, "{found:?} never became {wanted:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
