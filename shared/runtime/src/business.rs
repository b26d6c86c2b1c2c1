//! The businesses of this installation: one folder each, with a `business.toml`.

mod channel;
mod file;
mod hours;
mod intent;
mod knowledge;
mod learning;
mod retention;
mod texts;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use domain::message::Template;
use domain::{BusinessId, Language, Rules, Timestamp};
use secrecy::SecretString;

pub use channel::{MediaRules, Purpose, Rates, TemplateSpec, WhatsAppAccount};
pub use file::Example;
pub use hours::Hours;
pub use intent::Intent;
pub use knowledge::KnowledgeRules;
pub use learning::{LearningRules, Publishing};
pub use retention::Retention;
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
    pub media: MediaRules,
    pub learning: LearningRules,
    pub knowledge: KnowledgeRules,
    /// Its own examples for the classifier that works without a model.
    pub examples: Vec<Example>,
    pub texts: Texts,
    /// When its people are there, if it says so.
    pub hours: Option<Hours>,
    pub retention: Retention,
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
            media: MediaRules::default(),
            learning: LearningRules::default(),
            knowledge: KnowledgeRules::default(),
            examples: Vec::new(),
            texts: Texts::default(),
            hours: None,
            retention: Retention::default(),
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
        self.fill(self.texts.get(text, self.spoken(language)), None)
    }

    /// The same, which also says when a person is there, as far as the business tells (test
    /// `a_text_says_when_a_person_is_there_or_no_time_at_all`).
    pub fn say_when(&self, text: Text, language: Option<Language>, now: Timestamp) -> String {
        let language = self.spoken(language);
        let when = self.hours.as_ref().and_then(|hours| hours.when(now, language));
        self.fill(self.texts.get(text, language), when.as_deref())
    }

    fn fill(&self, text: &str, when: Option<&str>) -> String {
        let text = match when {
            Some(when) => text.replace("{when}", when),
            None => text.replace(" {when}", "").replace("{when}", ""),
        };
        text.replace("{business}", &self.name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_when_a_person_is_there_or_no_time_at_all() {
        let monday_at_eight = Timestamp::from_secs(1_796_043_600);
        let mut shop = Business::example("Tienda");
        let said = shop.say_when(Text::PersonComes, None, monday_at_eight);
        assert!(said.ends_with("Te responderá por este mismo chat."), "{said}");
        assert_eq!(said, shop.say(Text::PersonComes, None));

        let table = "time_zone = \"America/Lima\"\nmonday = [\"09:00-18:00\"]";
        let table: hours::Table = toml::from_str(table).unwrap();
        shop.hours = Some(table.read().unwrap());
        let said = shop.say_when(Text::PersonComes, None, monday_at_eight);
        assert!(said.contains("Te responderá hoy a las 9:00 por este"), "{said}");
        let said = shop.say_when(Text::PersonComes, Some(Language::En), monday_at_eight);
        assert!(said.contains("answer today at 9:00 am in this chat"), "{said}");
        for text in [Text::PersonComes, Text::NoAnswer, Text::Unreadable, Text::Submitted] {
            for language in Language::ALL {
                let said = shop.say(text, Some(language));
                assert!(!said.contains(['{', '}']) && !said.contains("  "), "{said}");
            }
        }
    }
}
