//! Fills a vector store of OpenAI's with what a business knows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clients::model::{Attributes, FileStatus, Model, StoredFile};
use knowledge::{BUSINESS, ENTRY, HASH};
use runtime::Settings;
use store::Records;
use store::records::KnowledgeEntry;

use crate::means;

/// How often and how many times it is asked whether the store has read everything.
const EVERY: Duration = Duration::from_secs(1);
const TIMES: usize = 300;

/// What has to be done for the store to hold what is known.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    /// Entries, by their place.
    add: Vec<usize>,
    /// Files, by their ids.
    remove: Vec<String>,
}

pub(super) async fn run(
    settings: &Settings,
    records: &Records,
    business: &str,
    name: Option<&str>,
) -> anyhow::Result<bool> {
    let model = means::model(settings)?.context(
        "there is no model's endpoint; set OPENAI_API_KEY, and OPENAI_BASE_URL where it is not OpenAI's",
    )?;
    let store = settings.model.as_ref().and_then(|model| model.vector_store.clone());
    let store = match (store, name) {
        (Some(store), None) => store,
        (Some(_), Some(_)) => {
            bail!("VECTOR_STORE_ID names a store already; --name is for a new one")
        }
        (None, name) => {
            let store = model.create_store(name.unwrap_or("relevo")).await?;
            println!("made the vector store {store}; set VECTOR_STORE_ID={store}");
            store
        }
    };
    let entries: Vec<KnowledgeEntry> = records.entries(business).await?;
    let entries: Vec<KnowledgeEntry> =
        entries.into_iter().filter(|entry| !entry.text.trim().is_empty()).collect();
    let plan = plan(&entries, &model.stored_files(&store).await?, business);
    // The new ones first: what is corrected is found all the time, and never said from an old one.
    for place in &plan.add {
        let entry = &entries[*place];
        let file = format!("{}.txt", entry.id);
        model.store_text(&store, &file, &text(entry), &attributes(entry)).await?;
    }
    for file in &plan.remove {
        model.unstore(&store, file).await?;
    }
    let failed = wait(&model, &store, business).await?;
    println!(
        "{store}: {} added, {} removed, {} unchanged, {failed} failed",
        plan.add.len(),
        plan.remove.len(),
        entries.len() - plan.add.len()
    );
    Ok(failed == 0)
}

/// Compares what is known with the business's files in the store. One that failed is tried again,
/// one that is there twice stays once.
fn plan(entries: &[KnowledgeEntry], files: &[StoredFile], business: &str) -> Plan {
    let mut wanted: HashMap<(String, &str), usize> = HashMap::new();
    for (place, entry) in entries.iter().enumerate() {
        wanted.insert((entry.id.to_string(), entry.hash.as_str()), place);
    }
    let (mut remove, mut there) = (Vec::new(), HashSet::new());
    for file in files.iter().filter(|file| is_of(file, business)) {
        let of = |key: &str| file.attributes.get(key).cloned().unwrap_or_default();
        let (entry, hash) = (of(ENTRY), of(HASH));
        let place = wanted.get(&(entry, hash.as_str())).copied();
        let is_well = matches!(file.status, FileStatus::Completed | FileStatus::InProgress);
        if !place.is_some_and(|place| is_well && there.insert(place)) {
            remove.push(file.id.clone());
        }
    }
    Plan { add: (0..entries.len()).filter(|place| !there.contains(place)).collect(), remove }
}

fn is_of(file: &StoredFile, business: &str) -> bool {
    file.attributes.get(BUSINESS).is_some_and(|own| own == business)
}

fn attributes(entry: &KnowledgeEntry) -> Attributes {
    let pairs = [
        (BUSINESS, entry.business.clone()),
        (ENTRY, entry.id.to_string()),
        (HASH, entry.hash.clone()),
    ];
    BTreeMap::from(pairs.map(|(key, value)| (key.to_owned(), value)))
}

fn text(entry: &KnowledgeEntry) -> String {
    let parts = [entry.title.as_deref(), entry.question.as_deref(), Some(entry.text.as_str())];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

/// Until the store has read everything; how many it could not.
async fn wait(model: &Model, store: &str, business: &str) -> anyhow::Result<usize> {
    for _ in 0..TIMES {
        let files = model.stored_files(store).await?;
        let with = |status: FileStatus| {
            files.iter().filter(|file| is_of(file, business) && file.status == status).count()
        };
        if with(FileStatus::InProgress) == 0 {
            return Ok(with(FileStatus::Failed) + with(FileStatus::Cancelled));
        }
        tokio::time::sleep(EVERY).await;
    }
    bail!("the store {store} is still reading; run it again to see what became of it")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entry(number: u128, hash: &str) -> KnowledgeEntry {
        KnowledgeEntry {
            id: Uuid::from_u128(number),
            business: "shop".to_owned(),
            source: "faq.md".to_owned(),
            position: 0,
            title: None,
            question: None,
            text: "text".to_owned(),
            hash: hash.to_owned(),
        }
    }

    fn file(id: &str, entry: &KnowledgeEntry, status: FileStatus) -> StoredFile {
        StoredFile { id: id.to_owned(), status, attributes: attributes(entry) }
    }

    #[test]
    fn only_what_changed_is_pushed_and_what_went_is_removed() {
        let entries = [entry(1, "a"), entry(2, "b"), entry(3, "c")];
        let other = KnowledgeEntry { business: "other".to_owned(), ..entry(1, "a") };
        let files = [
            file("same", &entries[0], FileStatus::Completed),
            file("twice", &entries[0], FileStatus::Completed),
            file("old", &entry(2, "before"), FileStatus::Completed),
            file("failed", &entries[2], FileStatus::Failed),
            file("gone", &entry(9, "z"), FileStatus::InProgress),
            file("theirs", &other, FileStatus::Completed),
        ];
        let remove = ["twice", "old", "failed", "gone"].map(str::to_owned).to_vec();
        assert_eq!(plan(&entries, &files, "shop"), Plan { add: vec![1, 2], remove });
        let files = entries.each_ref().map(|one| file("same", one, FileStatus::InProgress));
        assert_eq!(plan(&entries, &files, "shop"), Plan::default());
    }
}
