//! What a business knows: how operators bring it in, and how customers get it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::response::Html;
use axum::routing::get;
use relevo::installation::{BUSINESS_ID, Installation, KNOWLEDGE, LanguageModel, Plan};
use serde_json::Value;
use store::records::{Candidate, CandidateState};
use tokio::net::TcpListener;
use uuid::Uuid;

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

    // Before anything has ever run: whoever only looks makes nothing.
    let listed = stage.run(&["knowledge", "list"]).await;
    assert_eq!(listed.status.code(), Some(1), "{}", text(&listed));
    assert!(!stage.data().join("relevo.db").exists(), "{}", text(&listed));

    // And one broken file stops no other.
    let imported = stage.run(&["knowledge", "import"]).await;
    assert_eq!(imported.status.code(), Some(1), "{}", text(&imported));
    let told = String::from_utf8_lossy(&imported.stderr).into_owned();
    assert!(told.contains("knowledge/lista.pdf: it is no PDF that can be read: open it"), "{told}");
    assert!(told.contains("knowledge/faq.md: 2 added"), "{told}");
    assert!(text(&imported).contains("knows 3 entries; 1 of 3 files"), "{}", text(&imported));
    let sum = "entries: 3 added, 0 changed, 0 removed, 0 unchanged; files: 1 failed";
    assert!(text(&imported).contains(sum), "{}", text(&imported));
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

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_every_format_are_imported_changed_and_removed() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let folder = tempfile::tempdir().unwrap();
    let docs = folder.path().join("docs");
    fs::create_dir(&docs).unwrap();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/documents/tests/data");
    let put = |from: &str, to: &str| {
        fs::copy(format!("{data}/{from}"), docs.join(to)).unwrap();
    };
    put("manual.pdf", "manual.pdf");
    put("guide.docx", "guía.docx");
    put("answers.xlsx", "answers.xlsx");
    fs::write(docs.join("ayuda.html"), "<h1>¿Abren hoy?</h1><p>Sí.</p>").unwrap();
    let path = docs.to_str().unwrap();
    let import = async |expected: &str, code: i32| {
        let imported = stage.run(&["knowledge", "import", path]).await;
        assert_eq!(imported.status.code(), Some(code), "{}", text(&imported));
        assert!(text(&imported).contains(expected), "{expected}: {}", text(&imported));
        String::from_utf8_lossy(&imported.stderr).into_owned()
    };
    import("entries: 16 added, 0 changed, 0 removed, 0 unchanged; files: 0 failed", 0).await;
    import("entries: 0 added, 0 changed, 0 removed, 16 unchanged; files: 0 failed", 0).await;

    // Renamed: the same is there under another name. Changed: only what changed. Given twice.
    fs::rename(docs.join("manual.pdf"), docs.join("taladro.pdf")).unwrap();
    fs::write(docs.join("ayuda.html"), "<h1>¿Abren hoy?</h1><p>No.</p>").unwrap();
    let told =
        import("entries: 4 added, 1 changed, 4 removed, 11 unchanged; files: 0 failed", 0).await;
    assert!(told.contains("docs/manual.pdf: removed with 4 entries: the file is gone"), "{told}");
    put("answers.xlsx", "copia.xlsx");
    import("entries: 5 added", 0).await;
    let checked = stage.run(&["knowledge", "check"]).await;
    assert_eq!(checked.status.code(), Some(1), "{}", text(&checked));
    assert!(text(&checked).contains("docs/copia.xlsx: ¿Aceptan Yape?"), "{}", text(&checked));

    // What can't be read stops nothing and keeps what it brought.
    fs::remove_file(docs.join("copia.xlsx")).unwrap();
    put("locked.pdf", "taladro.pdf");
    put("scanned.pdf", "escaneado.pdf");
    fs::write(docs.join("vacío.txt"), "").unwrap();
    let large = fs::File::create(docs.join("enorme.pdf")).unwrap();
    large.set_len(30 * 1024 * 1024).unwrap();
    let told =
        import("entries: 0 added, 0 changed, 5 removed, 12 unchanged; files: 4 failed", 1).await;
    for expected in [
        "docs/taladro.pdf: it opens only with a password",
        "docs/escaneado.pdf: it has pictures of text and no text",
        "docs/vacío.txt: there is nothing to know in it",
        "docs/enorme.pdf: it is larger than 20 MB",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    assert!(sources(&stage).await.contains(&"docs/taladro.pdf".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_imported_by_its_address_and_kept_when_it_goes() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let page = Arc::new(Mutex::new("<main><h1>¿Abren hoy?</h1><p>Sí.</p></main>".to_owned()));
    let shown = Arc::clone(&page);
    let app = Router::new().route(
        "/ayuda",
        get(move || {
            let page = shown.lock().unwrap().clone();
            let status = if page.is_empty() { StatusCode::NOT_FOUND } else { StatusCode::OK };
            async move { (status, Html(page)) }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/ayuda", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let refused = stage.run(&["knowledge", "import", &url]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(told.contains("add --allow-private if it is yours"), "{told}");

    let import = async |expected: &str, code: i32| {
        let imported = stage.run(&["knowledge", "import", "--allow-private", &url]).await;
        let told = String::from_utf8_lossy(&imported.stderr).into_owned();
        assert_eq!(imported.status.code(), Some(code), "{told}");
        assert!(told.contains(expected), "{told}");
    };
    import(&format!("{url}: 1 added"), 0).await;
    assert_eq!(sources(&stage).await, [url.as_str()]);
    import("1 unchanged", 0).await;
    *page.lock().unwrap() = "<main><h1>¿Abren hoy?</h1><p>No.</p></main>".to_owned();
    import("1 updated", 0).await;
    page.lock().unwrap().clear();
    import(&format!("relevo knowledge remove {url}"), 1).await;
    assert_eq!(sources(&stage).await, [url.as_str()]);

    let removed = stage.run(&["knowledge", "remove", &format!("{url}#parte")]).await;
    assert_eq!(removed.status.code(), Some(0), "{}", text(&removed));
    assert!(sources(&stage).await.is_empty());
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
async fn what_was_learned_is_reviewed_taken_back_and_calibrated() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let own = PathBuf::from(&stage.environment["RELEVO_BUSINESS_DIR"]).join(BUSINESS_ID);
    fs::write(own.join("knowledge/faq.md"), "# ¿Aceptan Yape?\nSí, aceptamos Yape.\n").unwrap();
    stage.run(&["knowledge", "import"]).await;
    let teach = async |number: u128, question: &str, answer: &str| {
        let file = embedded::File::open(&stage.data()).await.unwrap();
        let records = store::Records::embedded(file.clone());
        records.propose(&candidate(number, question, answer)).await.unwrap();
        file.close().await;
    };
    teach(1, "¿Cortan melamina?", "Sí, cortamos melamina a medida.").await;
    teach(2, "¿Aceptan Yape?", "No aceptamos Yape.").await;

    let waiting = lines(&stage.run(&["knowledge", "review", "--json"]).await);
    assert_eq!(waiting.len(), 2);
    let id = waiting[0]["candidate"].as_str().unwrap().to_owned();
    let other = waiting[1]["candidate"].as_str().unwrap().to_owned();
    let edited = ["knowledge", "review", "edit", &id, "--answer", "Cortamos melamina en taller."];
    assert_eq!(stage.run(&edited).await.status.code(), Some(0));
    let personal = ["knowledge", "review", "edit", &id, "--answer", "Llama a Juan al 987 654 321"];
    let refused = stage.run(&personal).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert!(text(&refused).contains("datos personales"), "{}", text(&refused));

    for told in ["published", "was published already"] {
        let approved = stage.run(&["knowledge", "review", "approve", &id]).await;
        assert!(text(&approved).contains(told), "{}", text(&approved));
    }
    let found = stage.run(&["knowledge", "search", "--json", "cortan melamina"]).await;
    assert_eq!(lines(&found)[0]["band"], "answer");
    let conflict = stage.run(&["knowledge", "review", "approve", "--replace", &other]).await;
    assert_eq!(conflict.status.code(), Some(1), "{}", text(&conflict));
    assert!(text(&conflict).contains("correct knowledge/faq.md"), "{}", text(&conflict));
    let shown = stage.run(&["knowledge", "review", "show", &id]).await;
    assert!(text(&shown).contains("Cortamos melamina en taller."), "{}", text(&shown));
    stage.run(&["knowledge", "review", "discard", &other]).await;
    let left = stage.run(&["knowledge", "review"]).await;
    assert!(text(&left).contains("0 wait"), "{}", text(&left));

    let kept = stage.run(&["knowledge", "remove", "learned"]).await;
    assert_eq!(kept.status.code(), Some(1), "{}", text(&kept));
    let undone = stage.run(&["knowledge", "undo", &id]).await;
    assert!(text(&undone).contains("1 taken back, used 0 times"), "{}", text(&undone));
    let gone = stage.run(&["knowledge", "search", "--json", "cortan melamina"]).await;
    assert_ne!(lines(&gone)[0]["band"], "answer");

    let few = stage.run(&["knowledge", "calibrate"]).await;
    assert_eq!(few.status.code(), Some(1), "{}", text(&few));
    assert!(text(&few).contains("at least 52 right answers"), "{}", text(&few));
    let found = stage.run(&["knowledge", "search", "--json", "se puede pagar con yape"]).await;
    let entry = lines(&found)[0]["hits"][0]["entry"].as_str().unwrap().to_owned();
    let labels = own.join("labels.txt");
    fs::write(&labels, format!("se puede pagar con yape|{entry}\n").repeat(60)).unwrap();
    let labels = labels.to_str().unwrap();
    let learned = stage.run(&["knowledge", "calibrate", "--json", "--labels", labels]).await;
    assert_eq!(learned.status.code(), Some(0), "{}", text(&learned));
    assert_eq!(lines(&learned)[0]["right"], 60);
    let found = stage.run(&["knowledge", "search", "--json", "se puede pagar con yape"]).await;
    assert_eq!(lines(&found)[0]["band"], "answer");
    stage.run(&["knowledge", "calibrate", "--reset"]).await;
    let shown = lines(&stage.run(&["knowledge", "calibrate", "--show", "--json"]).await);
    assert_eq!(shown.len(), 2);
    assert_eq!(shown[0]["cut"], Value::Null);
}

fn candidate(number: u128, question: &str, answer: &str) -> Candidate {
    Candidate {
        id: Uuid::from_u128(number << 96),
        business: BUSINESS_ID.to_owned(),
        conversation: None,
        ticket: String::new(),
        question: question.to_owned(),
        answer: answer.to_owned(),
        language: "es".to_owned(),
        state: CandidateState::Proposed,
        why: None,
        revision: 1,
        entry: None,
        helped: 0,
        created_ms: 1,
        changed_ms: 1,
        reviewed_ms: None,
        expires_ms: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_was_taken_from_is_recorded_with_it() {
    let plan = Plan { business: BUSINESS.to_owned(), knowledge: KNOWLEDGE, ..Plan::default() };
    let installation = Installation::start(plan).await.unwrap();
    let ana = installation.sandbox.customer("51912345679", "Ana");
    ana.says("¿Tienen tienda en Trujillo?").await;
    assert!(ana.hears(LIMIT).await.unwrap().text.contains("Av. España 2110"));
    let records = installation.app.ports().records.clone();
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
