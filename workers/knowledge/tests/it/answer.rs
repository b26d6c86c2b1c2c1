//! What is answered.

use std::time::Duration;

use domain::message::{HandoffReason, HandoffRequested, ReplyReady};
use domain::{Body, Outcome};

use crate::stand::{OTHER, SHOP, Stand};

const FAQ: &str = "\
# ¿Cuál es el horario de atención?
Abrimos de lunes a sábado de 9:00 a 20:00.

# ¿Cuánto cuesta el envío a domicilio?
El envío cuesta 10 soles.

# ¿Cuánto demora el envío a provincia?
De 3 a 6 días hábiles.
";
const HOURS: &str = "¿Cuál es el horario de atención?";
/// What a change may take to be answered from.
const FRESH: Duration = Duration::from_secs(2);

fn answers(body: &Body, text: &str) -> bool {
    matches!(body, Body::ReplyReady(reply) if reply.choices.is_empty() && reply.text.contains(text))
}

fn hands_off(body: &Body) -> bool {
    let reason = HandoffReason::NoAnswer;
    matches!(body, Body::HandoffRequested(HandoffRequested { reason: why, .. }) if *why == reason)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_known_is_answered_with_the_entrys_own_text() {
    let mut stand = Stand::prepare().await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.work();
    let Body::ReplyReady(reply) = stand.asks(SHOP, HOURS).await else { panic!() };
    assert_eq!(reply.text, "Abrimos de lunes a sábado de 9:00 a 20:00.");
    assert_eq!(reply.closes_as, Outcome::Answered);
    assert_eq!(reply.choices, []);
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_may_mean_several_gets_choices_and_a_tap_gets_its_answer() {
    let mut stand = Stand::prepare().await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.work();
    let body = stand.asks(SHOP, "una consulta sobre el envío").await;
    let Body::ReplyReady(ReplyReady { text, choices, closes_as, .. }) = body else { panic!() };
    assert!(text.contains("¿Es alguna de estas preguntas?"), "{text}");
    assert_eq!(closes_as, Outcome::Answered);
    assert!((2..=3).contains(&choices.len()), "{}", choices.len());
    let cost = choices.iter().find(|choice| choice.title == "Cuesta el envío…").unwrap();
    assert_eq!(cost.description.as_deref(), Some("¿Cuánto cuesta el envío a domicilio?"));

    let tap = format!("{}\n{}", cost.id, cost.title);
    assert!(answers(&stand.asks(SHOP, &tap).await, "El envío cuesta 10 soles."));
    // What was offered and is gone is no answer any more, and a person reads words, not an id.
    let gone = format!("entry:{}\nCielo raso", uuid::Uuid::nil());
    let Body::HandoffRequested(handoff) = stand.asks(SHOP, &gone).await else { panic!() };
    assert_eq!(handoff.summary, "Cielo raso");
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wrote_is_for_a_person() {
    let mut stand = Stand::start().await;
    assert!(hands_off(&stand.asks(SHOP, HOURS).await), "nothing is known yet");
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.asks_until(HOURS, |body| answers(body, "9:00")).await;
    assert!(hands_off(&stand.asks(SHOP, "¿Quién ganó el mundial de fútbol?").await));
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_is_no_longer_said() {
    let mut stand = Stand::prepare().await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.work();
    assert!(answers(&stand.asks(SHOP, HOURS).await, "20:00"));
    stand.imports(SHOP, "faq.md", &FAQ.replace("20:00", "21:00")).await;
    let took = stand.asks_until(HOURS, |body| answers(body, "21:00")).await;
    assert!(took < FRESH, "a change took {took:?}");
    stand.ports.records.remove_source(SHOP, "faq.md").await.unwrap();
    let took = stand.asks_until(HOURS, hands_off).await;
    assert!(took < FRESH, "a removal took {took:?}");
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_never_answers_from_another_ones_knowledge() {
    let mut stand = Stand::prepare().await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.imports(OTHER, "faq.md", &FAQ.replace("20:00", "13:00")).await;
    stand.imports(OTHER, "only.md", "# ¿Venden cemento?\nSí, a 28 soles.\n").await;
    stand.work();
    assert!(answers(&stand.asks(SHOP, HOURS).await, "20:00"));
    assert!(answers(&stand.asks(OTHER, HOURS).await, "13:00"));
    assert!(answers(&stand.asks(OTHER, "¿Venden cemento?").await, "28 soles"));
    let asked = stand.asks(SHOP, "¿Venden cemento?").await;
    assert!(!format!("{:?}", Said(&asked)).contains("28"), "the other one's price");
    let theirs = stand.ports.records.entries(OTHER).await.unwrap();
    for entry in theirs {
        let tapped = stand.asks(SHOP, &format!("entry:{}\nx", entry.id)).await;
        assert!(!format!("{:?}", Said(&tapped)).contains(&entry.text));
    }
    stand.stop().await;
}

/// The words of an answer.
struct Said<'a>(&'a Body);

impl std::fmt::Debug for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Body::ReplyReady(reply) => f.write_str(&reply.text),
            _ => f.write_str(""),
        }
    }
}
