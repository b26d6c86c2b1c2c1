//! What `relevo doctor` says of a setup that works, and of one broken setup of each kind.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use clients::notion::{Notion, Version};
use relevo::installation::{LanguageModel, Plan};
use sandbox::{Fault, Operation};
use secrecy::SecretString;
use serde_json::{Value, json};
use sqlx::Connection as _;

use crate::commands::text;
use crate::process::Stage;
use crate::servers::Servers;
use crate::transcripts::TEMPLATE;
use crate::until;

const LIMIT: Duration = Duration::from_secs(30);
fn with_template() -> String {
    format!("name = \"Ferretería Andina\"\n{TEMPLATE}")
}

async fn stage(business: &str, environment: BTreeMap<String, String>) -> Stage {
    let account = sandbox::Options::example().waba_id;
    let mut environment = environment;
    environment.insert("WHATSAPP_BUSINESS_ACCOUNT_ID".to_owned(), account);
    environment.insert("OPENAI_EMBEDDING_MODEL".to_owned(), "sandbox-embedding".to_owned());
    let (business, model) = (business.to_owned(), LanguageModel::Scripted);
    let mut sandbox = Plan::default().sandbox;
    // The doctor is asked more often than a person would ask.
    sandbox.notion.rate = None;
    Stage::with_desk(Plan { business, environment, model, sandbox, ..Plan::default() }).await
}

/// What the doctor finds where the environment says this otherwise.
async fn examined(stage: &Stage, otherwise: &[(&str, &str)]) -> (Option<i32>, Vec<Value>) {
    let otherwise = otherwise.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    let (code, said) = stage.run_with(&otherwise.collect(), &["doctor", "--json"]).await;
    let lines = said.lines().filter(|line| line.starts_with('{'));
    (code, lines.map(|line| serde_json::from_str(line).unwrap()).collect())
}

/// Whether this check ends so, with these words in what it says or what it advises.
#[track_caller]
fn says((code, findings): &(Option<i32>, Vec<Value>), (check, state, words): (&str, &str, &str)) {
    let of_it = |one: &&Value| one["check"].as_str().unwrap().starts_with(check);
    let found: Vec<&Value> = findings.iter().filter(of_it).collect();
    let is_so = |one: &&Value| {
        one["state"] == state && (state == "well" || one["remedy"].is_string()) && {
            let both = format!("{} {}", one["says"], one["remedy"]);
            both.contains(words)
        }
    };
    assert!(found.iter().any(is_so), "{check} {state} {words}: {findings:#?}");
    let failed = findings.iter().any(|one| one["state"] == "failed");
    assert_eq!(*code, Some(i32::from(failed)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_setup_that_works_it_says_that_everything_is_well() {
    for servers in [None, Some(Servers::start().await)] {
        let environment = servers.as_ref().map(Servers::environment).unwrap_or_default();
        let on_servers = servers.is_some();
        let stage = stage(&with_template(), environment).await;
        let relevo = stage.serve("");
        relevo.ready().await;
        let (code, findings) = examined(&stage, &[]).await;
        for finding in &findings {
            // The PostgreSQL of the tests has none.
            let expected = if finding["check"] == "pgvector" { "warning" } else { "well" };
            assert_eq!(finding["state"], expected, "{finding}");
        }
        assert_eq!(code, Some(0));
        let broker = if on_servers { "RabbitMQ " } else { "embedded: " };
        for (check, words) in [
            ("broker", broker),
            ("conversation state", ""),
            ("records", "up to date"),
            ("disk", "MB free"),
            ("folder", "can be written"),
            ("clock", ""),
            ("whatsapp", "quality"),
            ("webhook", "subscribed"),
            ("templates", "approved"),
            ("desk", "complete"),
            ("files", ""),
            ("model", "answers"),
            ("transcription", "voice notes"),
            ("embedding", "numbers"),
        ] {
            says(&(code, findings.clone()), (check, "well", words));
        }
        if !on_servers {
            let shown = text(&stage.run(&["doctor"]).await);
            assert!(shown.contains("everything is well"), "{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_names_each_fault_of_what_is_outside_and_what_to_do_about_it() {
    let stage = stage(&with_template(), BTreeMap::new()).await;
    let relevo = stage.serve("");
    relevo.ready().await;
    for (fault, expected) in [
        (Fault::on(Operation::PhoneNumber).refuses(190), ("whatsapp", "WHATSAPP_ACCESS_TOKEN")),
        (
            Fault::on(Operation::SubscribedApps).refuses(100),
            ("webhook", "WHATSAPP_BUSINESS_ACCOUNT_ID"),
        ),
        (
            Fault::on(Operation::TemplateList).refuses(200),
            ("templates", "whatsapp_business_management"),
        ),
        (Fault::on(Operation::Chat).refuses(401), ("model", "OPENAI_API_KEY")),
        (Fault::on(Operation::Embeddings).refuses(404), ("embedding", "OPENAI_EMBEDDING_MODEL")),
    ] {
        stage.sandbox.faults().add(fault);
        says(&examined(&stage, &[]).await, (expected.0, "failed", expected.1));
        stage.sandbox.faults().clear();
    }
    stage.sandbox.faults().add(Fault::on(Operation::Transcription).refuses(404));
    let expected = ("transcription", "warning", "OPENAI_TRANSCRIPTION_MODEL");
    says(&examined(&stage, &[]).await, expected);
    stage.sandbox.faults().clear();

    let stale = listens_and_says_nothing_true().await;
    let bare = bare_database(&stage).await;
    for (otherwise, check, words) in [
        (("RELEVO_LISTEN", "nowhere"), "RELEVO_LISTEN", "address"),
        (("WHATSAPP_API_URL", "http://127.0.0.1:9"), "clock", "WHATSAPP_API_URL"),
        (("WHATSAPP_API_URL", stale.as_str()), "clock", "NTP"),
        (("WHATSAPP_API_URL", stale.as_str()), "webhook", "no app is subscribed"),
        (("WHATSAPP_API_URL", stale.as_str()), "templates", "relevo templates submit"),
        (("NOTION_API_KEY", "not-its-key"), "desk", "NOTION_API_KEY"),
        (("NOTION_DATABASE_ID", bare.as_str()), "desk", "the database lacks"),
        (("VECTOR_STORE_ID", "vs_nobodys"), "vector store", "VECTOR_STORE_ID"),
        (
            ("RELEVO_MEDIA_URL", "s3://bucket/p?region=r&endpoint=http://127.0.0.1:9"),
            "files",
            "AWS_ACCESS_KEY_ID",
        ),
    ] {
        let keys = [("AWS_ACCESS_KEY_ID", "k"), ("AWS_SECRET_ACCESS_KEY", "s"), otherwise];
        let found = examined(&stage, &keys).await;
        if check == "RELEVO_LISTEN" {
            let advice = &found.1[0];
            assert_eq!((&advice["check"], &advice["says"]), (&json!("environment"), &json!(check)));
            assert!(advice["remedy"].as_str().unwrap().contains(words), "{advice}");
        } else {
            says(&found, (check, "failed", words));
        }
    }
    let missing = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    says(&examined(&missing, &[]).await, ("webhook", "warning", "WHATSAPP_BUSINESS_ACCOUNT_ID"));
    says(&examined(&missing, &[]).await, ("model", "warning", "OPENAI_API_KEY"));
}

/// A Graph API of another century, where nobody subscribes and nothing was approved.
async fn listens_and_says_nothing_true() -> String {
    let says = ([("date", "Fri, 31 Dec 1999 23:59:59 GMT")], r#"{"data":[]}"#);
    let router = axum::Router::new().fallback(async move || says);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// A database in Notion in which nobody could answer.
async fn bare_database(stage: &Stage) -> String {
    let options = &stage.sandbox.options().notion;
    let notion = Notion::new(clients::notion::Options {
        api_url: stage.sandbox.notion_url(),
        version: Version::V2025September,
        api_key: SecretString::from(options.token.as_str()),
        timeout: LIMIT,
    })
    .unwrap();
    let title = json!({ "Name": { "title": {} } });
    notion.create_database(&options.page_id.to_string(), "Bare", title).await.unwrap().id
}

#[tokio::test(flavor = "multi_thread")]
async fn it_names_each_fault_of_the_file_and_its_folder() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let mut relevo = stage.serve("");
    relevo.ready().await;
    relevo.terminate();
    relevo.ended(LIMIT).await;
    let elsewhere = |name: &str| stage.data().with_file_name(name);
    let damaged = elsewhere("damaged");
    std::fs::create_dir(&damaged).unwrap();
    std::fs::write(damaged.join("relevo.db"), "nothing that SQLite wrote".repeat(100)).unwrap();
    let [pending, foreign, newer] = ["pending", "foreign", "newer"].map(elsewhere);
    let last = "DELETE FROM schema_migration
         WHERE version = (SELECT max(version) FROM schema_migration)";
    changed(&stage, &pending, last).await;
    changed(&stage, &foreign, "DELETE FROM schema_migration WHERE version = 2").await;
    let later = "INSERT INTO schema_migration (version, name, sql) VALUES (9000, 'later', '')";
    changed(&stage, &newer, later).await;
    let absent = elsewhere("absent");
    let below_a_file = damaged.join("relevo.db").join("data");
    for (folder, expected) in [
        (&absent, ("embedded file", "warning", "relevo serve")),
        (&damaged, ("embedded file", "failed", "relevo restore")),
        (&pending, ("records", "warning", "relevo migrate")),
        (&foreign, ("records", "failed", "its own version")),
        (&newer, ("records", "failed", "Run the newer version")),
        (&below_a_file, ("folder", "failed", "RELEVO_DATA_DIR")),
    ] {
        let folder = folder.display().to_string();
        says(&examined(&stage, &[("RELEVO_DATA_DIR", &folder)]).await, expected);
    }
    assert!(!absent.exists(), "it only looks");

    // What lies elsewhere is looked at all the same.
    let absent = absent.display().to_string();
    let partly = [
        ("RELEVO_DATA_DIR", absent.as_str()),
        ("RELEVO_BROKER_URL", "amqp://guest:guest@127.0.0.1:9/%2f"),
        ("RELEVO_DATABASE_URL", "postgres://nobody@127.0.0.1:9/none"),
    ];
    let found = examined(&stage, &partly).await;
    says(&found, ("embedded file", "warning", "relevo serve"));
    says(&found, ("broker", "failed", "that RabbitMQ runs"));
    says(&found, ("records", "failed", "that PostgreSQL runs"));
}

/// A copy of the stage's file in this folder, changed by this statement.
async fn changed(stage: &Stage, folder: &Path, statement: &'static str) {
    std::fs::create_dir(folder).unwrap();
    let file = folder.join("relevo.db");
    embedded::back_up(&stage.data(), &file).await.unwrap();
    let url = format!("sqlite:{}", file.display());
    let mut file = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut file).await.unwrap();
    file.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_names_each_fault_of_the_servers_and_changes_none_of_them() {
    let servers = Servers::start().await;
    let stage = Stage::set(servers.environment(), LanguageModel::None).await;
    for _ in 0..2 {
        let unused = examined(&stage, &[]).await;
        says(&unused, ("broker", "warning", "are not made yet"));
        says(&unused, ("records", "warning", "relevo migrate"));
        says(&unused, ("conversation state", "well", "keeps what it acknowledges"));
    }

    let amqp = stage.environment["RELEVO_BROKER_URL"].clone();
    let host = amqp.rsplit('@').next().unwrap().split('/').next().unwrap();
    let wrong_password = format!("amqp://guest:wrong@{host}/%2f");
    let wrong_host = format!("amqp://guest:guest@{host}/nowhere");
    let redis = Volatile::start().await;
    for (otherwise, expected) in [
        (("RELEVO_BROKER_URL", wrong_password.as_str()), ("broker", "failed", "password")),
        (("RELEVO_BROKER_URL", wrong_host.as_str()), ("broker", "failed", "virtual host")),
        (
            ("RELEVO_BROKER_URL", "amqp://guest:guest@127.0.0.1:9/%2f"),
            ("broker", "failed", "that RabbitMQ runs"),
        ),
        (("RELEVO_STATE_URL", redis.url.as_str()), ("conversation state", "failed", "appendonly")),
        (
            ("RELEVO_STATE_URL", "redis://127.0.0.1:9"),
            ("conversation state", "failed", "that Redis runs"),
        ),
        (
            ("RELEVO_DATABASE_URL", "postgres://nobody@127.0.0.1:9/none"),
            ("records", "failed", "that PostgreSQL runs"),
        ),
    ] {
        says(&examined(&stage, &[otherwise]).await, expected);
    }
    let accepted =
        [("RELEVO_STATE_URL", redis.url.as_str()), ("RELEVO_ACCEPT_VOLATILE_STATE", "true")];
    let expected = ("conversation state", "warning", "appendonly");
    says(&examined(&stage, &accepted).await, expected);
}

/// A Redis that keeps nothing.
struct Volatile {
    url: String,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Volatile {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let port = free.port().to_string();
        let process = Command::new("redis-server")
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("scripts/servers has installed redis-server");
        let redis = Self { url: format!("redis://{free}"), process, _folder: folder };
        until("it listens", LIMIT, async || tokio::net::TcpStream::connect(free).await.is_ok())
            .await;
        redis
    }
}

impl Drop for Volatile {
    fn drop(&mut self) {
        if self.process.kill().is_ok() {
            drop(self.process.wait());
        }
    }
}
