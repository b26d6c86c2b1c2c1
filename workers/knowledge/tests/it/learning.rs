//! What a business learns from its specialists, and for how long customers are told it.

use std::time::Duration;

use domain::message::LearningState;
use knowledge::Base;
use knowledge::learn::review::{Approval, Approved, approve, edit, undo};
use retrieval::quality::{Noise, noisy, parse_pairs};
use uuid::Uuid;

use crate::school::{School, answers, is_not_answered};
use crate::stand::{OTHER, SHOP};

/// What an approval may take to be answered from.
const FRESH: Duration = Duration::from_secs(2);
const MELAMINE: &str = "¿Cortan melamina a medida?";
const PAIRS: &str = include_str!("../../../../shared/retrieval/data/faq-es/dangerous-pairs.txt");

#[tokio::test(flavor = "multi_thread")]
async fn what_a_specialist_answered_waits_for_one_approval() {
    let mut school = School::open().await;
    let message = school
        .teaches(
            SHOP,
            "hola, cortan melamina a medida?",
            "Hola Ana, sí cortamos a medida. Saludos, Luis",
        )
        .await;
    let proposed = school.change().await;
    assert_eq!((proposed.state, proposed.revision), (LearningState::Proposed, 1));
    assert_eq!(proposed.question, MELAMINE);
    assert_eq!(proposed.answer, "Sí cortamos a medida.");
    assert!(is_not_answered(&school.stand.asks(SHOP, MELAMINE).await));

    let review = school.reviews(SHOP, proposed.candidate, true).await;
    let took = school.asks_until(MELAMINE, |body| answers(body, "Sí cortamos")).await;
    assert!(took < FRESH, "an approval took {took:?}");
    let published = school.change().await;
    assert_eq!((published.state, published.revision), (LearningState::Published, 2));

    // Repeated by customers with slips of the finger, and by the broker.
    for slip in ["cortan melamina a medida", "cortan melamna a medida?", "kortan melamina a medida"]
    {
        assert!(answers(&school.stand.asks(SHOP, slip).await, "Sí cortamos"), "{slip}");
    }
    for again in [&message, &review, &message] {
        school.stand.publish(again).await;
    }
    let other = school.taught(SHOP, "¿Alquilan andamios?", "Alquilamos andamios por semana.").await;
    assert_eq!(other.question, "¿Alquilan andamios?", "what came again has changed nothing");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_one_customers_is_refused_and_says_why() {
    let mut school = School::open().await;
    let refused = school.taught(OTHER, "¿Cuándo llega?", "Su pedido llega en tres días.").await;
    assert_eq!(refused.state, LearningState::Refused);
    assert_eq!(refused.why.as_deref(), Some("No se guarda: vale solo para este cliente."));
    // Nobody can approve it, but somebody can give it other words.
    school.reviews(OTHER, refused.candidate, true).await;
    let (records, business) = parts(&school, OTHER);
    let base = Base::of(&business);
    let approved = || {
        approve(&records, &base, &business, refused.candidate, Approval::default(), now(&school))
    };
    assert!(approved().await.is_err());
    let words = |text: &str| Some(text.to_owned());
    let edited = (words("¿Cuánto demora la entrega?"), words("La entrega demora tres días."));
    edit(&records, &base, &business, refused.candidate, edited, now(&school)).await.unwrap();
    assert!(matches!(approved().await.unwrap(), Approved::Published(_)));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_that_trusts_its_guards_publishes_at_once_and_only_for_itself() {
    let mut school = School::open().await;
    school.teaches(OTHER, MELAMINE, "Sí cortamos a medida en taller.").await;
    let mut state = LearningState::Proposed;
    while state != LearningState::Published {
        state = school.change().await.state;
    }
    let began = tokio::time::Instant::now();
    while !answers(&school.stand.asks(OTHER, MELAMINE).await, "Sí cortamos") {
        assert!(began.elapsed() < FRESH);
    }
    assert!(is_not_answered(&school.stand.asks(SHOP, MELAMINE).await), "another one's answer");
    // What contradicts it waits for somebody all the same.
    let conflict = school.taught(OTHER, MELAMINE, "No cortamos melamina.").await;
    assert_eq!(conflict.state, LearningState::Conflict);

    // Nobody decides about another business's candidates.
    let (records, business) = parts(&school, SHOP);
    let base = Base::of(&business);
    let id = conflict.candidate;
    assert!(
        approve(&records, &base, &business, id, Approval::default(), now(&school)).await.is_err()
    );
    assert!(undo(&records, &business, id, now(&school)).await.is_err());
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_contradicts_a_document_is_a_conflict() {
    let mut school = School::open().await;
    school
        .stand
        .imports(SHOP, "faq.md", &format!("# {MELAMINE}\nNo, solo planchas enteras.\n"))
        .await;
    let conflict = school.taught(SHOP, MELAMINE, "Sí cortamos a medida en taller.").await;
    assert_eq!(conflict.state, LearningState::Conflict);
    let why = conflict.why.unwrap();
    assert!(why.contains("faq.md") && why.contains("No, solo planchas enteras."), "{why}");
    let (records, business) = parts(&school, SHOP);
    let base = Base::of(&business);
    let replaces = Approval { replaces: true };
    let told =
        approve(&records, &base, &business, conflict.candidate, replaces, now(&school)).await;
    assert!(matches!(told.unwrap(), Approved::Contradicts { .. }), "a document is never changed");
    assert!(answers(&school.stand.asks(SHOP, MELAMINE).await, "solo planchas"));

    // Once the document says so too, there is nothing left to learn.
    school
        .stand
        .imports(SHOP, "faq.md", &format!("# {MELAMINE}\nCortamos a medida en taller.\n"))
        .await;
    let told =
        approve(&records, &base, &business, conflict.candidate, replaces, now(&school)).await;
    assert!(matches!(told.unwrap(), Approved::Known { .. }));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_were_learned_the_operator_says_which_one_wins() {
    let mut school = School::open().await;
    let first = school.knows(MELAMINE, "No cortamos melamina en tienda.").await;
    let second =
        school.taught(SHOP, "cortan melamina a medida", "Sí cortamos a medida en taller.").await;
    assert_eq!(second.state, LearningState::Conflict);
    let (records, business) = parts(&school, SHOP);
    let base = Base::of(&business);
    let decide = |replaces| {
        let approval = Approval { replaces };
        approve(&records, &base, &business, second.candidate, approval, now(&school))
    };
    assert!(matches!(decide(false).await.unwrap(), Approved::Contradicts { .. }));
    assert!(matches!(decide(true).await.unwrap(), Approved::Published(_)));
    assert!(matches!(decide(true).await.unwrap(), Approved::Already(_)));
    let changed = [school.change().await, school.change().await];
    let of = |id: Uuid| changed.iter().find(|one| one.candidate == id).unwrap().state;
    assert_eq!(of(first.candidate), LearningState::SetAside);
    assert_eq!(of(second.candidate), LearningState::Published);
    let took = school.asks_until(MELAMINE, |body| answers(body, "Sí cortamos")).await;
    assert!(took < FRESH, "{took:?}");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_answer_to_another_question_is_another_way_to_ask() {
    let mut school = School::open().await;
    let answer = "Los cambios se hacen en quince días con la boleta.";
    school.stand.imports(SHOP, "faq.md", &format!("# ¿Cómo cambio un producto?\n{answer}\n")).await;
    let question = "¿Qué pasa si la talla queda chica?";
    let joined = school.knows(question, answer).await;
    school.asks_until(question, |body| answers(body, answer)).await;
    let records = school.stand.ports.records.clone();
    assert_eq!(records.entries(SHOP).await.unwrap().len(), 1, "it is no entry of its own");
    let (_, business) = parts(&school, SHOP);
    undo(&records, &business, joined.candidate, now(&school)).await.unwrap();
    let took = school.asks_until(question, is_not_answered).await;
    assert!(took < FRESH, "{took:?}");
    assert!(answers(&school.stand.asks(SHOP, "¿Cómo cambio un producto?").await, answer));
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_words_for_one_answer_leave_what_joined_it_as_it_was() {
    let mut school = School::open().await;
    let answer = "Los cambios se hacen en quince días con la boleta.";
    let first = school.knows("¿Cómo cambio un producto?", answer).await;
    school.asks_until("¿Cómo cambio un producto?", |body| answers(body, answer)).await;
    let question = "¿Qué pasa si la talla queda chica?";
    let joined = school.knows(question, answer).await;
    school.asks_until(question, |body| answers(body, answer)).await;
    let (records, business) = parts(&school, SHOP);
    let entry_of = async |id| records.candidate(id).await.unwrap().unwrap().entry;
    assert_eq!(entry_of(joined.candidate).await, entry_of(first.candidate).await);

    let base = Base::of(&business);
    let (id, words) = (first.candidate, "Los productos se cambian en la caja del segundo piso.");
    let changed = (None, Some(words.to_owned()));
    edit(&records, &base, &business, id, changed, now(&school)).await.unwrap();
    let approval = Approval::default();
    approve(&records, &base, &business, id, approval, now(&school)).await.unwrap();
    school.asks_until("¿Cómo cambio un producto?", |body| answers(body, words)).await;
    assert!(answers(&school.stand.asks(SHOP, question).await, answer));
    assert_ne!(entry_of(joined.candidate).await, entry_of(id).await);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_is_taken_back_with_its_uses() {
    let mut school = School::open().await;
    let published = school.knows(MELAMINE, "Sí cortamos a medida en taller.").await;
    school.asks_until(MELAMINE, |body| answers(body, "Sí cortamos")).await;
    school.asks(42, 1, MELAMINE).await;
    let (records, business) = parts(&school, SHOP);
    let entry = records.candidate(published.candidate).await.unwrap().unwrap().entry.unwrap();
    school.outcomes(entry, &[None, None]).await;
    let undone = undo(&records, &business, entry, now(&school)).await.unwrap();
    let conversations: Vec<Uuid> = undone.uses.iter().map(|(used, _)| used.conversation).collect();
    assert_eq!(conversations, [Uuid::from_u128(42), Uuid::nil()]);
    let took = school.asks_until(MELAMINE, is_not_answered).await;
    assert!(took < FRESH, "{took:?}");
    assert_eq!(school.change().await.state, LearningState::Discarded);
    assert_eq!(records.entries(SHOP).await.unwrap(), []);
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_was_checked_against_has_changed_so_it_waits_again() {
    let mut school = School::open().await;
    let document = "# Corte de melamina\nEl corte de melamina se hace en el taller de la tienda.\n\n\
        # Horario\nAbrimos de 9 a 18.\n";
    school.stand.imports(SHOP, "taller.md", document).await;
    let published = school.knows(MELAMINE, "Sí cortamos a medida en taller.").await;
    school.asks_until(MELAMINE, |body| answers(body, "Sí cortamos")).await;

    // Imported again with the same words where it matters, it still stands.
    let more = format!("{document}\n# Estacionamiento\nTenemos cochera gratis.\n");
    school.stand.imports(SHOP, "taller.md", &more).await;
    let records = school.stand.ports.records.clone();
    let began = tokio::time::Instant::now();
    while !records.outdated_candidates(SHOP).await.unwrap().is_empty() {
        assert!(began.elapsed() < FRESH, "nobody has looked");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(answers(&school.stand.asks(SHOP, MELAMINE).await, "Sí cortamos"));
    let changed = document.replace("se hace", "ya no se hace");
    school.stand.imports(SHOP, "taller.md", &changed).await;
    let aside = school.change().await;
    assert_eq!((aside.state, aside.candidate), (LearningState::SetAside, published.candidate));
    assert!(aside.why.unwrap().contains("taller.md"));
    let took = school.asks_until(MELAMINE, is_not_answered).await;
    assert!(took < FRESH, "{took:?}");

    // Until somebody says that it still holds.
    school.later(Duration::from_secs(60));
    school.reviews(SHOP, published.candidate, true).await;
    assert_eq!(school.change().await.state, LearningState::Published);
    school.asks_until(MELAMINE, |body| answers(body, "Sí cortamos")).await;
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_is_told_for_a_month_and_then_waits_again() {
    let mut school = School::open().await;
    let price = "¿Cuánto cuesta el corte de melamina?";
    school.knows(price, "El corte cuesta 2 soles por metro.").await;
    school.knows(MELAMINE, "Sí cortamos a medida en taller.").await;
    school.asks_until(price, |body| answers(body, "2 soles")).await;
    school.later(Duration::from_secs(31 * 24 * 60 * 60));
    let aside = school.change().await;
    assert_eq!((aside.state, aside.question.as_str()), (LearningState::SetAside, price));
    assert_eq!(aside.why.as_deref(), Some("Pasó su tiempo: confirma que todavía vale."));
    let took = school.asks_until(price, is_not_answered).await;
    assert!(took < FRESH, "{took:?}");
    assert!(answers(&school.stand.asks(SHOP, MELAMINE).await, "Sí cortamos"), "this holds on");
    school.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_learned_for_one_question_never_answers_a_dangerous_one() {
    for swapped in [false, true] {
        let mut school = School::open().await;
        let pairs: Vec<(String, String)> = parse_pairs(PAIRS)
            .unwrap()
            .into_iter()
            .map(|(one, other)| if swapped { (other, one) } else { (one, other) })
            .collect();
        let all = pairs.len();
        let mut learned = Vec::new();
        for (at, (question, other)) in (0..).zip(pairs) {
            // Words that only this answer has.
            let (first, second) = (char::from(b'a' + at / 6), char::from(b'a' + at % 6));
            let answer = format!("Contamos con la opción k{first}w{second}z del catálogo.");
            school.teaches(SHOP, &question, &answer).await;
            learned.push((question, other, answer));
        }
        // What holds for today or for one customer is not learned at all.
        let mut proposed = Vec::new();
        for _ in 0..all {
            let change = school.change().await;
            if change.state == LearningState::Proposed {
                school.reviews(SHOP, change.candidate, true).await;
                proposed.push(change.answer);
            }
        }
        for _ in 0..proposed.len() {
            let published = school.change().await;
            assert_eq!(published.state, LearningState::Published, "{:?}", published.why);
        }
        learned.retain(|(_, _, answer)| proposed.contains(answer));
        assert!(learned.len() >= 20, "only {} are learned", learned.len());
        // They are published in any order, and become known one by one.
        for (question, _, answer) in &learned {
            school.asks_until(question, |body| answers(body, answer)).await;
        }
        let mut repeated = 0;
        for (seed, (question, other, answer)) in (1..).zip(&learned) {
            let dangerous = school.stand.asks(SHOP, other).await;
            assert!(is_not_answered(&dangerous), "{other} was answered, as {question} perhaps");
            let slips = noisy(question, Noise::Typos, seed);
            repeated += usize::from(answers(&school.stand.asks(SHOP, &slips).await, answer));
        }
        println!("{repeated} of {} repeated with typos were answered", learned.len());
        assert!(repeated * 100 >= learned.len() * 80, "{repeated} of {}", learned.len());
        school.close().await;
    }
}

fn parts(school: &School, business: &str) -> (store::Records, std::sync::Arc<runtime::Business>) {
    let ports = &school.stand.ports;
    let business = ports.businesses.get(&domain::BusinessId::new(business)).unwrap();
    (ports.records.clone(), business)
}

fn now(school: &School) -> domain::Timestamp {
    domain::Timestamp::from_millis(school.now() + 10)
}
