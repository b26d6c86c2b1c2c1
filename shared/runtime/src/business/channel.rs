//! How a business is reached on WhatsApp, and what it may send there.

use std::fmt;
use std::time::Duration;

use domain::Language;
use secrecy::SecretString;
use serde::Deserialize;
use store::state::Limit;

/// How a business is reached on WhatsApp.
#[derive(Clone)]
pub struct WhatsAppAccount {
    pub phone_number_ids: Vec<String>,
    /// The id of its WhatsApp Business account: for templates, and for notices about the account.
    pub business_account_id: Option<String>,
    pub access_token: SecretString,
    pub app_secret: SecretString,
    pub verify_token: SecretString,
    /// Whether its number is also used in the WhatsApp Business app.
    pub coexistence: bool,
    pub rates: Rates,
    pub templates: Vec<TemplateSpec>,
    /// What the WhatsApp Business app says by itself: its greeting, its away message.
    pub automatic_texts: Vec<String>,
}

impl WhatsAppAccount {
    /// What is not wrong, but probably not meant.
    pub fn warning(&self) -> Option<&'static str> {
        (self.coexistence && self.automatic_texts.is_empty()).then_some(
            "whatsapp.automatic_texts is empty: if the WhatsApp Business app greets or says that \
             nobody is there, that passes for a person who has taken over; write those texts there",
        )
    }

    /// Whether the app said this by itself. Nothing in its echo tells: only the text does.
    pub fn is_automatic(&self, text: &str) -> bool {
        let bare = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.automatic_texts.iter().any(|own| bare(own) == bare(text))
    }
}

impl fmt::Debug for WhatsAppAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WhatsAppAccount")
            .field("phone_number_ids", &self.phone_number_ids)
            .field("business_account_id", &self.business_account_id)
            .field("rates", &self.rates)
            .finish_non_exhaustive()
    }
}

/// How fast a business may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// From one number to everybody, and from everybody to it: WhatsApp counts both.
    pub number: Limit,
    /// From one number to one customer.
    pub pair: Limit,
}

/// What WhatsApp allows a number, and one that is also used in the WhatsApp Business app.
const PER_SECOND: u32 = 80;
pub(super) const PER_SECOND_WITH_THE_APP: u32 = 20;
/// The most that a number can be raised to.
pub(super) const PER_SECOND_AT_MOST: u32 = 1000;
const PAIR: Limit = Limit { every: Duration::from_secs(6), burst: 45 };

impl Rates {
    /// The name of the gate that keeps a number's rate.
    pub fn number_gate(number: &str) -> String {
        format!("wa:number:{number}")
    }

    pub(super) fn per_second(messages: u32) -> Self {
        // A tenth less than the platform allows, and little at once: what comes at once is counted
        // on top of the steady rate, and what leaves the gate evenly arrives less so.
        let every = Duration::from_secs(1) / (messages * 9 / 10).max(1);
        Self { number: Limit { every, burst: (messages / 20).max(1) }, pair: PAIR }
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self::per_second(PER_SECOND)
    }
}

/// A template that the business needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateSpec {
    pub purpose: Purpose,
    pub name: String,
    /// WhatsApp's code, such as `es` or `pt_BR`.
    pub language: String,
    #[serde(default = "utility")]
    pub category: String,
    /// With `{{1}}` where the business's name stands, or without.
    pub body: String,
}

fn utility() -> String {
    "UTILITY".to_owned()
}

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// It invites a customer who has been silent for more than a day; what they were to be told
    /// follows when they answer.
    Reopen,
}

impl TemplateSpec {
    pub(super) fn speaks(&self, language: Language) -> bool {
        self.language.split(['_', '-']).next() == Some(language.as_str())
    }

    /// What stands for its placeholders.
    pub fn parameters(&self, business: &str) -> Vec<String> {
        if self.body.contains("{{1}}") { vec![business.to_owned()] } else { Vec::new() }
    }

    /// What is wrong with it, with what would be right.
    pub(super) fn problem(&self) -> Option<String> {
        let name = &self.name;
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || name.len() > 512 || !name.chars().all(is_name) {
            return Some(format!("the template's name {name:?} may have a-z, 0-9 and _ only"));
        }
        if !is_language(&self.language) {
            return Some(format!("the language of template {name} is a code such as es or pt_BR"));
        }
        if self.body.trim().is_empty() || self.body.chars().count() > 1024 {
            return Some(format!("the body of template {name} must have 1 to 1024 characters"));
        }
        // Anything else in braces would be a placeholder for which nothing is given.
        if self.body.replace("{{1}}", "").contains("{{") {
            return Some(format!("template {name} may have {{{{1}}}}, the business's name, only"));
        }
        let categories = ["UTILITY", "MARKETING"];
        if !categories.contains(&self.category.as_str()) {
            return Some(format!("the category of template {name} is UTILITY or MARKETING"));
        }
        None
    }
}

/// WhatsApp's form of it: `es`, `fil`, `pt_BR`.
fn is_language(code: &str) -> bool {
    let (language, region) =
        code.split_once('_').map_or((code, None), |(language, region)| (language, Some(region)));
    matches!(language.len(), 2..=3)
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.is_none_or(|region| {
            region.len() == 2 && region.bytes().all(|byte| byte.is_ascii_uppercase())
        })
}

/// What is done with the files that customers send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaRules {
    /// A larger file is not fetched.
    pub file_mb: u32,
    /// So many pages of a document are read.
    pub pages: u32,
}

impl Default for MediaRules {
    fn default() -> Self {
        Self { file_mb: 25, pages: 20 }
    }
}
