//! Measures what an embedding model is worth beside the words, on what ships and, if they are in
//! FOLDER, on banking77 and CLINC150 with one known question of each intent:
//!
//! ```sh
//! scripts/embedding-server 8090 &
//! cargo run --release -p knowledge --example dense -- http://127.0.0.1:8090/v1 MODEL [FOLDER]
//! ```
//!
//! The key of an endpoint that wants one is read from OPENAI_API_KEY.

#![allow(clippy::unwrap_used, reason = "a tool for developers")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use clients::model::{Model, Options};
use retrieval::Entry;
use retrieval::quality::{FaqFile, Question, shipped};

/// Questions that are asked for each intent, and those before them, of which the first is known.
const ASKED: usize = 8;
const BEFORE: usize = 10;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [base_url, name, folder @ ..] = &arguments[..] else {
        eprintln!("usage: dense BASE_URL MODEL [FOLDER]");
        std::process::exit(64);
    };
    let model = Model::new(Options {
        base_url: base_url.clone(),
        api_key: key(),
        chat_model: String::new(),
        transcription_model: String::new(),
        embedding_model: Some(name.clone()),
        timeout: Duration::from_secs(60),
        media_timeout: Duration::from_secs(300),
        retries: 2,
    });
    let model = model.unwrap();
    measure(&model, "English, shipped", &shipped::english()).await;
    measure(&model, "Spanish, shipped", &shipped::spanish()).await;
    let Some(folder) = folder.first().map(Path::new) else { return };
    if let Ok(mut rows) = csv::Reader::from_path(folder.join("banking77-train.csv")) {
        let rows = rows.deserialize::<(String, String)>().map(Result::unwrap);
        measure(&model, "banking77", &by_intent(rows)).await;
    }
    if let Ok(text) = std::fs::read_to_string(folder.join("clinc150-small.json")) {
        let sets: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text).unwrap();
        let rows = sets["train"].iter().filter(|(_, intent)| intent != "oos").cloned();
        measure(&model, "CLINC150", &by_intent(rows)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a tool reads its own environment")]
fn key() -> Option<secrecy::SecretString> {
    std::env::var("OPENAI_API_KEY").ok().map(Into::into)
}

async fn measure(model: &Model, name: &str, file: &FaqFile) {
    let measured = knowledge::measure(model, file).await.unwrap();
    let share = |right: usize| 100.0 * right as f64 / measured.probes as f64;
    println!(
        "{name}: {} entries, {} questions; found first by words {:.1} %, by vectors {:.1} %, \
         by both {:.1} % with weight {}",
        file.entries.len(),
        measured.probes,
        share(measured.by_words),
        share(measured.by_vectors),
        share(measured.with_weight),
        measured.weight
    );
}

fn by_intent(rows: impl Iterator<Item = (String, String)>) -> FaqFile {
    let mut intents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (text, intent) in rows {
        intents.entry(intent).or_default().push(text);
    }
    let mut file = FaqFile::default();
    for (intent, texts) in intents {
        file.entries.push(Entry {
            id: intent.clone(),
            question: texts.first().cloned(),
            text: intent.replace('_', " "),
            ..Entry::default()
        });
        let asked = texts.into_iter().skip(BEFORE).take(ASKED);
        file.questions.extend(asked.map(|text| Question { text, right: Some(intent.clone()) }));
    }
    file
}
