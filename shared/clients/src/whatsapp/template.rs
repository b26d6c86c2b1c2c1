//! Templates: what the business may send outside the window, once the platform has approved it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::message::{BODY_MAX, TEMPLATE_NAME_MAX, fits, length, within};
use super::{SendError, WhatsApp};

const FIELDS: &str = "name,language,status,category,components,rejected_reason,quality_score";
const PAGE: &str = "100";
/// An account may have 6,000 templates; what has more pages than that goes round in circles.
const PAGES_MAX: usize = 100;

/// A template as the platform has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub id: String,
    pub name: String,
    pub language: String,
    /// `APPROVED`, `PENDING`, `REJECTED`, `PAUSED`, `DISABLED` and whatever else may come.
    pub status: String,
    pub category: String,
    /// With its placeholders: `{{1}}`, `{{2}}`.
    pub body: Option<String>,
    pub rejected_reason: Option<String>,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality: Option<String>,
}

/// A template to be reviewed by the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTemplate {
    /// Lower case letters, digits and underscores.
    pub name: String,
    pub language: String,
    /// `UTILITY`, `MARKETING` or `AUTHENTICATION`.
    pub category: String,
    /// With its placeholders: `{{1}}`, `{{2}}`.
    pub body: String,
    /// One for each placeholder.
    pub examples: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Submitted {
    pub id: String,
    pub status: String,
}

impl WhatsApp {
    /// All templates of a business account, in all languages.
    pub async fn templates(&self, waba_id: &str) -> Result<Vec<Template>, SendError> {
        let url = self.url(&[waba_id, "message_templates"]);
        let mut templates = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let mut query = vec![("fields", FIELDS), ("limit", PAGE)];
            query.extend(after.as_deref().map(|cursor| ("after", cursor)));
            let page: Page =
                self.exchange(self.http.get(url.clone()).query(&query)).await?.read(&[])?;
            templates.extend(page.data.into_iter().map(Template::from));
            // The next page is asked for by its cursor: `next` is an address that anybody could
            // have written, and the token must not follow it.
            after = page.paging.and_then(Paging::next);
            if after.is_none() {
                break;
            }
        }
        Ok(templates)
    }

    /// Hands a template in for review. The platform refuses a name that is there already in the
    /// same language, so a repetition does no harm.
    pub async fn submit_template(
        &self,
        waba_id: &str,
        template: &NewTemplate,
    ) -> Result<Submitted, SendError> {
        template.check()?;
        let url = self.url(&[waba_id, "message_templates"]);
        self.exchange(self.http.post(url).json(&template.to_json())).await?.read(&[])
    }
}

impl NewTemplate {
    fn check(&self) -> Result<(), SendError> {
        within("length of the template's name", length(&self.name), 1, TEMPLATE_NAME_MAX)?;
        fits(
            self.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "the template's name has more than lower case letters, digits and underscores",
        )?;
        within("length of the template's body", length(&self.body), 1, BODY_MAX)
    }

    fn to_json(&self) -> Value {
        let mut body = json!({ "type": "BODY", "text": self.body });
        if !self.examples.is_empty() {
            body["example"] = json!({ "body_text": [self.examples] });
        }
        json!({
            "name": self.name,
            "language": self.language,
            "category": self.category,
            "components": [body],
        })
    }
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Listed>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Cursors {
    after: Option<String>,
}

/// Only `id`, `name` and `language` are taken to be always there: a field that is missing in one
/// template must not hide all the others.
#[derive(Deserialize)]
struct Listed {
    id: String,
    name: String,
    language: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    components: Vec<Component>,
    rejected_reason: Option<String>,
    quality_score: Option<Quality>,
}

#[derive(Deserialize)]
struct Component {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

#[derive(Deserialize)]
struct Quality {
    score: Option<String>,
}

impl Paging {
    fn next(self) -> Option<String> {
        self.next?;
        self.cursors?.after
    }
}

impl From<Listed> for Template {
    fn from(listed: Listed) -> Self {
        let body = listed.components.into_iter().find(|component| component.kind == "BODY");
        Self {
            id: listed.id,
            name: listed.name,
            language: listed.language,
            status: listed.status,
            category: listed.category,
            body: body.and_then(|body| body.text),
            // The platform's way of saying that there is none.
            rejected_reason: listed.rejected_reason.filter(|reason| reason != "NONE"),
            quality: listed.quality_score.and_then(|quality| quality.score),
        }
    }
}
