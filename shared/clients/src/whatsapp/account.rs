//! Who receives the webhooks of an account.

use serde::Deserialize;

use super::{SendError, WhatsApp};

#[derive(Deserialize)]
struct Subscribed {
    data: Vec<Subscription>,
}

#[derive(Deserialize)]
struct Subscription {
    whatsapp_business_api_data: Option<App>,
}

#[derive(Deserialize)]
struct App {
    name: Option<String>,
    id: Option<String>,
}

impl WhatsApp {
    /// The apps that are told what happens to the account, by name: without one no webhook comes.
    pub async fn subscribed_apps(&self, waba_id: &str) -> Result<Vec<String>, SendError> {
        let request = self.http.get(self.url(&[waba_id, "subscribed_apps"]));
        let subscribed: Subscribed = self.exchange(request).await?.read(&[])?;
        let apps = subscribed.data.into_iter().filter_map(|one| one.whatsapp_business_api_data);
        Ok(apps.filter_map(|app| app.name.or(app.id)).collect())
    }

    /// What time it is there, in seconds since the Unix epoch, as far as the platform tells.
    pub async fn seconds_there(&self) -> Result<Option<i64>, SendError> {
        let answer = self.http.head(self.base.clone()).send().await.map_err(SendError::lost)?;
        let date = answer.headers().get(reqwest::header::DATE).and_then(|date| date.to_str().ok());
        // HTTP's dates are those of RFC 2822, in GMT.
        let read = |date: &str| jiff::fmt::rfc2822::parse(date).ok();
        Ok(date.and_then(read).map(|zoned| zoned.timestamp().as_second()))
    }
}
