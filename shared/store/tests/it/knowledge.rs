//! The suite of what businesses know, on PostgreSQL and SQLite.

use store::Records;
use store::records::{KnowledgeChanges, KnowledgeDraft, KnowledgeEntry, KnowledgeSource};

use crate::records::migrated;
use crate::servers::Pair;

on_both_databases! { migrated =>
    a_source_that_is_imported_again_changes_what_changed,
    the_same_import_again_changes_nothing,
    an_entry_keeps_its_id_while_its_words_change,
    a_source_that_is_removed_takes_its_entries_along,
    a_business_sees_only_its_own_knowledge,
    imports_that_race_end_up_as_one_of_them,
    thousands_of_entries_are_imported_at_once,
    a_nul_spoils_no_import,
}

const SHOP: &str = "tienda";

fn source(business: &str, name: &str, hash: &str) -> KnowledgeSource {
    KnowledgeSource {
        business: business.to_owned(),
        name: name.to_owned(),
        kind: "markdown".to_owned(),
        hash: hash.to_owned(),
        imported_ms: 7,
    }
}

/// Answers by their keys.
fn drafts(said: &[(&str, &str)]) -> Vec<KnowledgeDraft> {
    said.iter()
        .map(|(key, text)| KnowledgeDraft {
            key: (*key).to_owned(),
            title: None,
            question: Some(format!("¿{key}?")),
            text: (*text).to_owned(),
        })
        .collect()
}

async fn version(records: &Records, business: &str) -> i64 {
    records.knowledge_versions().await.unwrap().get(business).copied().unwrap_or_default()
}

fn texts(entries: &[KnowledgeEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.text.as_str()).collect()
}

async fn a_source_that_is_imported_again_changes_what_changed(Pair { one, other }: Pair) {
    let first = drafts(&[("horario", "De 9 a 20"), ("envío", "10 soles"), ("pago", "Yape")]);
    let done = one.replace_source(source(SHOP, "faq.md", "1"), &first).await.unwrap();
    assert_eq!(done, KnowledgeChanges { added: 3, ..KnowledgeChanges::default() });
    assert_eq!(version(&other, SHOP).await, 1);

    let second = drafts(&[("envío", "12 soles"), ("horario", "De 9 a 20"), ("cambio", "15 días")]);
    let again = KnowledgeSource { imported_ms: 9, ..source(SHOP, "faq.md", "2") };
    let done = other.replace_source(again.clone(), &second).await.unwrap();
    assert_eq!(done, KnowledgeChanges { added: 1, updated: 1, removed: 1, unchanged: 1 });
    assert_eq!(version(&one, SHOP).await, 2);
    let entries = one.entries(SHOP).await.unwrap();
    assert_eq!(texts(&entries), ["12 soles", "De 9 a 20", "15 días"]);
    let sources = one.sources(SHOP).await.unwrap();
    assert_eq!(sources.len(), 1);
    assert_eq!((&sources[0].source, sources[0].entries), (&again, 3));
}

async fn the_same_import_again_changes_nothing(Pair { one, other }: Pair) {
    let same = drafts(&[("horario", "De 9 a 20"), ("envío", "10 soles")]);
    one.replace_source(source(SHOP, "faq.md", "1"), &same).await.unwrap();
    let before = (one.entries(SHOP).await.unwrap(), one.sources(SHOP).await.unwrap());
    let later = KnowledgeSource { imported_ms: 99, ..source(SHOP, "faq.md", "1") };
    let done = other.replace_source(later, &same).await.unwrap();
    assert_eq!(done, KnowledgeChanges { unchanged: 2, ..KnowledgeChanges::default() });
    assert!(!done.any());
    assert_eq!((one.entries(SHOP).await.unwrap(), one.sources(SHOP).await.unwrap()), before);
    assert_eq!(version(&one, SHOP).await, 1);
}

async fn an_entry_keeps_its_id_while_its_words_change(Pair { one, .. }: Pair) {
    let mut ids = Vec::new();
    for text in ["De 9 a 20", "De 9 a 21"] {
        let said = drafts(&[("horario", text)]);
        one.replace_source(source(SHOP, "faq.md", text), &said).await.unwrap();
        ids.extend(
            one.entries(SHOP).await.unwrap().into_iter().map(|entry| (entry.id, entry.hash)),
        );
    }
    assert_eq!(ids[0].0, ids[1].0);
    assert_ne!(ids[0].1, ids[1].1);
}

async fn a_source_that_is_removed_takes_its_entries_along(Pair { one, other }: Pair) {
    for name in ["faq.md", "tiendas.csv"] {
        let said = drafts(&[("horario", name)]);
        one.replace_source(source(SHOP, name, "1"), &said).await.unwrap();
    }
    assert_eq!(other.remove_source(SHOP, "faq.md").await.unwrap(), Some(1));
    assert_eq!(texts(&one.entries(SHOP).await.unwrap()), ["tiendas.csv"]);
    assert_eq!(one.sources(SHOP).await.unwrap().len(), 1);
    assert_eq!(version(&one, SHOP).await, 3);
    assert_eq!(other.remove_source(SHOP, "faq.md").await.unwrap(), None);
    assert_eq!(other.remove_source("otra", "tiendas.csv").await.unwrap(), None);
    assert_eq!(version(&one, SHOP).await, 3);
}

async fn a_business_sees_only_its_own_knowledge(Pair { one, .. }: Pair) {
    for business in [SHOP, "otra"] {
        let said = drafts(&[("horario", business)]);
        one.replace_source(source(business, "faq.md", "1"), &said).await.unwrap();
    }
    let (ours, theirs) = (one.entries(SHOP).await.unwrap(), one.entries("otra").await.unwrap());
    assert_eq!((texts(&ours), texts(&theirs)), (vec![SHOP], vec!["otra"]));
    assert_ne!(ours[0].id, theirs[0].id);
    one.remove_source("otra", "faq.md").await.unwrap();
    assert_eq!(one.entries(SHOP).await.unwrap(), ours);
    assert_eq!((version(&one, SHOP).await, version(&one, "otra").await), (1, 2));
}

async fn imports_that_race_end_up_as_one_of_them(Pair { one, other }: Pair) {
    let races = [("1", one.clone()), ("2", other.clone()), ("3", one.clone()), ("4", other)];
    let races = races.map(|(hash, records)| {
        tokio::spawn(async move {
            let said = drafts(&[("a", hash), ("b", hash), (hash, hash)]);
            records.replace_source(source(SHOP, "faq.md", hash), &said).await.unwrap();
        })
    });
    for race in races {
        race.await.unwrap();
    }
    let entries = one.entries(SHOP).await.unwrap();
    let hash = one.sources(SHOP).await.unwrap()[0].source.hash.clone();
    assert_eq!(texts(&entries), [&hash; 3]);
    assert_eq!(version(&one, SHOP).await, 4);
}

async fn thousands_of_entries_are_imported_at_once(Pair { one, .. }: Pair) {
    let many: Vec<KnowledgeDraft> = (0..3_000)
        .map(|number| KnowledgeDraft {
            key: number.to_string(),
            title: Some("Manual".to_owned()),
            question: None,
            text: format!("Párrafo {number}"),
        })
        .collect();
    let done = one.replace_source(source(SHOP, "manual.md", "1"), &many).await.unwrap();
    assert_eq!(done.added, 3_000);
    let done = one.replace_source(source(SHOP, "manual.md", "2"), &many[1_000..]).await.unwrap();
    assert_eq!((done.removed, done.unchanged), (1_000, 2_000));
    let entries = one.entries(SHOP).await.unwrap();
    assert_eq!(entries.len(), 2_000);
    assert_eq!((entries[0].position, entries[0].text.as_str()), (0, "Párrafo 1000"));
}

async fn a_nul_spoils_no_import(Pair { one, .. }: Pair) {
    let said = drafts(&[("a\0", "uno\0dos")]);
    one.replace_source(source(SHOP, "x\0.txt", "1"), &said).await.unwrap();
    assert_eq!(texts(&one.entries(SHOP).await.unwrap()), ["uno\u{fffd}dos"]);
    assert_eq!(one.remove_source(SHOP, "x\0.txt").await.unwrap(), Some(1));
}
