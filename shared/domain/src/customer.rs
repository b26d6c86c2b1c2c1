//! Who writes, and where.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a conversation takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    #[default]
    Whatsapp,
    Telegram,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Whatsapp => "whatsapp",
            Self::Telegram => "telegram",
        }
    }
}

/// The languages in which Relevo speaks to customers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    #[default]
    Es,
    En,
    Pt,
}

impl Language {
    pub const ALL: [Self; 3] = [Self::Es, Self::En, Self::Pt];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es => "es",
            Self::En => "en",
            Self::Pt => "pt",
        }
    }
}

/// A customer as the channel names them. WhatsApp gives a business-scoped user id, a phone
/// number, or both; a customer who adopted a user name may have no number at all.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Customer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Customer {
    pub fn with_phone(phone: impl Into<String>) -> Self {
        Self { phone: Some(phone.into()), ..Self::default() }
    }

    /// Takes over what `newer` knows; what it does not know stays.
    pub(crate) fn learn(&mut self, newer: &Self) {
        for (mine, theirs) in [
            (&mut self.user_id, &newer.user_id),
            (&mut self.phone, &newer.phone),
            (&mut self.name, &newer.name),
        ] {
            if theirs.is_some() {
                mine.clone_from(theirs);
            }
        }
    }
}

/// Names which parts are known and shows none of them.
impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Customer")
            .field("user_id", &self.user_id.is_some())
            .field("phone", &self.phone.is_some())
            .field("name", &self.name.is_some())
            .finish()
    }
}
