//! What a business knows: how operators bring it in, and how customers get it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use relevo::installation::{BUSINESS_ID, Installation, KNOWLEDGE, LanguageModel, Plan};
use serde_json::Value;

use crate::commands::text;
use crate::process::Stage;
use crate::{BUSINESS, until};

const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_knowledge_is_imported_searched_and_removed() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let own = PathBuf::from(&stage.environment["RELEVO_BUSINESS_DIR"]).join(BUSINESS_ID);
    let own = own.join("knowledge");
    let write = |name: &str, text: &str| fs::write(own.join(name), text).unwrap();
    write("faq.md", "# ¿Abren los domingos?\nSí, de 10 a 15.\n# ¿Aceptan Yape?\nSí.\n");
    write("envíos.csv", "pregunta;respuesta\n¿Envían a Cusco?;Sí, en 5 días\n");
    write("lista.pdf", "%PDF-1.7");

    // Before anything has ever run, and one broken file stops no other.
    let imported = stage.run(&["knowledge", "import"]).await;
    assert_eq!(imported.status.code(), Some(1), "{}", text(&imported));
    let told = String::from_utf8_lossy(&imported.stderr).into_owned();
    assert!(told.contains("knowledge/lista.pdf: PDF files are not read yet: save it"), "{told}");
    assert!(told.contains("knowledge/faq.md: 2 added"), "{told}");
    assert!(text(&imported).contains("knows 3 entries; 1 of 3 files"), "{}", text(&imported));
    assert_eq!(sources(&stage).await, ["knowledge/envíos.csv", "knowledge/faq.md"]);

    let questions = "abren los domingos?\naceptan yape\n\n";
    let found = with_input(&stage, &["knowledge", "search", "--json", "--stdin"], questions);
    let found = lines(&found);
    let asked: Vec<&str> = found.iter().map(|line| line["question"].as_str().unwrap()).collect();
    assert_eq!(asked, ["abren los domingos?", "aceptan yape", ""]);
    for line in &found {
        assert!(
            ["answer", "offer", "hand_off"].contains(&line["band"].as_str().unwrap()),
            "{line}"
        );
        assert!((0.0..=1.0).contains(&line["confidence"].as_f64().unwrap()), "{line}");
    }
    assert_eq!(found[2]["band"], "hand_off");
    let entry = found[0]["hits"][0]["entry"].as_str().unwrap();
    let shown = stage.run(&["knowledge", "show", entry]).await;
    assert!(
        text(&shown).contains("question  ¿Abren los domingos?\nSí, de 10 a 15."),
        "{}",
        text(&shown)
    );

    // What is exported is imported as it was.
    let table = stage.run(&["knowledge", "export"]).await;
    write("copia.csv", &printed(&table));
    fs::remove_file(own.join("lista.pdf")).unwrap();
    fs::remove_file(own.join("envíos.csv")).unwrap();
    let again = stage.run(&["knowledge", "import"]).await;
    assert_eq!(again.status.code(), Some(0), "{}", text(&again));
    let told = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(told.contains("knowledge/copia.csv: 3 added"), "{told}");
    assert!(told.contains("knowledge/faq.md: 2 unchanged"), "{told}");
    assert!(told.contains("knowledge/envíos.csv: removed with 1 entries"), "{told}");

    write("copia.csv", &printed(&table).replace("de 10 a 15", "de 9 a 13"));
    stage.run(&["knowledge", "import"]).await;
    let checked = stage.run(&["knowledge", "check"]).await;
    assert_eq!(checked.status.code(), Some(1), "{}", text(&checked));
    for finding in ["contradictory\n", "duplicate\n", "¿Abren los domingos?"] {
        assert!(text(&checked).contains(finding), "{}", text(&checked));
    }
    let removed = stage.run(&["knowledge", "remove", "knowledge/copia.csv", "nowhere"]).await;
    assert_eq!(removed.status.code(), Some(1), "{}", text(&removed));
    assert_eq!(sources(&stage).await, ["knowledge/faq.md"]);
    let checked = stage.run(&["knowledge", "check"]).await;
    assert_eq!(checked.status.code(), Some(0), "{}", text(&checked));
}

async fn sources(stage: &Stage) -> Vec<String> {
    let listed = lines(&stage.run(&["knowledge", "list", "--json"]).await);
    listed.iter().map(|line| line["source"].as_str().unwrap().to_owned()).collect()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn lines(output: &Output) -> Vec<Value> {
    printed(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn with_input(stage: &Stage, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_relevo"))
        .args(arguments)
        .env_clear()
        .envs(&stage.environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_taps_one_of_the_offered_questions_and_gets_its_answer() {
    let plan = Plan { business: BUSINESS.to_owned(), knowledge: KNOWLEDGE, ..Plan::default() };
    let installation = Installation::start(plan).await.unwrap();
    let ana = installation.sandbox.customer("51912345678", "Ana");
    ana.says("una consulta sobre el envío").await;
    let offered = ana.hears(LIMIT).await.unwrap().offers;
    let cost = offered.iter().find(|offer| offer.title == "Cuesta el envío…").unwrap();
    ana.taps(&cost.id).await.unwrap();
    let answer = ana.hears(LIMIT).await.unwrap().text;
    assert_eq!(
        answer,
        "El envío cuesta 10 soles dentro de la ciudad y 18 soles a provincias. Es gratis en \
         compras mayores a 199 soles."
    );
    installation.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_was_taken_from_is_recorded_with_it() {
    let plan = Plan { business: BUSINESS.to_owned(), knowledge: KNOWLEDGE, ..Plan::default() };
    let installation = Installation::start(plan).await.unwrap();
    let ana = installation.sandbox.customer("51912345679", "Ana");
    ana.says("¿Tienen tienda en Trujillo?").await;
    assert!(ana.hears(LIMIT).await.unwrap().text.contains("Av. España 2110"));
    let records = installation.app.ports.records.clone();
    let store::Records::Sqlite(file) = &records else { panic!("not embedded") };
    let sources = async || -> Vec<String> {
        let select = "SELECT s.name FROM outbound_source s JOIN outbound_message m
                      ON m.reply = s.reply JOIN knowledge_entry e ON e.id = s.entry";
        sqlx::query_scalar(select).fetch_all(file.readers()).await.unwrap()
    };
    until("the source is recorded", LIMIT, async || !sources().await.is_empty()).await;
    assert_eq!(sources().await, ["knowledge/tiendas.csv"]);
    installation.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vector_store_is_filled_with_what_changed() {
    let mut stage = Stage::set(BTreeMap::new(), LanguageModel::Scripted).await;
    let own = PathBuf::from(&stage.environment["RELEVO_BUSINESS_DIR"]).join(BUSINESS_ID);
    let write = |text: &str| fs::write(own.join("knowledge/faq.md"), text).unwrap();
    write("# ¿Abren los domingos?\nSí, de 10 a 15.\n# ¿Aceptan Yape?\nSí.\n");
    stage.run(&["knowledge", "import"]).await;
    let made = stage.run(&["knowledge", "push", "--name", "tienda"]).await;
    assert_eq!(made.status.code(), Some(0), "{}", text(&made));
    let told = printed(&made);
    assert!(told.contains("2 added, 0 removed, 0 unchanged, 0 failed"), "{told}");
    let (_, store) = told.lines().next().unwrap().split_once("VECTOR_STORE_ID=").unwrap();
    stage.environment.insert("VECTOR_STORE_ID".to_owned(), store.to_owned());

    let again = printed(&stage.run(&["knowledge", "push"]).await);
    assert!(again.contains("0 added, 0 removed, 2 unchanged, 0 failed"), "{again}");
    write("# ¿Abren los domingos?\nSí, de 9 a 13.\n");
    stage.run(&["knowledge", "import"]).await;
    let changed = printed(&stage.run(&["knowledge", "push"]).await);
    assert!(changed.contains("1 added, 2 removed, 0 unchanged, 0 failed"), "{changed}");
    let found = stage.run(&["knowledge", "search", "--json", "abren los domingos?"]).await;
    assert_eq!(lines(&found)[0]["band"], "answer", "{}", text(&found));
}
