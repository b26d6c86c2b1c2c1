//! A whole installation on this machine with the sandbox in WhatsApp's place: what `relevo demo`
//! shows and what the end-to-end tests talk to.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use clients::notion::{Notion, Version};
use domain::{BusinessId, Language};
use ledger::SweepRules;
use metrics_exporter_prometheus::PrometheusHandle;
use runtime::business::NotionNames;
use runtime::lifecycle::Ended;
use runtime::{Clock, Settings};
use sandbox::{Reply, Rule, Sandbox};
use secrecy::SecretString;
use serde_json::json;
use store::Records;
use tempfile::TempDir;

use crate::app::App;
use crate::knowledge::{self, Told};
use crate::role::Role;

const BUSINESS: &str = include_str!("../example/ferreteria-andina/business.toml");
macro_rules! example {
    ($($name:literal),*) => {
        &[$(($name, include_str!(concat!("../example/ferreteria-andina/knowledge/", $name)))),*]
    };
}
/// What the example's business knows: files with what stands in them.
pub const KNOWLEDGE: &[(&str, &str)] = example!["preguntas.md", "devoluciones.md", "tiendas.csv"];
/// The id of its business.
pub const BUSINESS_ID: &str = "ferreteria-andina";
const VERIFY_TOKEN: &str = "sandbox-verify-token";

/// What differs from the embedded default.
#[derive(Debug, Clone)]
pub struct Plan {
    pub roles: Vec<Role>,
    /// Variables of the environment that are set otherwise.
    pub environment: BTreeMap<String, String>,
    /// The `business.toml`; the example's without one.
    pub business: String,
    /// The files of its folder of knowledge, which are imported at the start; without any it knows
    /// nothing.
    pub knowledge: &'static [(&'static str, &'static str)],
    pub sandbox: sandbox::Options,
    pub model: LanguageModel,
    pub desk: DeskPlace,
    pub sweep: SweepRules,
    pub metrics: Option<PrometheusHandle>,
}

/// Whether there is a language model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LanguageModel {
    None,
    /// The sandbox's, which says what its script says.
    Scripted,
}

/// Where people answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskPlace {
    /// `relevo tickets`
    Terminal,
    /// A database in the sandbox's Notion, with its button calling the webhook.
    Notion,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            roles: Role::ALL.to_vec(),
            environment: BTreeMap::new(),
            business: BUSINESS.to_owned(),
            knowledge: &[],
            sandbox: sandbox::Options {
                business_name: "Ferretería Andina".to_owned(),
                ..sandbox::Options::example()
            },
            model: LanguageModel::None,
            desk: DeskPlace::Terminal,
            sweep: SweepRules::default(),
            metrics: None,
        }
    }
}

#[derive(Debug)]
pub struct Installation {
    pub app: App,
    pub sandbox: Sandbox,
    /// Goes with the installation.
    _folder: TempDir,
}

impl Installation {
    /// Starts the sandbox and the roles, and introduces them to each other.
    pub async fn start(plan: Plan) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for the installation")?;
        let sandbox = Sandbox::start(plan.sandbox.clone()).await.context("start the sandbox")?;
        let mut plan = plan;
        if plan.desk == DeskPlace::Notion {
            let notion = notion(&sandbox).await.context("make the desk's database")?;
            // What a test sets otherwise stays so.
            plan.environment = notion.into_iter().chain(plan.environment).collect();
        }
        let settings = settings(&plan, folder.path(), &sandbox)?;
        if !plan.knowledge.is_empty() {
            knows(&settings).await.context("import the knowledge")?;
        }
        let app = App::start_with(settings, &plan.roles, Clock::system(), plan.metrics, plan.sweep)
            .await
            .context("start the roles")?;
        if let Some(listen) = app.listen {
            let webhook = format!("http://{listen}/webhooks/whatsapp");
            sandbox.verify(&webhook, VERIFY_TOKEN).await.context("the webhook's handshake")?;
            sandbox.set_webhook_url(&webhook)?;
            if plan.desk == DeskPlace::Notion {
                sandbox.desk().calls(&format!("http://{listen}/webhooks/notion"))?;
            }
        }
        Ok(Self { app, sandbox, _folder: folder })
    }

    /// Ends everything; what is in hand is finished first.
    pub async fn stop(self) -> Ended {
        self.app.lifecycle.stop();
        let ended = self.app.finish(Duration::from_secs(20), std::future::pending()).await;
        self.sandbox.stop().await;
        ended
    }
}

/// Imports the business's own folder of knowledge, as `relevo knowledge import` would: before
/// anybody can ask.
pub(crate) async fn knows(settings: &Settings) -> anyhow::Result<()> {
    let business = BusinessId::new(BUSINESS_ID);
    let folder = knowledge::folder(settings, &business);
    let records = knowledge::records_to_fill(settings).await?;
    let mut failed = Vec::new();
    let tell = |source: &str, told: Told| {
        if !matches!(told, Told::Imported(_)) {
            failed.push(source.to_owned());
        }
    };
    knowledge::import(&records, &business, &folder, &folder, tell).await?;
    if let Records::Sqlite(file) = records {
        file.close().await;
    }
    ensure!(failed.is_empty(), "can't read {}", failed.join(", "));
    Ok(())
}

/// Makes the database in the sandbox's Notion; gives the variables of the environment that lead
/// to it.
pub async fn notion(sandbox: &Sandbox) -> anyhow::Result<BTreeMap<String, String>> {
    let options = &sandbox.options().notion;
    let client = Notion::new(clients::notion::Options {
        // Not by the name that it has for others, who may be elsewhere.
        api_url: format!("http://{}/notion", sandbox.address()),
        version: Version::V2025September,
        api_key: SecretString::from(options.token.as_str()),
        timeout: Duration::from_secs(10),
    })?;
    let (page, names) = (options.page_id.to_string(), NotionNames::default());
    let database =
        handoff::notion::create(&client, &page, "Consultas", &names, Language::Es).await?;
    let variables = [
        ("NOTION_API_URL", sandbox.notion_url()),
        ("NOTION_API_KEY", options.token.clone()),
        ("NOTION_DATABASE_ID", database.id),
        ("NOTION_WEBHOOK_SECRET", options.button.secret.clone()),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value)).into())
}

/// From now on the model hears voice notes and thinks nothing: what is decided is decided without it.
/// It only assures the doctor that it is there.
pub(crate) fn thinks_nothing(sandbox: &Sandbox) {
    let doctor = Rule::always().for_schema("doctor");
    sandbox.script().add(doctor.replies(Reply::Json(json!({ "ok": true }))));
    sandbox.script().add(Rule::always().replies(Reply::error(404)));
}

/// Writes the business into the folder and reads the settings as `relevo serve` would.
pub fn settings(plan: &Plan, folder: &Path, sandbox: &Sandbox) -> anyhow::Result<Settings> {
    let business = folder.join("business").join(BUSINESS_ID);
    std::fs::create_dir_all(&business)?;
    std::fs::write(business.join("business.toml"), &plan.business)?;
    let knowledge = business.join("knowledge");
    std::fs::create_dir_all(&knowledge)?;
    for (name, text) in plan.knowledge {
        std::fs::write(knowledge.join(name), text)?;
    }
    let environment = environment(plan, folder, sandbox);
    Settings::read(&|name| environment.get(name).cloned()).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("{}", problems.join("; "))
    })
}

/// The environment of a `relevo serve` with these settings.
pub fn environment(plan: &Plan, folder: &Path, sandbox: &Sandbox) -> BTreeMap<String, String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let options = sandbox.options();
    let mut environment = BTreeMap::from([
        ("RELEVO_LISTEN", "127.0.0.1:0".to_owned()),
        ("RELEVO_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
        ("RELEVO_DATA_DIR", path("data")),
        ("RELEVO_BUSINESS_DIR", path("business")),
        ("WHATSAPP_API_URL", sandbox.url()),
        ("WHATSAPP_ACCESS_TOKEN", options.access_token.clone()),
        ("WHATSAPP_APP_SECRET", options.app_secret.clone()),
        ("WHATSAPP_VERIFY_TOKEN", VERIFY_TOKEN.to_owned()),
        ("WHATSAPP_PHONE_NUMBER_ID", options.phone_number_id.clone()),
    ]);
    if plan.model == LanguageModel::Scripted {
        environment.insert("OPENAI_BASE_URL", sandbox.openai_url());
        environment.insert("OPENAI_API_KEY", options.openai_key.clone());
    }
    let ours = environment.into_iter().map(|(name, value)| (name.to_owned(), value));
    ours.chain(plan.environment.clone()).collect()
}

/// Free a moment ago, which is the best that can be had for another process. Below the range from
/// which the system gives ports to outgoing connections: one of these must not take it while a
/// process is dead.
///
/// # Panics
/// When every port there is taken.
pub fn free_address() -> SocketAddr {
    const PORTS: u16 = 9_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Another program may look for ports at the same time.
    let first = u16::try_from(std::process::id() % 80).unwrap_or_default() * 100;
    let mut addresses = (0..PORTS).map(|_| {
        let port = 11_000 + (first + NEXT.fetch_add(1, Ordering::Relaxed)) % PORTS;
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    });
    let is_free = |address: &SocketAddr| TcpListener::bind(address).is_ok();
    addresses.find(is_free).expect("a machine has a free port")
}
