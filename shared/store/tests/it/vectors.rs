//! The suite of vectors, on PostgreSQL and SQLite; and on a PostgreSQL with pgvector.

use store::Records;
use store::records::{
    AnswerSource, DenseWeight, EntryVector, KnowledgeDraft, KnowledgeSource, VectorSearch,
};
use uuid::Uuid;

use crate::records::migrated;
use crate::servers::{Pair, Postgres, fresh};

on_both_databases! { migrated =>
    a_vector_is_kept_until_its_entry_says_something_else,
    vectors_that_race_are_all_read,
    vectors_of_other_models_are_forgotten,
    one_at_a_time_makes_vectors,
    a_weight_is_kept_for_each_model_and_language,
    what_an_answer_was_taken_from_is_kept,
}

const SHOP: &str = "tienda";
const MODEL: &str = "it's a model";
const MEMORY: VectorSearch = VectorSearch::Memory;

async fn imports(records: &Records, business: &str, texts: &[&str]) {
    let source = KnowledgeSource {
        business: business.to_owned(),
        name: "faq.md".to_owned(),
        kind: "markdown".to_owned(),
        hash: texts.join("|"),
        imported_ms: 7,
    };
    let draft = |(key, text): (usize, &&str)| KnowledgeDraft {
        key: key.to_string(),
        title: None,
        question: None,
        text: (*text).to_owned(),
    };
    let drafts: Vec<KnowledgeDraft> = texts.iter().enumerate().map(draft).collect();
    records.replace_source(source, &drafts).await.unwrap();
}

/// Vectors for what has none yet.
async fn missing(records: &Records, search: VectorSearch, business: &str) -> Vec<EntryVector> {
    let missing = records.entries_without_vector(search, business, MODEL, 100).await.unwrap();
    let vector = |(at, text): (usize, &String)| vec![at as f32 + 1.0, text.len() as f32, -0.25];
    let made = missing.iter().enumerate().map(|(at, entry)| EntryVector {
        entry: entry.id,
        hash: entry.hash.clone(),
        vector: vector((at, &entry.text)),
    });
    made.collect()
}

async fn a_vector_is_kept_until_its_entry_says_something_else(Pair { one, other }: Pair) {
    imports(&one, SHOP, &["De 9 a 20", "10 soles", "  "]).await;
    let made = missing(&one, MEMORY, SHOP).await;
    assert_eq!(made.len(), 2, "what says nothing has no vector");
    let stale = EntryVector { hash: "another".to_owned(), ..made[0].clone() };
    one.put_vectors(MEMORY, SHOP, MODEL, vec![stale]).await.unwrap();
    assert_eq!(other.count_vectors(SHOP, MODEL).await.unwrap(), 0);

    one.put_vectors(MEMORY, SHOP, MODEL, made.clone()).await.unwrap();
    assert_eq!(missing(&other, MEMORY, SHOP).await, []);
    assert_eq!(other.count_vectors(SHOP, MODEL).await.unwrap(), 2);
    let of_one = other.vectors_of(MODEL, &[made[1].entry]).await.unwrap();
    assert_eq!(of_one, made[1..]);
    assert!(!format!("{:?}", of_one[0]).contains("-0.25"), "a vector says what its text says");

    imports(&one, SHOP, &["De 9 a 21", "10 soles"]).await;
    assert_eq!(missing(&other, MEMORY, SHOP).await.len(), 1);
    assert_eq!(other.count_vectors(SHOP, MODEL).await.unwrap(), 1);
    one.remove_source(SHOP, "faq.md").await.unwrap();
    assert_eq!(other.vectors_after(SHOP, MODEL, 0).await.unwrap().0, []);
}

async fn vectors_that_race_are_all_read(Pair { one, other }: Pair) {
    let texts: Vec<String> = (0..40).map(|number| format!("número {number}")).collect();
    imports(&one, SHOP, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let made = missing(&one, MEMORY, SHOP).await;
    let tasks: Vec<_> = made
        .chunks(4)
        .zip([&one, &other].into_iter().cycle())
        .map(|(some, records)| {
            let (records, some) = (records.clone(), some.to_vec());
            tokio::spawn(async move { records.put_vectors(MEMORY, SHOP, MODEL, some).await })
        })
        .collect();
    let (mut seen, mut version) = (Vec::new(), 0);
    while seen.len() < made.len() {
        let (some, newest) = other.vectors_after(SHOP, MODEL, version).await.unwrap();
        assert!(newest >= version);
        version = newest;
        seen.extend(some.into_iter().map(|one| one.entry));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), made.len());
    assert_eq!(one.vector_versions().await.unwrap().get(SHOP), Some(&10));
}

async fn vectors_of_other_models_are_forgotten(Pair { one, other }: Pair) {
    for business in [SHOP, "otra"] {
        imports(&one, business, &["De 9 a 20"]).await;
        let made = missing(&one, MEMORY, business).await;
        one.put_vectors(MEMORY, business, MODEL, made.clone()).await.unwrap();
        one.put_vectors(MEMORY, business, "new", made).await.unwrap();
    }
    assert_eq!(other.forget_vectors(SHOP, Some("new")).await.unwrap(), 1);
    assert_eq!(other.count_vectors(SHOP, MODEL).await.unwrap(), 0);
    assert_eq!(other.count_vectors(SHOP, "new").await.unwrap(), 1);
    assert_eq!(other.count_vectors("otra", MODEL).await.unwrap(), 1);
    assert_eq!(other.forget_vectors(SHOP, None).await.unwrap(), 1);
}

async fn one_at_a_time_makes_vectors(Pair { one, other }: Pair) {
    let (mine, yours) = (fresh(), fresh());
    assert!(one.hold_indexing(SHOP, mine, 0, 100).await.unwrap());
    assert!(!other.hold_indexing(SHOP, yours, 50, 150).await.unwrap());
    assert!(other.hold_indexing("otra", yours, 50, 150).await.unwrap());
    assert!(one.hold_indexing(SHOP, mine, 50, 200).await.unwrap(), "it may go on");
    assert!(!other.hold_indexing(SHOP, yours, 150, 250).await.unwrap());
    assert!(other.hold_indexing(SHOP, yours, 200, 300).await.unwrap(), "it was not heard of");
    assert!(!one.hold_indexing(SHOP, mine, 250, 350).await.unwrap());
}

async fn a_weight_is_kept_for_each_model_and_language(Pair { one, other }: Pair) {
    let measured = |model: &str, language: &str, weight| DenseWeight {
        model: model.to_owned(),
        language: language.to_owned(),
        weight,
        probes: 288,
        by_words: 180,
        with_weight: 200,
    };
    for (model, language, weight) in [("a", "es", 0.5), ("a", "en", 1.0), ("b", "es", 2.0)] {
        one.put_dense_weight(measured(model, language, weight)).await.unwrap();
    }
    one.put_dense_weight(measured("a", "es", 0.0)).await.unwrap();
    let expected = [measured("a", "en", 1.0), measured("a", "es", 0.0)];
    assert_eq!(other.dense_weights(Some("a")).await.unwrap(), expected);
    assert_eq!(other.dense_weights(None).await.unwrap().len(), 3);
}

async fn what_an_answer_was_taken_from_is_kept(Pair { one, other }: Pair) {
    let source = |number: u128, quote: Option<&str>| AnswerSource {
        entry: Uuid::from_u128(number),
        name: "faq.md".to_owned(),
        quote: quote.map(str::to_owned),
    };
    let sources = vec![source(2, Some("10 soles")), source(1, None)];
    let reply = fresh();
    for _ in 0..2 {
        one.record_sources(reply, sources.clone()).await.unwrap();
    }
    assert_eq!(other.sources_of(reply).await.unwrap(), sources);
    assert_eq!(other.sources_of(fresh()).await.unwrap(), []);
    assert!(!format!("{:?}", sources[0]).contains("soles"));
}

/// The server that `scripts/test` starts for it.
async fn with_pgvector() -> (Postgres, Records, Records) {
    let database = Postgres::create_at("RELEVO_TEST_PGVECTOR_URL").await;
    let (one, other) = (database.connect().await, database.connect().await);
    migrated(&one).await;
    (database, one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_nearest_vectors_are_found_by_the_database() {
    let (database, one, other) = with_pgvector().await;
    // Both at once, as processes start.
    let (first, second) = tokio::join!(one.prepare_vectors(), other.prepare_vectors());
    let search = VectorSearch::Database;
    assert_eq!((first.unwrap(), second.unwrap()), (search, search));
    for business in [SHOP, "otra"] {
        imports(&one, business, &["a", "b", "c", "d"]).await;
        let entries = one.entries_without_vector(search, business, MODEL, 9).await.unwrap();
        let made = entries.iter().enumerate().map(|(at, entry)| EntryVector {
            entry: entry.id,
            hash: entry.hash.clone(),
            vector: (0..8).map(|place| if place == at { 1.0 } else { 0.1 }).collect(),
        });
        one.put_vectors(search, business, MODEL, made.collect()).await.unwrap();
        for records in [&one, &other] {
            records.index_vectors(business, MODEL, 8).await.unwrap();
        }
    }
    let entries = one.entries(SHOP).await.unwrap();
    let mut question = vec![0.0; 8];
    question[2] = 2.0;
    let found = other.nearest(SHOP, MODEL, &question, 3).await.unwrap();
    assert_eq!(found.len(), 3);
    assert_eq!((found[0].0, &found[0].1), (entries[2].id, &entries[2].hash));
    assert!(found[0].2 > 0.9 && found[1].2 < 0.3, "{found:?}");
    assert!(found.iter().all(|(id, ..)| entries.iter().any(|entry| entry.id == *id)));
    // Of another model nothing is there, and of another length nothing is compared.
    assert_eq!(other.nearest(SHOP, "new", &question, 3).await.unwrap(), []);
    assert_eq!(other.nearest(SHOP, MODEL, &[1.0; 4], 3).await.unwrap(), []);
    assert_eq!(one.entries_without_vector(search, SHOP, MODEL, 9).await.unwrap(), []);
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_finds_them_by_an_index_of_that_business_and_model() {
    let (database, one, _) = with_pgvector().await;
    let search = one.prepare_vectors().await.unwrap();
    let texts: Vec<String> = (0..600).map(|number| format!("número {number}")).collect();
    imports(&one, SHOP, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let entries = one.entries_without_vector(search, SHOP, MODEL, 600).await.unwrap();
    let made: Vec<EntryVector> = (0_u32..)
        .zip(&entries)
        .map(|(at, entry)| EntryVector {
            entry: entry.id,
            hash: entry.hash.clone(),
            vector: (0..16)
                .map(|place| ((at * 31 + place * place * 17) % 1009) as f32 - 500.0)
                .collect(),
        })
        .collect();
    one.put_vectors(search, SHOP, MODEL, made.clone()).await.unwrap();
    one.index_vectors(SHOP, MODEL, 16).await.unwrap();
    let found = one.nearest(SHOP, MODEL, &made[7].vector, 50).await.unwrap();
    assert_eq!((found.len(), found[0].0), (50, made[7].entry));
    let Records::Postgres(pool) = &one else { panic!() };
    let names = "SELECT indexname::text FROM pg_indexes WHERE tablename = 'knowledge_vector'
                 AND indexdef LIKE '%hnsw%'";
    let indexes: Vec<String> = sqlx::query_scalar(names).fetch_all(pool).await.unwrap();
    assert_eq!(indexes.len(), 1);
    // Those of another model go with it.
    one.index_vectors(SHOP, "new", 16).await.unwrap();
    let after: Vec<String> = sqlx::query_scalar(names).fetch_all(pool).await.unwrap();
    assert!(after.len() == 1 && after != indexes, "{after:?}");
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_pgvector_vectors_are_searched_in_memory() {
    let database = Postgres::create().await;
    let one = database.connect().await;
    migrated(&one).await;
    let Records::Postgres(pool) = &one else { panic!() };
    let there = "SELECT COUNT(*) FROM pg_available_extensions WHERE name = 'vector'";
    let there: i64 = sqlx::query_scalar(there).fetch_one(pool).await.unwrap();
    let expected = if there > 0 { VectorSearch::Database } else { VectorSearch::Memory };
    assert_eq!(one.prepare_vectors().await.unwrap(), expected);
    database.remove().await;
}
