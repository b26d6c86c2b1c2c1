//! What a run was like, for a test that counts afterwards.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::graph::RateReport;
use crate::lock;
use crate::notion::NotionRateReport;
use crate::sends::AcceptedSend;
use crate::world::World;
use crate::{Sandbox, Sender};

/// How often one customer has what was sent under one mark.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Received {
    /// Digits only.
    pub phone: String,
    /// `biz_opaque_callback_data`.
    pub mark: String,
    pub times: usize,
}

// Holds a phone number.
impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Received")
            .field("mark", &self.mark)
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// How fast the business sent, and how often a limit refused.
    #[must_use]
    pub fn rate_report(&self) -> RateReport {
        lock(&self.world.rates).report()
    }

    /// How fast a client asked Notion, and how often the limit refused.
    #[must_use]
    pub fn notion_rate_report(&self) -> NotionRateReport {
        lock(&self.world.notion.budget).report()
    }

    /// Every send that was accepted, oldest first: whether its answer was lost, and which of its statuses
    /// the receiver took. Held by `a_run_is_accounted_for_send_by_send`.
    #[must_use]
    pub fn accepted_sends(&self) -> Vec<AcceptedSend> {
        self.world.sends.all()
    }

    /// How often each customer has what was sent under each `biz_opaque_callback_data`, of the chats as far
    /// back as they are kept: a double is one with more than once.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        received(&self.world)
    }
}

pub(crate) fn received(world: &World) -> Vec<Received> {
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for chat in lock(&world.chats).all() {
        let here =
            chat.bubbles.iter().filter(|b| b.from == Sender::Business && b.reached_customer());
        for mark in here.filter_map(|bubble| bubble.callback_data.clone()) {
            *counts.entry((chat.profile.phone.clone(), mark)).or_default() += 1;
        }
    }
    counts.into_iter().map(|((phone, mark), times)| Received { phone, mark, times }).collect()
}
