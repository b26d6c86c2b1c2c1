//! The environment, read once and checked before anything binds or connects.

mod reader;
mod storage;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use store::state::Volatile;

use crate::Businesses;

use reader::Reader;
pub use storage::{Bucket, FilePlace, Storage};

/// A variable of the environment, as `--help` and `.env.example` show it.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    pub name: &'static str,
    pub default: Option<&'static str>,
    pub secret: bool,
    pub meaning: &'static str,
}

const fn variable(
    name: &'static str,
    default: Option<&'static str>,
    meaning: &'static str,
) -> Variable {
    Variable { name, default, secret: false, meaning }
}

const fn secret(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default: None, secret: true, meaning }
}

/// Every variable that Relevo reads. A business may name others for its own secrets.
pub const VARIABLES: &[Variable] = &[
    variable("RELEVO_LISTEN", Some("127.0.0.1:8080"), "address for webhooks"),
    variable(
        "RELEVO_ADMIN_LISTEN",
        Some("127.0.0.1:8081"),
        "address for /healthz, /readyz and /metrics",
    ),
    variable("RELEVO_DATA_DIR", Some("./relevo-data"), "folder of the embedded file"),
    variable("RELEVO_BROKER_URL", Some("embedded"), "embedded, or amqp://… or amqps://…"),
    variable("RELEVO_STATE_URL", Some("embedded"), "embedded, or redis://… or rediss://…"),
    variable("RELEVO_DATABASE_URL", Some("embedded"), "embedded, or postgres://…"),
    variable(
        "RELEVO_BUSINESS_DIR",
        Some("./business"),
        "one folder for each business, with its business.toml",
    ),
    variable(
        "RELEVO_ACCEPT_VOLATILE_STATE",
        Some("false"),
        "true: accept a Redis that keeps nothing on disk or evicts keys",
    ),
    variable(
        "WHATSAPP_API_URL",
        Some("https://graph.facebook.com"),
        "base address of the Graph API",
    ),
    variable("WHATSAPP_API_VERSION", Some("v25.0"), "version of the Graph API"),
    secret("WHATSAPP_ACCESS_TOKEN", "token that sends messages"),
    secret("WHATSAPP_APP_SECRET", "secret that signs webhooks"),
    secret("WHATSAPP_VERIFY_TOKEN", "token of the webhook's handshake"),
    variable("WHATSAPP_PHONE_NUMBER_ID", None, "id of the business's number"),
    variable(
        "WHATSAPP_BUSINESS_ACCOUNT_ID",
        None,
        "id of the WhatsApp Business account, for templates and notices about the account",
    ),
    variable("NOTION_API_URL", Some("https://api.notion.com"), "base address of Notion's API"),
    variable("NOTION_API_VERSION", Some("2025-09-03"), "version of Notion's API"),
    secret(
        "NOTION_API_KEY",
        "key of the connection to Notion; without one the terminal is the desk",
    ),
    variable("NOTION_DATABASE_ID", None, "id of the database in which people answer"),
    secret(
        "NOTION_WEBHOOK_SECRET",
        "what a button sends in X-Relevo-Secret, and a connection signs its webhooks with",
    ),
    variable(
        "OPENAI_BASE_URL",
        Some("https://api.openai.com/v1"),
        "any OpenAI-compatible endpoint",
    ),
    secret(
        "OPENAI_API_KEY",
        "key of that endpoint; without one and without a base address no model is used",
    ),
    variable("OPENAI_CHAT_MODEL", Some("gpt-5-mini"), "model that decides and answers"),
    variable(
        "OPENAI_PROMPT_PRICE",
        None,
        "what a million tokens of its prompts cost, in your currency; for the metrics",
    ),
    variable(
        "OPENAI_COMPLETION_PRICE",
        None,
        "what a million tokens of its completions cost, in your currency; for the metrics",
    ),
    variable("OPENAI_TRANSCRIPTION_MODEL", Some("whisper-1"), "model that hears voice notes"),
    variable(
        "OPENAI_EMBEDDING_MODEL",
        None,
        "model that makes vectors of what is known; without one it is searched by words alone",
    ),
    variable(
        "VECTOR_STORE_ID",
        None,
        "id of a vector store of OpenAI's that is searched too; relevo knowledge push fills it",
    ),
    variable(
        "RELEVO_MEDIA_URL",
        Some("embedded"),
        "where customers' files are kept: embedded, or s3://bucket/prefix?region=…&endpoint=…",
    ),
    variable("RELEVO_MEDIA_KEEP_DAYS", Some("30"), "for how long customers' files are kept"),
    variable("RELEVO_MEDIA_MAX_MB", Some("2048"), "beyond this the oldest files are deleted"),
    secret("AWS_ACCESS_KEY_ID", "key of the bucket"),
    secret("AWS_SECRET_ACCESS_KEY", "secret of the bucket"),
    variable("RELEVO_LOG", Some("info"), "what is logged, such as info or triage=debug,info"),
    variable("RELEVO_LOG_FORMAT", Some("text"), "text for people, json for machines"),
    variable("OTEL_EXPORTER_OTLP_ENDPOINT", None, "where traces go, over HTTP"),
];

/// The versions of Notion's API that Relevo speaks.
const NOTION_VERSIONS: [&str; 3] = ["2022-06-28", "2025-09-03", "2026-03-11"];

/// Where a part of Relevo lives.
#[derive(Debug, Clone)]
pub enum Place {
    Embedded,
    Server(Url),
}

/// An address that may carry a password, and so is never shown.
#[derive(Clone)]
pub struct Url(SecretString);

impl Url {
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hide_password(self.expose()))
    }
}

/// The language model's endpoint.
#[derive(Debug, Clone)]
pub struct ModelSettings {
    pub base_url: String,
    pub api_key: Option<SecretString>,
    pub chat_model: String,
    /// Of a million tokens, in whatever currency the operator counts in.
    pub prompt_price: Option<f64>,
    pub completion_price: Option<f64>,
    pub transcription_model: String,
    pub embedding_model: Option<String>,
    pub vector_store: Option<String>,
}

impl ModelSettings {
    /// The model alone, for a command that needs nothing else; none where none is configured.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>, Vec<Problem>> {
        let mut reader = Reader { lookup, problems: Vec::new() };
        let model = reader.model();
        if reader.problems.is_empty() { Ok(model) } else { Err(reader.problems) }
    }
}

#[derive(Debug, Clone)]
pub struct Logging {
    pub filter: String,
    pub format: LogFormat,
    pub otlp_endpoint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Settings {
    pub listen: SocketAddr,
    pub admin_listen: SocketAddr,
    pub data_dir: PathBuf,
    /// Holds a folder for each business.
    pub business_dir: PathBuf,
    pub broker: Place,
    pub state: Place,
    pub database: Place,
    pub volatile_state: Volatile,
    pub whatsapp_api_url: String,
    pub whatsapp_api_version: String,
    pub notion_api_url: String,
    pub notion_api_version: String,
    pub model: Option<ModelSettings>,
    pub storage: Storage,
    pub logging: Logging,
    pub businesses: Businesses,
}

/// One wrong value: what it is and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable or the file.
    pub subject: String,
    pub advice: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.subject, self.advice)
    }
}

impl Settings {
    /// Reads everything and reports every problem at once
    /// (test `three_wrong_values_are_three_problems`).
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        let mut reader = Reader { lookup, problems: Vec::new() };
        let business_dir = PathBuf::from(reader.text("RELEVO_BUSINESS_DIR"));
        let businesses = Businesses::load(&business_dir, lookup)
            .unwrap_or_else(|problems| reader.broken(problems));
        let settings = Self {
            listen: reader.address("RELEVO_LISTEN"),
            admin_listen: reader.address("RELEVO_ADMIN_LISTEN"),
            data_dir: PathBuf::from(reader.text("RELEVO_DATA_DIR")),
            broker: reader.place("RELEVO_BROKER_URL", &["amqp", "amqps"]),
            state: reader.place("RELEVO_STATE_URL", &["redis", "rediss"]),
            database: reader.place("RELEVO_DATABASE_URL", &["postgres", "postgresql"]),
            volatile_state: match reader.choice("RELEVO_ACCEPT_VOLATILE_STATE", &["false", "true"])
            {
                1 => Volatile::Accept,
                _ => Volatile::Refuse,
            },
            whatsapp_api_url: reader.http("WHATSAPP_API_URL"),
            whatsapp_api_version: reader.version("WHATSAPP_API_VERSION"),
            notion_api_url: reader.http("NOTION_API_URL"),
            notion_api_version: NOTION_VERSIONS
                [reader.choice("NOTION_API_VERSION", &NOTION_VERSIONS)]
            .to_owned(),
            model: reader.model(),
            storage: reader.storage(),
            logging: Logging {
                filter: reader.filter("RELEVO_LOG"),
                format: match reader.choice("RELEVO_LOG_FORMAT", &["text", "json"]) {
                    1 => LogFormat::Json,
                    _ => LogFormat::Text,
                },
                otlp_endpoint: reader
                    .optional("OTEL_EXPORTER_OTLP_ENDPOINT")
                    .map(|text| reader.http_address("OTEL_EXPORTER_OTLP_ENDPOINT", &text)),
            },
            business_dir,
            businesses,
        };
        if settings.listen == settings.admin_listen && settings.listen.port() != 0 {
            reader.wrong("RELEVO_ADMIN_LISTEN", "is the address of RELEVO_LISTEN; write another");
        }
        if reader.problems.is_empty() { Ok(settings) } else { Err(reader.problems) }
    }

    /// Where broker, state and records live, each with its variable.
    pub fn places(&self) -> [(&'static str, &Place); 3] {
        [
            ("RELEVO_BROKER_URL", &self.broker),
            ("RELEVO_STATE_URL", &self.state),
            ("RELEVO_DATABASE_URL", &self.database),
        ]
    }

    pub fn uses_embedded(&self) -> bool {
        self.places().iter().any(|(_, place)| matches!(place, Place::Embedded))
    }

    /// Every variable with the value in force; secrets and passwords are hidden.
    pub fn show(lookup: &dyn Fn(&str) -> Option<String>) -> BTreeMap<&'static str, String> {
        VARIABLES
            .iter()
            .map(|variable| {
                let set = lookup(variable.name).filter(|value| !value.is_empty());
                let shown = match (set, variable.default) {
                    (Some(_), _) if variable.secret => "(set, hidden)".to_owned(),
                    (Some(value), _) => hide_password(&value),
                    (None, Some(default)) => format!("{default} (default)"),
                    (None, None) => "(not set)".to_owned(),
                };
                (variable.name, shown)
            })
            .collect()
    }
}

/// `scheme://user:password@host` without its password, also when it is not quite written so.
fn hide_password(url: &str) -> String {
    let Some((secret, host)) = url.rsplit_once('@') else { return url.to_owned() };
    let Some((scheme, secret)) = secret.split_once("://") else { return format!("***@{host}") };
    let user = secret.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}:***@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, Vec<Problem>> {
        let dir = tempfile::tempdir().unwrap();
        let shop = dir.path().join("shop");
        std::fs::create_dir(&shop).unwrap();
        std::fs::write(shop.join("business.toml"), "name = \"Shop\"\n").unwrap();
        let mut all: BTreeMap<String, String> = [
            ("RELEVO_BUSINESS_DIR", dir.path().to_str().unwrap()),
            ("WHATSAPP_ACCESS_TOKEN", "t"),
            ("WHATSAPP_APP_SECRET", "s"),
            ("WHATSAPP_VERIFY_TOKEN", "v"),
            ("WHATSAPP_PHONE_NUMBER_ID", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        all.extend(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Settings::read(&|name| all.get(name).cloned())
    }

    #[test]
    fn the_defaults_are_right() {
        let settings = read(&[]).unwrap();
        assert!(settings.uses_embedded());
        assert!(settings.model.is_none());
        assert_eq!(settings.businesses.iter().count(), 1);
    }

    #[test]
    fn three_wrong_values_are_three_problems() {
        let problems = read(&[
            ("RELEVO_LISTEN", "nowhere"),
            ("RELEVO_BROKER_URL", "kafka://broker"),
            ("WHATSAPP_API_VERSION", "25"),
        ])
        .unwrap_err();
        let subjects: Vec<&str> = problems.iter().map(|problem| problem.subject.as_str()).collect();
        assert_eq!(subjects, ["RELEVO_LISTEN", "RELEVO_BROKER_URL", "WHATSAPP_API_VERSION"]);
    }

    #[test]
    fn a_price_is_a_number_that_nobody_is_paid() {
        let price = |text: &str| {
            let settings = read(&[("OPENAI_API_KEY", "k"), ("OPENAI_PROMPT_PRICE", text)]);
            settings.map(|settings| settings.model.unwrap().prompt_price)
        };
        assert_eq!(price("").unwrap(), None);
        assert_eq!(price("0.25").unwrap(), Some(0.25));
        for wrong in ["0,25", "$1", "-1", "NaN", "inf"] {
            let problems = price(wrong).unwrap_err();
            assert_eq!(problems[0].subject, "OPENAI_PROMPT_PRICE", "{wrong}");
        }
    }

    #[test]
    fn passwords_and_secrets_are_never_shown() {
        let settings = read(&[("RELEVO_BROKER_URL", "amqp://user:geheim@host/%2f")]).unwrap();
        assert!(!format!("{settings:?}").contains("geheim"));
        let shown = Settings::show(&|name| match name {
            "RELEVO_BROKER_URL" => Some("amqp://user:geheim@host/%2f".to_owned()),
            "WHATSAPP_APP_SECRET" => Some("geheim".to_owned()),
            _ => None,
        });
        assert_eq!(shown["RELEVO_BROKER_URL"], "amqp://user:***@host/%2f");
        assert_eq!(shown["WHATSAPP_APP_SECRET"], "(set, hidden)");
    }
}
