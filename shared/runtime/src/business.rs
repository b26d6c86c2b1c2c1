//! The businesses of this installation: one folder each, with a `business.toml`.

mod channel;
mod desk;
mod file;
mod intent;
mod texts;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::message::Template;
use domain::{BusinessId, Language, Rules};
use secrecy::SecretString;

pub use channel::{MediaRules, Purpose, Rates, TemplateSpec, WhatsAppAccount};
pub use desk::{NotionDesk, NotionNames};
pub use file::Example;
pub use intent::Intent;
pub use texts::{Text, Texts};

use crate::settings::Problem;

/// One business, as its folder describes it.
#[derive(Debug, Clone)]
pub struct Business {
    pub id: BusinessId,
    /// As customers know it.
    pub name: String,
    /// What it deals in, in a line; what lies outside is declined politely.
    pub about: String,
    /// How it speaks, in a line.
    pub tone: String,
    /// The first is spoken when the customer's own is not known.
    pub languages: Vec<Language>,
    pub rules: Rules,
    pub whatsapp: WhatsAppAccount,
    /// Where its people answer, if that is Notion.
    pub notion: Option<NotionDesk>,
    pub media: MediaRules,
    /// Its own examples for the classifier that works without a model.
    pub examples: Vec<Example>,
    pub texts: Texts,
}

impl Business {
    /// A business with the defaults of everything, for tests and examples.
    pub fn example(name: &str) -> Self {
        let secret = || SecretString::from("example");
        Self {
            id: BusinessId::new("example"),
            name: name.to_owned(),
            about: String::new(),
            tone: String::new(),
            languages: Language::ALL.to_vec(),
            rules: Rules::default(),
            whatsapp: WhatsAppAccount {
                phone_number_ids: vec!["100000000000001".to_owned()],
                business_account_id: None,
                access_token: secret(),
                app_secret: secret(),
                verify_token: secret(),
                coexistence: false,
                rates: Rates::default(),
                templates: Vec::new(),
                automatic_texts: Vec::new(),
            },
            notion: None,
            media: MediaRules::default(),
            examples: Vec::new(),
            texts: Texts::default(),
        }
    }

    pub fn language(&self) -> Language {
        self.languages.first().copied().unwrap_or_default()
    }

    /// A language that the business speaks: the wanted one, or its first.
    pub fn spoken(&self, wanted: Option<Language>) -> Language {
        wanted.filter(|wanted| self.languages.contains(wanted)).unwrap_or_else(|| self.language())
    }

    /// The template that invites a customer who has been silent for too long, with the language
    /// that is nearest to theirs.
    pub fn reopening(&self, language: Option<Language>) -> Option<Template> {
        let wanted = self.spoken(language);
        let of_purpose =
            || self.whatsapp.templates.iter().filter(|one| one.purpose == Purpose::Reopen);
        let found = of_purpose().find(|one| one.speaks(wanted)).or_else(|| of_purpose().next())?;
        Some(Template {
            name: found.name.clone(),
            language: found.language.clone(),
            parameters: found.parameters(&self.name),
        })
    }

    /// A text for customers, in a language that the business speaks.
    pub fn say(&self, text: Text, language: Option<Language>) -> String {
        self.texts.get(text, self.spoken(language)).replace("{business}", &self.name)
    }
}

/// All businesses; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Businesses(Arc<BTreeMap<BusinessId, Arc<Business>>>);

impl FromIterator<Business> for Businesses {
    fn from_iter<I: IntoIterator<Item = Business>>(businesses: I) -> Self {
        let by_id =
            businesses.into_iter().map(|business| (business.id.clone(), Arc::new(business)));
        Self(Arc::new(by_id.collect()))
    }
}

impl Businesses {
    /// Reads every folder under `dir` that holds a `business.toml`. `lookup` finds the secrets in
    /// the environment.
    pub fn load(dir: &Path, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut businesses = BTreeMap::new();
        let problem =
            |advice: String| Problem { subject: "RELEVO_BUSINESS_DIR".to_owned(), advice };
        let folders = match std::fs::read_dir(dir) {
            Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.path()),
            Err(error) => {
                return Err(vec![problem(format!("{} can't be read: {error}", dir.display()))]);
            }
        };
        let mut files: Vec<_> = folders
            .map(|folder| folder.join("business.toml"))
            .filter(|file| file.is_file())
            .collect();
        files.sort();
        for file in &files {
            match file::read(file, lookup) {
                Ok(business) => {
                    businesses.insert(business.id.clone(), Arc::new(business));
                }
                Err(found) => problems.extend(found),
            }
        }
        if files.is_empty() {
            problems.push(problem(format!(
                "{} holds no business; make a folder in it with a business.toml, as docs/business.md shows",
                dir.display()
            )));
        }
        problems.extend(shared_numbers(&businesses));
        if problems.is_empty() { Ok(Self(Arc::new(businesses))) } else { Err(problems) }
    }

    pub fn get(&self, id: &BusinessId) -> Option<Arc<Business>> {
        self.0.get(id).cloned()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Business>> {
        self.0.values()
    }

    /// The business that has this WhatsApp Business account.
    pub fn with_account_id(&self, id: &str) -> Option<&Arc<Business>> {
        self.iter().find(|business| business.whatsapp.business_account_id.as_deref() == Some(id))
    }

    /// The business that has this WhatsApp number.
    pub fn with_phone_number_id(&self, id: &str) -> Option<&Arc<Business>> {
        self.iter().find(|business| business.whatsapp.phone_number_ids.iter().any(|own| own == id))
    }
}

fn shared_numbers(businesses: &BTreeMap<BusinessId, Arc<Business>>) -> Vec<Problem> {
    let mut owners = BTreeMap::new();
    let mut problems = Vec::new();
    for business in businesses.values() {
        for number in &business.whatsapp.phone_number_ids {
            if let Some(other) = owners.insert(number, &business.id) {
                problems.push(Problem {
                    subject: format!("business.toml of {}", business.id),
                    advice: format!("the phone number id {number} belongs to {other} already"),
                });
            }
        }
    }
    problems
}
