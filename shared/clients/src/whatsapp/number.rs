//! The business's own phone numbers.

use std::fmt;

use serde::Deserialize;

use super::{SendError, WhatsApp};

const FIELDS: &str = "display_phone_number,verified_name,quality_rating,throughput,platform_type";

/// What the platform says about a phone number. It leaves out what it does not know.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct PhoneNumber {
    /// As a person writes it, such as `+34 911 111 111`.
    pub display_phone_number: Option<String>,
    pub verified_name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    pub quality_rating: Option<String>,
    pub throughput: Option<Throughput>,
    /// `CLOUD_API` once the number is registered.
    pub platform_type: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Throughput {
    /// `STANDARD` for 80 messages a second, `HIGH` for 1,000.
    pub level: Option<String>,
}

impl WhatsApp {
    pub async fn phone_number(&self, phone_number_id: &str) -> Result<PhoneNumber, SendError> {
        let request = self.http.get(self.url(&[phone_number_id])).query(&[("fields", FIELDS)]);
        self.exchange(request).await?.read(&[])
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneNumber")
            .field("quality_rating", &self.quality_rating)
            .field("throughput", &self.throughput)
            .field("platform_type", &self.platform_type)
            .finish_non_exhaustive()
    }
}
