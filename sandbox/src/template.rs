//! Message templates: what a business has had approved to say at any time.

use std::sync::Mutex;

use serde::Serialize;
use serde_json::{Value, json};

use crate::bubble::{Offer, OfferKind};
use crate::ids;
use crate::lock;

/// A template of the business in one language.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Template {
    pub id: String,
    pub name: String,
    pub language: String,
    pub category: Category,
    pub status: TemplateStatus,
    /// As the platform keeps them: `BODY`, `HEADER`, `FOOTER`, `BUTTONS`.
    pub components: Value,
    /// `NONE` unless it was rejected.
    pub rejected_reason: String,
}

/// What a template is for; what its delivery costs depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    Marketing,
    Utility,
    Authentication,
}

impl Category {
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "MARKETING" => Some(Self::Marketing),
            "UTILITY" => Some(Self::Utility),
            "AUTHENTICATION" => Some(Self::Authentication),
            _ => None,
        }
    }

    /// As `pricing.category` of a status names it.
    pub(crate) fn in_pricing(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
        }
    }
}

/// How a template stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TemplateStatus {
    Pending,
    Approved,
    Rejected,
    Paused,
    Disabled,
}

impl Template {
    /// An approved utility template with this body, whose variables are `{{1}}`, `{{2}}`, …
    #[must_use]
    pub fn approved(name: &str, language: &str, body: &str) -> Self {
        Self {
            id: ids::number(16),
            name: name.to_owned(),
            language: language.to_owned(),
            category: Category::Utility,
            status: TemplateStatus::Approved,
            components: json!([{ "type": "BODY", "text": body }]),
            rejected_reason: "NONE".to_owned(),
        }
    }

    /// With quick replies below, at most ten.
    #[must_use]
    pub fn with_quick_replies(mut self, titles: &[&str]) -> Self {
        let buttons: Vec<Value> =
            titles.iter().map(|title| json!({ "type": "QUICK_REPLY", "text": title })).collect();
        if let Some(components) = self.components.as_array_mut() {
            components.push(json!({ "type": "BUTTONS", "buttons": buttons }));
        }
        self
    }

    /// Of another category, as [`Category::Authentication`], which no user id may be sent.
    #[must_use]
    pub fn of_category(mut self, category: Category) -> Self {
        self.category = category;
        self
    }

    /// In another state than approved.
    #[must_use]
    pub fn with_status(mut self, status: TemplateStatus) -> Self {
        self.status = status;
        self
    }

    /// How many variables a component has; of one that is not there, none.
    pub(crate) fn variables(&self, component: &str) -> usize {
        let text = self.component(component).and_then(|c| c["text"].as_str());
        text.map_or(0, variables_in)
    }

    /// The text that the customer reads when this is sent; `sent` is the `template` of the request.
    pub(crate) fn filled(&self, sent: &Value) -> String {
        ["HEADER", "BODY", "FOOTER"]
            .iter()
            .filter_map(|kind| {
                let text = self.component(kind)?["text"].as_str()?;
                Some(fill(text, &parameters(sent, kind)))
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// What the customer can tap, with the payloads that were sent along.
    pub(crate) fn quick_replies(&self, sent: &Value) -> Vec<Offer> {
        let buttons = self.component("BUTTONS").and_then(|c| c["buttons"].as_array());
        let buttons = buttons.into_iter().flatten().enumerate();
        let quick = buttons.filter(|(_, button)| button["type"] == "QUICK_REPLY");
        quick
            .map(|(at, button)| {
                let title = button["text"].as_str().unwrap_or_default().to_owned();
                let id = payload(sent, at).unwrap_or_else(|| title.clone());
                Offer { id, title, description: None, kind: OfferKind::QuickReply }
            })
            .collect()
    }

    fn component(&self, kind: &str) -> Option<&Value> {
        self.components.as_array()?.iter().find(|component| is_of(component, kind))
    }
}

/// The highest `{{n}}` of a text.
pub(crate) fn variables_in(text: &str) -> usize {
    text.split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}")?.0.trim().parse().ok())
        .max()
        .unwrap_or(0)
}

/// The values that a request gives for a component, in order.
pub(crate) fn parameters(sent: &Value, component: &str) -> Vec<Value> {
    let mut components = sent["components"].as_array().into_iter().flatten();
    let found = components.find(|c| is_of(c, component));
    found.and_then(|c| c["parameters"].as_array().cloned()).unwrap_or_default()
}

fn is_of(component: &Value, kind: &str) -> bool {
    component["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(kind))
}

fn fill(text: &str, values: &[Value]) -> String {
    values.iter().enumerate().fold(text.to_owned(), |text, (at, value)| {
        let value = value["text"].as_str().unwrap_or_default();
        text.replace(&format!("{{{{{}}}}}", at + 1), value)
    })
}

/// The payload that a request gives to the button at this place; `index` is a string or a number.
fn payload(sent: &Value, at: usize) -> Option<String> {
    let mut components = sent["components"].as_array()?.iter();
    let button = components.find(|component| {
        let index = &component["index"];
        let written = index.as_str().and_then(|index| index.parse::<usize>().ok());
        is_of(component, "button") && (*index == at || written == Some(at))
    })?;
    button["parameters"][0]["payload"].as_str().map(str::to_owned)
}

/// The templates of a business.
#[derive(Debug)]
pub(crate) struct Templates(Mutex<Vec<Template>>);

impl Templates {
    pub(crate) fn new(templates: Vec<Template>) -> Self {
        Self(Mutex::new(templates))
    }

    /// All, oldest first.
    pub(crate) fn all(&self) -> Vec<Template> {
        lock(&self.0).clone()
    }

    pub(crate) fn find(&self, name: &str, language: &str) -> Option<Template> {
        lock(&self.0).iter().find(|t| t.name == name && t.language == language).cloned()
    }

    /// `false` when the business has it already.
    pub(crate) fn add(&self, template: Template) -> bool {
        let mut templates = lock(&self.0);
        let is_there =
            templates.iter().any(|t| t.name == template.name && t.language == template.language);
        if !is_there {
            templates.push(template);
        }
        !is_there
    }

    /// `None` when there is no such template.
    pub(crate) fn set_status(
        &self,
        name: &str,
        language: &str,
        status: TemplateStatus,
        reason: &str,
    ) -> Option<Template> {
        let mut templates = lock(&self.0);
        let found = templates.iter_mut().find(|t| t.name == name && t.language == language)?;
        found.status = status;
        reason.clone_into(&mut found.rejected_reason);
        Some(found.clone())
    }

    /// In all languages. `false` when there was none.
    pub(crate) fn remove(&self, name: &str) -> bool {
        let mut templates = lock(&self.0);
        let before = templates.len();
        templates.retain(|template| template.name != name);
        templates.len() < before
    }

    pub(crate) fn reset(&self, templates: &[Template]) {
        templates.clone_into(&mut lock(&self.0));
    }
}
