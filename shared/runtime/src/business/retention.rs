//! For how long what customers said is kept.

use std::time::Duration;

use serde::Deserialize;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// WhatsApp repeats a webhook for up to seven days: what was forgotten sooner would be new again.
const DAYS_AT_LEAST: u32 = 8;
/// A thousand years are for ever.
const DAYS_AT_MOST: u32 = 365_000;

/// For how long; without a time, for as long as there is room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// What was written and answered, with what was ordered.
    pub messages: Option<Duration>,
    /// The files that customers sent.
    pub media: Option<Duration>,
    /// What a conversation remembers, counted from its last message.
    pub conversations: Option<Duration>,
}

/// `[retention]` as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Table {
    messages_days: Option<u32>,
    media_days: Option<u32>,
    conversations_days: Option<u32>,
}

impl Table {
    pub(super) fn read(&self) -> Result<Retention, Vec<String>> {
        let fields = [
            ("messages_days", self.messages_days, DAYS_AT_LEAST),
            ("media_days", self.media_days, 1),
            ("conversations_days", self.conversations_days, DAYS_AT_LEAST),
        ];
        let wrong = fields.into_iter().filter_map(|(name, days, at_least)| {
            let range = at_least..=DAYS_AT_MOST;
            let is_wrong = days.is_some_and(|days| !range.contains(&days));
            is_wrong.then(|| format!("retention.{name} must be {at_least} to {DAYS_AT_MOST}"))
        });
        let problems: Vec<String> = wrong.collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let [messages, media, conversations] =
            fields.map(|(_, days, _)| days.map(|days| DAY * days));
        Ok(Retention { messages, media, conversations })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_whatsapp_may_repeat_is_not_forgotten_and_nothing_means_for_ever() {
        let read = |table: &str| toml::from_str::<Table>(table).unwrap().read();
        assert_eq!(read(""), Ok(Retention::default()));
        let kept = read("messages_days = 365\nmedia_days = 1\nconversations_days = 8").unwrap();
        assert_eq!(kept.messages, Some(DAY * 365));
        assert_eq!((kept.media, kept.conversations), (Some(DAY), Some(DAY * 8)));
        let problems = read("messages_days = 7\nmedia_days = 0\nconversations_days = 0");
        assert_eq!(problems.unwrap_err().len(), 3);
        assert!(toml::from_str::<Table>("message_days = 1").is_err());
    }
}
