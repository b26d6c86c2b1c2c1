//! Reading single variables, each with advice for when it is wrong.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::{FilePlace, ModelSettings, Place, Problem, Storage, Url, VARIABLES, hide_password};

/// Reads variable after variable and remembers what is wrong.
pub(super) struct Reader<'a> {
    pub(super) lookup: &'a dyn Fn(&str) -> Option<String>,
    pub(super) problems: Vec<Problem>,
}

impl Reader<'_> {
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn text(&self, name: &str) -> String {
        let default = VARIABLES.iter().find(|variable| variable.name == name);
        self.optional(name)
            .or_else(|| default?.default.map(str::to_owned))
            .expect("a variable that is read as a text has a default")
    }

    pub(super) fn wrong(&mut self, name: &str, advice: impl Into<String>) {
        self.problems.push(Problem { subject: name.to_owned(), advice: advice.into() });
    }

    pub(super) fn broken<T: Default>(&mut self, problems: Vec<Problem>) -> T {
        self.problems.extend(problems);
        T::default()
    }

    pub(super) fn address(&mut self, name: &'static str) -> SocketAddr {
        let text = self.text(name);
        text.parse().unwrap_or_else(|_| {
            self.wrong(name, format!("{text:?} is no address; write one such as 127.0.0.1:8080"));
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    pub(super) fn place(&mut self, name: &'static str, schemes: &[&str]) -> Place {
        let text = self.text(name);
        if text == "embedded" {
            return Place::Embedded;
        }
        let scheme = text.split_once("://").map(|(scheme, rest)| (scheme, !rest.is_empty()));
        if !scheme.is_some_and(|(scheme, rest)| rest && schemes.contains(&scheme)) {
            let known: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}://…")).collect();
            self.wrong(
                name,
                format!("{:?} is not one of embedded, {}", hide_password(&text), known.join(", ")),
            );
        }
        Place::Server(Url(SecretString::from(text)))
    }

    pub(super) fn choice(&mut self, name: &'static str, choices: &[&str]) -> usize {
        let text = self.text(name);
        choices.iter().position(|choice| *choice == text).unwrap_or_else(|| {
            self.wrong(name, format!("{text:?} is not one of {}", choices.join(", ")));
            0
        })
    }

    pub(super) fn http(&mut self, name: &'static str) -> String {
        let text = self.text(name);
        self.http_address(name, &text)
    }

    pub(super) fn http_address(&mut self, name: &'static str, text: &str) -> String {
        if !["http://", "https://"]
            .iter()
            .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme))
        {
            self.wrong(
                name,
                format!("{text:?} is no address; write one such as https://example.com"),
            );
        }
        text.trim_end_matches('/').to_owned()
    }

    pub(super) fn version(&mut self, name: &'static str) -> String {
        let text = self.text(name);
        let parsed = text.strip_prefix('v').and_then(|rest| rest.split_once('.'));
        if !parsed.is_some_and(|(major, minor)| {
            major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok()
        }) {
            self.wrong(name, format!("{text:?} is no version; write one such as v25.0"));
        }
        text
    }

    pub(super) fn filter(&mut self, name: &'static str) -> String {
        let text = self.text(name);
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&text) {
            self.wrong(name, format!("{text:?} is no filter ({error}); write one such as info"));
        }
        text
    }

    /// A model is used when there is a key, or an endpoint of one's own that may need none.
    pub(super) fn model(&mut self) -> Option<ModelSettings> {
        let api_key = self.optional("OPENAI_API_KEY").map(SecretString::from);
        if api_key.is_none() && self.optional("OPENAI_BASE_URL").is_none() {
            return None;
        }
        Some(ModelSettings {
            base_url: self.http("OPENAI_BASE_URL"),
            api_key,
            chat_model: self.text("OPENAI_CHAT_MODEL"),
            prompt_price: self.price("OPENAI_PROMPT_PRICE"),
            completion_price: self.price("OPENAI_COMPLETION_PRICE"),
            transcription_model: self.text("OPENAI_TRANSCRIPTION_MODEL"),
            embedding_model: self.optional("OPENAI_EMBEDDING_MODEL"),
            vector_store: self.optional("VECTOR_STORE_ID"),
        })
    }

    pub(super) fn storage(&mut self) -> Storage {
        let text = self.text("RELEVO_MEDIA_URL");
        let place = FilePlace::parse(&text).unwrap_or_else(|| {
            let right = "embedded, s3://bucket/prefix?region=…&endpoint=…";
            self.wrong("RELEVO_MEDIA_URL", format!("{text:?} is not one of {right}"));
            FilePlace::Embedded
        });
        let access_key_id = self.optional("AWS_ACCESS_KEY_ID");
        let secret_access_key = self.optional("AWS_SECRET_ACCESS_KEY").map(SecretString::from);
        if matches!(place, FilePlace::Bucket(_)) {
            for (name, is_set) in [
                ("AWS_ACCESS_KEY_ID", access_key_id.is_some()),
                ("AWS_SECRET_ACCESS_KEY", secret_access_key.is_some()),
            ] {
                if !is_set {
                    self.wrong(name, "is not set; the bucket of RELEVO_MEDIA_URL needs it");
                }
            }
        }
        Storage {
            place,
            keep_days: self.count("RELEVO_MEDIA_KEEP_DAYS"),
            at_most_mb: self.count("RELEVO_MEDIA_MAX_MB"),
            access_key_id,
            secret_access_key,
        }
    }

    fn price(&mut self, name: &'static str) -> Option<f64> {
        let text = self.optional(name)?;
        let price = text.parse().ok().filter(|price: &f64| price.is_finite() && *price >= 0.0);
        if price.is_none() {
            self.wrong(name, format!("{text:?} is no price; write one such as 0.25"));
        }
        price
    }

    pub(super) fn count(&mut self, name: &'static str) -> u32 {
        let text = self.text(name);
        text.parse().ok().filter(|count| *count > 0).unwrap_or_else(|| {
            self.wrong(name, format!("{text:?} is no number; write one such as 30"));
            1
        })
    }
}
