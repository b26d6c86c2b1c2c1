//! Everything that is held on one customer: handed out, and erased.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use relevo::installation::LanguageModel;
use serde_json::Value;
use store::Records;
use store::records::Counts;

use crate::commands::text;
use crate::process::Stage;
use crate::servers::Servers;
use crate::{all_settled, until};

const LIMIT: Duration = Duration::from_secs(60);
const PHONE: &str = "51912345678";
const WORDS: &str = "gracias por avisar a Calle Luna 7";
const SPOKEN: &str = "muchas gracias desde la calle Estrella";
const WITH_THE_ORDER: &str = "déjenlo en la portería Sol";

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_handed_out_and_erased_beside_a_process_that_serves() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::Scripted).await;
    let relevo = stage.serve("");
    relevo.ready().await;
    let file = embedded::File::visit(&stage.data()).await.unwrap();
    erased_and_new_again(&stage, &Records::embedded(file.clone())).await;

    // Nothing of it is on the disk, in no table and no free page.
    let erased = stage.run(&["customer", "erase", PHONE, "--yes"]).await;
    assert!(erased.status.success(), "{}", text(&erased));
    file.close().await;
    let disk = contents(&stage.data());
    for gone in [WORDS, SPOKEN, WITH_THE_ORDER, PHONE, "Estrella", "Luna"] {
        let found: Vec<&String> = disk
            .iter()
            .filter(|(_, bytes)| bytes.windows(gone.len()).any(|part| part == gone.as_bytes()))
            .map(|(name, _)| name)
            .collect();
        assert_eq!(found, [] as [&str; 0], "{gone}");
    }
    assert!(!disk.iter().any(|(name, _)| name.ends_with(".ogg")));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_servers_too_a_customer_is_handed_out_and_erased() {
    let servers = Servers::start().await;
    let stage = Stage::set(servers.environment(), LanguageModel::Scripted).await;
    let relevo = stage.serve("");
    relevo.ready().await;
    let records = Records::postgres(&stage.environment["RELEVO_DATABASE_URL"]).await.unwrap();
    erased_and_new_again(&stage, &records).await;
}

async fn erased_and_new_again(stage: &Stage, records: &Records) {
    let nobody = stage.run(&["customer", "export", PHONE]).await;
    assert_eq!(nobody.status.code(), Some(1), "{}", text(&nobody));
    let ana = stage.sandbox.customer(PHONE, "Ana");
    let luis = stage.sandbox.customer("51987654321", "Luis");
    ana.says(WORDS).await;
    ana.speaks(SPOKEN).await;
    ana.orders(&[("taladro", 2, 10.5)], WITH_THE_ORDER).await;
    luis.says("muchas gracias").await;
    let before = all_settled(records, 4).await;
    until("the voice note is kept", LIMIT, async || {
        let export = stage.run(&["customer", "export", PHONE]).await;
        let is_kept = |export: Value| export["files"].as_array().is_some_and(|all| all.len() == 1);
        serde_json::from_slice(&export.stdout).is_ok_and(is_kept)
    })
    .await;

    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("ana.json");
    let export = ["customer", "export", "+51 912 345 678", "--out", out.to_str().unwrap()];
    let done = stage.run(&export).await;
    assert!(done.status.success(), "{}", text(&done));
    let whole = std::fs::read_to_string(&out).unwrap();
    holds_everything(&serde_json::from_str(&whole).unwrap(), &ana.user_id());
    assert!(!whole.contains("51987654321"), "nobody else is in it");
    for unknown in ["Ana", "51"] {
        assert_eq!(stage.run(&["customer", "export", unknown]).await.status.code(), Some(1));
    }

    let preview = stage.run(&["customer", "erase", PHONE]).await;
    assert_eq!(preview.status.code(), Some(1), "{}", text(&preview));
    assert!(text(&preview).contains("nothing was erased"), "{}", text(&preview));
    assert_eq!(records.counts().await.unwrap(), before);

    let erased = stage.run(&["customer", "erase", &ana.user_id(), "--yes"]).await;
    assert!(erased.status.success(), "{}", text(&erased));
    for line in ["conversations  1", "files          1", "messages_in    3", "orders         1"] {
        assert!(text(&erased).contains(line), "{line} in {}", text(&erased));
    }
    assert_eq!(records.counts().await.unwrap(), before, "the outcomes are as they were");
    for name in [PHONE, &ana.user_id()] {
        let export = stage.run(&["customer", "export", name]).await;
        assert_eq!(export.status.code(), Some(1), "{}", text(&export));
        for gone in [WORDS, SPOKEN, WITH_THE_ORDER, "wamid"] {
            assert!(!text(&export).contains(gone), "{gone} in {}", text(&export));
        }
    }
    let again = stage.run(&["customer", "erase", PHONE, "--yes"]).await;
    assert!(again.status.success(), "{}", text(&again));
    assert!(text(&again).contains("messages_in    0"), "{}", text(&again));

    // Whoever writes now is new.
    ana.says("hola").await;
    let after = all_settled(records, 5).await;
    assert_eq!(answered(&after), answered(&before) + 1);
    let export = stage.run(&["customer", "export", PHONE]).await;
    let export: Value = serde_json::from_slice(&export.stdout).unwrap();
    assert_eq!(export["messages_in"].as_array().unwrap().len(), 1, "{export:#}");
    let lines = documents(&export).find_map(|one| one["memory"]["lines"].as_array()).unwrap();
    assert_eq!(lines.len(), 2, "what was said and its answer: {export:#}");
    assert!(luis.hears(LIMIT).await.is_ok());
}

fn answered(counts: &Counts) -> i64 {
    counts.outcomes.iter().find(|(name, _)| name == "answered").map_or(0, |(_, count)| *count)
}

fn documents(export: &Value) -> impl Iterator<Item = &Value> {
    let conversations = export["conversations"].as_array().unwrap().iter();
    conversations.map(|one| &one["document"]).filter(|document| document.is_object())
}

fn holds_everything(export: &Value, user_id: &str) {
    assert_eq!((&export["format"], &export["version"]), (&"relevo.customer".into(), &1.into()));
    assert_eq!(export["phones"], serde_json::json!([PHONE]));
    assert_eq!(export["user_ids"], serde_json::json!([user_id]));
    let texts = |key: &str| -> Vec<String> {
        let rows = export[key].as_array().unwrap().iter();
        rows.map(|row| row["text"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let said = texts("messages_in").join("\n");
    for words in [WORDS, SPOKEN, WITH_THE_ORDER] {
        assert!(said.contains(words), "{words} in {said}");
    }
    assert!(!texts("messages_out").is_empty());
    assert!(export["messages_out"].as_array().unwrap().iter().all(|one| one["author"] == "bot"));
    let order = &export["orders"][0];
    assert_eq!((&order["product_id"], &order["price"]), (&"taladro".into(), &10.5.into()));
    assert_eq!(documents(export).count(), 1);
    let file = &export["files"][0];
    let path = Path::new(file["path"].as_str().unwrap());
    assert_eq!(std::fs::metadata(path).unwrap().len(), file["bytes"].as_u64().unwrap());
}

/// Every file below a folder.
fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            all.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    all
}
