//! `business.toml` as it is written.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use domain::{BusinessId, Language, Rules};
use secrecy::SecretString;
use serde::Deserialize;

use super::channel::{PER_SECOND_AT_MOST, PER_SECOND_WITH_THE_APP};
use super::{
    Business, Intent, KnowledgeRules, LearningRules, MediaRules, Rates, Retention, TemplateSpec,
    Texts, WhatsAppAccount, hours, retention,
};
use crate::settings::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    tone: String,
    #[serde(default)]
    languages: Vec<Language>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    whatsapp: WhatsApp,
    #[serde(default)]
    media: MediaRules,
    #[serde(default)]
    knowledge: KnowledgeRules,
    #[serde(default)]
    examples: Vec<Example>,
    #[serde(default)]
    learning: LearningRules,
    #[serde(default)]
    texts: BTreeMap<Language, BTreeMap<String, String>>,
    hours: Option<hours::Table>,
    #[serde(default)]
    retention: retention::Table,
}

/// A day is the longest that WhatsApp lets an answer wait; the broker's delays end at a week.
const OVERDUE_AT_MOST: Duration = Duration::from_secs(24 * 60 * 60);

/// Phrases of customers with what they intend.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    pub intent: Intent,
    pub phrases: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    pause_ms: Option<u64>,
    gather_at_most_ms: Option<u64>,
    overdue_seconds: Option<u64>,
    reading_seconds: Option<u64>,
    release_after_hours: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WhatsApp {
    phone_number_ids: Vec<String>,
    phone_number_id_env: String,
    business_account_id: Option<String>,
    business_account_id_env: String,
    coexistence: bool,
    messages_per_second: Option<u32>,
    templates: Vec<TemplateSpec>,
    automatic_texts: Vec<String>,
    access_token_env: String,
    app_secret_env: String,
    verify_token_env: String,
}

impl Default for WhatsApp {
    fn default() -> Self {
        Self {
            phone_number_ids: Vec::new(),
            phone_number_id_env: "WHATSAPP_PHONE_NUMBER_ID".to_owned(),
            business_account_id: None,
            business_account_id_env: "WHATSAPP_BUSINESS_ACCOUNT_ID".to_owned(),
            coexistence: false,
            messages_per_second: None,
            templates: Vec::new(),
            automatic_texts: Vec::new(),
            access_token_env: "WHATSAPP_ACCESS_TOKEN".to_owned(),
            app_secret_env: "WHATSAPP_APP_SECRET".to_owned(),
            verify_token_env: "WHATSAPP_VERIFY_TOKEN".to_owned(),
        }
    }
}

pub(super) fn read(
    path: &Path,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Business, Vec<Problem>> {
    let problem = |advice: String| Problem { subject: path.display().to_string(), advice };
    let text = std::fs::read_to_string(path)
        .map_err(|error| vec![problem(format!("can't be read: {error}"))])?;
    let file: File = toml::from_str(&text)
        .map_err(|error| vec![problem(error.to_string().trim_end().to_owned())])?;

    let mut problems = Vec::new();
    let id =
        path.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    if id.is_empty() || !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
        problems
            .push(problem("its folder's name may have letters, digits, - and _ only".to_owned()));
    }
    if file.name.trim().is_empty() {
        problems.push(problem("name is empty".to_owned()));
    }
    // WhatsApp takes no line break in what stands for a template's placeholder.
    if file.name.contains(char::is_control) {
        problems.push(problem("name must be one line".to_owned()));
    }
    let whatsapp = account(file.whatsapp, path, lookup, &mut problems);
    let rules = rules(&file.limits).unwrap_or_else(|advice| {
        problems.push(problem(advice));
        Rules::default()
    });
    let texts = Texts::with(file.texts).unwrap_or_else(|advice| {
        problems.push(problem(advice));
        Texts::default()
    });
    if file.media.file_mb == 0 || file.media.pages == 0 {
        problems.push(problem("media.file_mb and media.pages must be at least 1".to_owned()));
    }
    let hours = file.hours.map(|table| table.read()).transpose().unwrap_or_else(|advice| {
        problems.extend(advice.into_iter().map(problem));
        None
    });
    let retention = file.retention.read().unwrap_or_else(|advice| {
        problems.extend(advice.into_iter().map(problem));
        Retention::default()
    });
    problems.extend(file.learning.problem().map(problem));
    let knowledge = file.knowledge.beside(path).unwrap_or_else(|advice| {
        problems.push(problem(advice));
        KnowledgeRules::default()
    });
    problems.extend(whatsapp.templates.iter().filter_map(TemplateSpec::problem).map(problem));
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Business {
        id: BusinessId::new(id),
        name: file.name,
        about: file.about,
        tone: file.tone,
        languages: if file.languages.is_empty() { Language::ALL.to_vec() } else { file.languages },
        rules,
        whatsapp,
        media: file.media,
        learning: file.learning,
        knowledge,
        examples: file.examples,
        texts,
        hours,
        retention,
    })
}

fn rules(limits: &Limits) -> Result<Rules, String> {
    if limits.release_after_hours == Some(0) {
        return Err("limits.release_after_hours must be at least 1".to_owned());
    }
    let default = Rules::default();
    let seconds = |seconds: Option<u64>| seconds.map(Duration::from_secs);
    let overdue = seconds(limits.overdue_seconds).unwrap_or(default.overdue);
    let rules = Rules {
        pause: limits.pause_ms.map_or(default.pause, Duration::from_millis),
        gather_at_most: limits
            .gather_at_most_ms
            .map_or(default.gather_at_most, Duration::from_millis),
        overdue,
        // Whoever wants answers sooner waits less for files too.
        reading_at_most: seconds(limits.reading_seconds)
            .unwrap_or_else(|| default.reading_at_most.min(overdue / 2)),
        release_after: limits
            .release_after_hours
            .map_or(default.release_after, |hours| Duration::from_secs(hours.saturating_mul(3600))),
        ..default
    };
    if rules.gather_at_most < rules.pause {
        return Err("limits.gather_at_most_ms is smaller than limits.pause_ms".to_owned());
    }
    if rules.overdue <= rules.gather_at_most {
        return Err("limits.overdue_seconds must be longer than a turn gathers".to_owned());
    }
    if rules.overdue <= rules.reading_at_most {
        return Err("limits.overdue_seconds must be longer than limits.reading_seconds".to_owned());
    }
    if rules.overdue > OVERDUE_AT_MOST {
        return Err(format!("limits.overdue_seconds may be at most {}", OVERDUE_AT_MOST.as_secs()));
    }
    Ok(rules)
}

fn rates(
    coexistence: bool,
    messages_per_second: Option<u32>,
    path: &Path,
    problems: &mut Vec<Problem>,
) -> Rates {
    let (default, at_most, why) = if coexistence {
        let rates = Rates::per_second(PER_SECOND_WITH_THE_APP);
        (rates, PER_SECOND_WITH_THE_APP, ", because of whatsapp.coexistence")
    } else {
        (Rates::default(), PER_SECOND_AT_MOST, "")
    };
    match messages_per_second {
        None => default,
        Some(messages) if (1..=at_most).contains(&messages) => Rates::per_second(messages),
        Some(_) => {
            let advice = format!("whatsapp.messages_per_second must be 1 to {at_most}{why}");
            problems.push(Problem { subject: path.display().to_string(), advice });
            default
        }
    }
}

fn account(
    file: WhatsApp,
    path: &Path,
    lookup: &dyn Fn(&str) -> Option<String>,
    problems: &mut Vec<Problem>,
) -> WhatsAppAccount {
    let mut value = |name: &str, what: &str| {
        lookup(name).filter(|value| !value.trim().is_empty()).unwrap_or_else(|| {
            let advice = format!("is not set; set it to {what}");
            let problem = Problem { subject: name.to_owned(), advice };
            if !problems.contains(&problem) {
                problems.push(problem);
            }
            String::new()
        })
    };
    let access_token =
        SecretString::from(value(&file.access_token_env, "the token that sends messages"));
    let app_secret =
        SecretString::from(value(&file.app_secret_env, "the secret that signs webhooks"));
    let verify_token =
        SecretString::from(value(&file.verify_token_env, "the token of the webhook's handshake"));
    let phone_number_ids = if file.phone_number_ids.is_empty() {
        vec![value(&file.phone_number_id_env, "the id of the business's number")]
    } else {
        file.phone_number_ids
    };
    let business_account_id = file
        .business_account_id
        .or_else(|| lookup(&file.business_account_id_env))
        .filter(|id| !id.trim().is_empty());
    WhatsAppAccount {
        phone_number_ids,
        business_account_id,
        access_token,
        app_secret,
        verify_token,
        coexistence: file.coexistence,
        rates: rates(file.coexistence, file.messages_per_second, path, problems),
        templates: file.templates,
        automatic_texts: file.automatic_texts,
    }
}
