//! Vectors: made in the background, measured, searched, and done without.

use std::collections::BTreeMap;
use std::time::Duration;

use clients::model::{Attributes, FileStatus};
use domain::Body;
use sandbox::{Fault, Operation};
use store::records::{DenseWeight, KnowledgeEntry, VectorSearch};
use tokio::time::Instant;

use crate::stand::{SHOP, Stand};

const FAQ: &str = "\
# ¿Cuál es el horario de atención?
Abrimos de lunes a sábado de 9:00 a 20:00.

# ¿Cuánto cuesta el envío a domicilio?
El envío cuesta 10 soles.

# ¿Alquilan andamios?
Sí, por día y con garantía.
";
const MODEL: &str = "near";
const ASKED: &str = "¿Cuál es el horario de atención?";

/// With a model that makes vectors and writes no answers.
async fn with_vectors(embedding: Option<&str>) -> Stand {
    let stand = Stand::with_model(embedding).await;
    stand.sandbox().faults().add(Fault::on(Operation::Chat).refuses(404));
    stand
}

/// As if it had been measured, so that no test waits for it.
async fn weighs(stand: &Stand, weight: f32) {
    for language in ["es", "en", "pt"] {
        let measured = DenseWeight {
            model: MODEL.to_owned(),
            language: language.to_owned(),
            weight,
            probes: 1,
            by_words: 0,
            with_weight: 1,
        };
        stand.ports.records.put_dense_weight(measured).await.unwrap();
    }
}

async fn until_vectors(stand: &Stand, expected: u64) {
    let began = Instant::now();
    while stand.ports.records.count_vectors(SHOP, MODEL).await.unwrap() != expected {
        assert!(began.elapsed() < Duration::from_secs(20), "never {expected} vectors");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_answer(body: &Body) -> bool {
    matches!(body, Body::ReplyReady(reply) if reply.text.contains("9:00"))
}

async fn until_a_question_has_a_vector(stand: &mut Stand) {
    let embedded = |stand: &Stand| stand.sandbox().journal_of(Operation::Embeddings).len();
    let before = embedded(stand);
    stand.asks_until(ASKED, is_answer).await;
    let began = Instant::now();
    while embedded(stand) == before {
        assert!(began.elapsed() < Duration::from_secs(20), "no question had a vector");
        assert!(is_answer(&stand.asks(SHOP, ASKED).await));
    }
}

async fn entries(stand: &Stand) -> Vec<KnowledgeEntry> {
    stand.ports.records.entries(SHOP).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_are_made_in_the_background_for_what_changed_alone() {
    let stand = with_vectors(Some(MODEL)).await;
    weighs(&stand, 1.0).await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.work();
    until_vectors(&stand, 3).await;
    let embedded = || stand.sandbox().journal_of(Operation::Embeddings);
    let before = embedded().len();
    stand.imports(SHOP, "faq.md", &FAQ.replace("10 soles", "12 soles")).await;
    let began = Instant::now();
    while embedded().len() == before {
        assert!(began.elapsed() < Duration::from_secs(20), "nothing was made anew");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    until_vectors(&stand, 3).await;
    let last = embedded().pop().unwrap();
    assert_eq!(last.body["input"].as_array().unwrap().len(), 1, "what changed alone");
    let missing =
        stand.ports.records.entries_without_vector(VectorSearch::Memory, SHOP, MODEL, 9).await;
    assert_eq!(missing.unwrap(), []);
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_asked_by_its_vector_too_and_without_it_when_that_fails() {
    let mut stand = with_vectors(Some(MODEL)).await;
    weighs(&stand, 2.0).await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.work();
    until_vectors(&stand, 3).await;
    until_a_question_has_a_vector(&mut stand).await;
    stand.sandbox().faults().add(Fault::on(Operation::Embeddings).refuses(503));
    assert!(is_answer(&stand.asks(SHOP, ASKED).await), "words alone find it");
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_the_endpoint_refuses_keeps_no_other_from_its_vector() {
    let stand = with_vectors(Some(MODEL)).await;
    weighs(&stand, 1.0).await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    // All three at once, and the first alone.
    stand.sandbox().faults().add(Fault::on(Operation::Embeddings).refuses(400).times(2));
    stand.work();
    until_vectors(&stand, 2).await;
    let missing =
        stand.ports.records.entries_without_vector(VectorSearch::Memory, SHOP, MODEL, 9).await;
    assert_eq!(missing.unwrap().len(), 1);
    let more = format!("{FAQ}\n# ¿Venden cemento?\nSí, por bolsa.\n");
    stand.imports(SHOP, "faq.md", &more).await;
    until_vectors(&stand, 3).await;
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_hangs_is_waited_for_three_times_and_then_left_alone() {
    let mut stand = with_vectors(Some(MODEL)).await;
    stand.leaves_failures_alone();
    weighs(&stand, 2.0).await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    stand.work();
    until_vectors(&stand, 3).await;
    until_a_question_has_a_vector(&mut stand).await;
    stand.sandbox().faults().add(Fault::on(Operation::Embeddings).hangs());
    for _ in 0..3 {
        assert!(is_answer(&stand.asks(SHOP, ASKED).await));
    }
    let began = Instant::now();
    assert!(is_answer(&stand.asks(SHOP, ASKED).await));
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    stand.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_known_is_measured_once_for_each_language() {
    let stand = with_vectors(Some(MODEL)).await;
    stand.work();
    let records = &stand.ports.records;
    let began = Instant::now();
    while records.dense_weights(Some(MODEL)).await.unwrap().len() < 3 {
        assert!(began.elapsed() < Duration::from_secs(120), "it was never measured");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for one in records.dense_weights(Some(MODEL)).await.unwrap() {
        assert!(one.with_weight >= one.by_words, "{one:?}");
        assert!(one.probes > 100 && one.by_words > 0, "{one:?}");
    }
    stand.stop().await;
}

fn attributes(entry: &KnowledgeEntry, hash: &str) -> Attributes {
    let pairs = [
        (knowledge::BUSINESS, SHOP.to_owned()),
        (knowledge::ENTRY, entry.id.to_string()),
        (knowledge::HASH, hash.to_owned()),
    ];
    BTreeMap::from(pairs.map(|(key, value)| (key.to_owned(), value)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vector_store_is_searched_too_and_done_without_while_it_is_away() {
    let mut stand = with_vectors(None).await;
    stand.imports(SHOP, "faq.md", FAQ).await;
    let client = stand.client().clone();
    let store = client.create_store("test").await.unwrap();
    for entry in entries(&stand).await {
        let attributes = attributes(&entry, &entry.hash);
        client.store_text(&store, "entry.txt", &entry.text, &attributes).await.unwrap();
    }
    let began = Instant::now();
    while client
        .stored_files(&store)
        .await
        .unwrap()
        .iter()
        .any(|f| f.status != FileStatus::Completed)
    {
        assert!(began.elapsed() < Duration::from_secs(10), "the store never read it");
    }
    stand.uses_store(&store);
    stand.work();
    let asked = "¿Alquilan andamios?";
    let is_answer =
        |body: &Body| matches!(body, Body::ReplyReady(reply) if reply.text.contains("por día"));
    assert!(is_answer(&stand.asks(SHOP, asked).await));
    let searches = stand.sandbox().journal_of(Operation::VectorStoreSearch);
    assert_eq!(searches.len(), 1);
    assert_eq!(searches[0].body["filters"]["value"], SHOP);
    stand.sandbox().faults().add(Fault::on(Operation::VectorStoreSearch).refuses(500));
    assert!(is_answer(&stand.asks(SHOP, asked).await), "words alone find it");
    stand.stop().await;
}
