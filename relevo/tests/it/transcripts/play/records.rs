//! What the records must say in the end.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use domain::{BusinessId, Channel, ConversationId, MessageId};
use relevo::installation::BUSINESS_ID;
use store::records::{AlertFilter, Entry};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{PATIENCE, Player, matches};
use crate::transcripts::story::Told;

impl Player<'_> {
    /// What became of each message that somebody wrote.
    pub(super) async fn outcomes(&self, who: &str, expected: &[String]) -> anyhow::Result<()> {
        let business = BusinessId::new(BUSINESS_ID);
        let of_provider =
            |id: &String| MessageId::of_provider(&business, Channel::Whatsapp, "message", id);
        let written: Vec<Uuid> =
            self.people[who].written.iter().map(|id| of_provider(id).as_uuid()).collect();
        let outcomes = until_known(async || {
            let history = self.history(who).await?;
            let outcome = |id: &Uuid| {
                history.iter().find_map(|entry| match entry {
                    Entry::Inbound { id: of, outcome, .. } if of == id => outcome.clone(),
                    _ => None,
                })
            };
            let outcomes: Vec<_> = written.iter().filter_map(outcome).collect();
            ensure!(outcomes.len() == written.len(), "the outcomes are {}", outcomes.join(" "));
            Ok(outcomes)
        })
        .await?;
        ensure!(outcomes == expected, "the outcomes are {}", outcomes.join(" "));
        Ok(())
    }

    /// Waits until so many notices about somebody have been noted.
    pub(super) async fn noted(&self, who: &str, notices: usize) -> anyhow::Result<()> {
        let is_noted = |entry: &&Entry| matches!(entry, Entry::Inbound { kind, outcome: Some(_), .. } if kind == "system");
        until_known(async || {
            let noted = self.history(who).await?.iter().filter(is_noted).count();
            ensure!(noted >= notices, "{noted} of {notices} notices are noted");
            Ok(())
        })
        .await
    }

    pub(super) async fn recorded(&self, who: &str, pattern: &str) -> anyhow::Result<()> {
        until_known(async || {
            let history = self.history(who).await?;
            let newest = history.iter().rev().find_map(|entry| match entry {
                Entry::Inbound { text, .. } => Some(text.clone().unwrap_or_default()),
                Entry::Outbound { .. } => None,
            });
            let newest = newest.context("nothing is recorded")?.replace('\n', " ");
            ensure!(matches(pattern, &newest), "recorded: {newest}");
            Ok(())
        })
        .await
    }

    pub(super) async fn ordered(&self, who: &str, expected: &str) -> anyhow::Result<()> {
        let own = self.conversations(who);
        until_known(async || {
            let orders = self.installation.app.ports().records.orders(BUSINESS_ID, 100).await?;
            let order = orders.iter().find(|order| own.contains(&order.conversation));
            let items = &order.context("no order is recorded")?.items;
            let items: Vec<String> =
                items.iter().map(|item| format!("{} {}", item.quantity, item.product_id)).collect();
            ensure!(items.join(", ") == expected, "ordered: {}", items.join(", "));
            Ok(())
        })
        .await
    }

    /// What an operator has been told since the story began.
    pub(super) async fn alert(&self, kind: &str, told: Told) -> anyhow::Result<()> {
        until_known(async || {
            let filter =
                AlertFilter { since_ms: Some(self.began_ms), limit: 100, ..AlertFilter::default() };
            let mut alerts = self.installation.app.ports().records.alerts(filter).await?;
            alerts.retain(|alert| alert.kind == kind);
            let is_over = |alert: &store::records::Alert| alert.resolved_ms.is_some();
            let is_so = match (told, &alerts[..]) {
                (Told::Nothing, alerts) => alerts.is_empty(),
                (Told::Open, [alert]) => !is_over(alert),
                (Told::Over, [alert]) => is_over(alert),
                _ => false,
            };
            ensure!(is_so, "the alerts are {alerts:?}");
            Ok(())
        })
        .await
    }

    /// All that is recorded of somebody, the oldest first.
    async fn history(&self, who: &str) -> anyhow::Result<Vec<Entry>> {
        let mut history = Vec::new();
        for conversation in self.conversations(who) {
            history
                .extend(self.installation.app.ports().records.history(conversation, 1000).await?);
        }
        history.sort_by_key(Entry::at_ms);
        Ok(history)
    }

    /// Those that any name of theirs ever led to.
    fn conversations(&self, who: &str) -> Vec<Uuid> {
        let business = BusinessId::new(BUSINESS_ID);
        let of = |names| ConversationId::of(&business, Channel::Whatsapp, names).as_uuid();
        self.people[who].names.iter().map(of).collect()
    }
}

/// Asks until there is an answer, with a limit.
async fn until_known<T>(ask: impl AsyncFn() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(50)).await,
            answer => return answer,
        }
    }
}
