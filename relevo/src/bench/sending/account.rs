//! What a run came to, counted from the sandbox's side and from the records.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::message::{ReplyMark, ReplyPart};
use domain::{Outcome, Timestamp};
use sandbox::{AcceptedSend, Answer, RateReport, Sandbox};
use store::Records;
use store::records::Entry;
use uuid::Uuid;

use super::crowd::{self, Spoken};
use super::none;
use crate::bench::figure::{Figure, quantile};

/// What the sandbox allows.
const PER_SECOND: f64 = 20.0;
const PAIR_BURST: f64 = 45.0;

/// What became of everything.
#[derive(Default)]
pub(super) struct Account {
    rates: RateReport,
    written: usize,
    outcomes: BTreeMap<String, usize>,
    never_heard: usize,
    sends: usize,
    answers_lost: usize,
    repeats: Repeats,
    /// Recorded as sent, and not with the customer.
    missing: usize,
    pub(super) dead: u64,
    waits: Waits,
}

/// How long customers waited for what was said to them, in seconds, sorted.
#[derive(Default)]
struct Waits {
    /// Of those who wrote before the busy third, beside one who is throttled.
    quiet: Vec<f64>,
    busy: Vec<f64>,
    persons: Vec<f64>,
    throttled: Vec<f64>,
}

impl Account {
    pub(super) async fn of(
        sandbox: &Sandbox,
        records: &Records,
        spoken: &Spoken,
    ) -> anyhow::Result<Self> {
        let mut account = Self { rates: sandbox.rate_report(), ..Self::default() };
        let sends = sandbox.accepted_sends();
        account.count_sends(&sends);
        account.written = spoken.written();
        let mut by_phone: BTreeMap<&str, Vec<&AcceptedSend>> = BTreeMap::new();
        for send in &sends {
            by_phone.entry(&send.phone).or_default().push(send);
        }
        let received = sandbox.received();
        let received: BTreeSet<&str> = received.iter().map(|one| one.mark.as_str()).collect();
        for (phone, written) in &spoken.customers {
            let sends = by_phone.get(phone.as_str()).map_or(&[][..], Vec::as_slice);
            account.count_waits(spoken, written, sends);
            let Some(conversation) = sends.iter().find_map(|send| mark(send)) else { continue };
            let conversation = conversation.conversation;
            for entry in records.history(conversation.as_uuid(), 10_000).await? {
                account.count_entry(&entry, conversation, &received);
            }
        }
        let mut first: BTreeMap<Uuid, i64> = BTreeMap::new();
        for send in &sends {
            if let Some(reply) = crowd::reply(send.mark.as_deref()) {
                first.entry(reply).or_insert(send.at_ms);
            }
        }
        let waits = |said: &BTreeMap<Uuid, Timestamp>| {
            let wait = |(reply, at): (&Uuid, &Timestamp)| Some(seconds(*at, *first.get(reply)?));
            sorted(said.iter().filter_map(wait).collect())
        };
        account.waits.persons = waits(&spoken.persons);
        account.waits.throttled = waits(&spoken.to_throttled);
        let said = spoken.persons.len() + spoken.to_throttled.len();
        account.missing += said - account.waits.persons.len() - account.waits.throttled.len();
        account.waits.busy = sorted(account.waits.busy);
        account.waits.quiet = sorted(account.waits.quiet);
        Ok(account)
    }

    fn count_sends(&mut self, sends: &[AcceptedSend]) {
        self.sends = sends.len();
        self.answers_lost = sends.iter().filter(|send| send.answer == Answer::Lost).count();
        self.repeats = Repeats::among(sends);
    }

    /// From each message to the next thing that its customer got.
    fn count_waits(&mut self, spoken: &Spoken, written: &[Timestamp], sends: &[&AcceptedSend]) {
        for at in written {
            let answers = |send: &&&AcceptedSend| {
                let by_hand = crowd::reply(send.mark.as_deref()).is_some_and(|reply| {
                    spoken.persons.contains_key(&reply) || spoken.to_throttled.contains_key(&reply)
                });
                send.at_ms >= at.as_millis() && !by_hand
            };
            let Some(answer) = sends.iter().find(answers) else {
                self.never_heard += 1;
                continue;
            };
            let wait = seconds(*at, answer.at_ms);
            if spoken.is_busy(*at) {
                self.waits.busy.push(wait);
            } else if *at < spoken.busy.0 {
                self.waits.quiet.push(wait);
            }
        }
    }

    fn count_entry(
        &mut self,
        entry: &Entry,
        conversation: domain::ConversationId,
        received: &BTreeSet<&str>,
    ) {
        match entry {
            Entry::Inbound { outcome, .. } => {
                let outcome = outcome.as_deref().unwrap_or("none").to_owned();
                *self.outcomes.entry(outcome).or_default() += 1;
            }
            Entry::Outbound { reply, part, .. } => {
                let part = ReplyPart {
                    reply: domain::MessageId::from_uuid(*reply),
                    part: u16::try_from(*part).unwrap_or(u16::MAX),
                };
                let mark = ReplyMark { conversation, part }.to_string();
                self.missing += usize::from(!received.contains(mark.as_str()));
            }
        }
    }

    pub(super) fn figures(&self, rest: Duration) -> Vec<Figure> {
        let RateReport { most_in_a_second, most_in_a_second_with_inbound, .. } = self.rates;
        let outcome =
            |outcome: Outcome| self.outcomes.get(outcome.as_str()).copied().unwrap_or_default();
        let answered = outcome(Outcome::Answered);
        let others = self.written.abs_diff(answered + outcome(Outcome::HandedOff));
        let share = |waits: &[f64], share| quantile(waits, share);
        let Waits { quiet, busy, persons, throttled } = &self.waits;
        let count = |name: &str, count: usize| Figure::new(name, count as f64, "");
        vec![
            count("messages written", self.written),
            count("answered", answered),
            count("handed off", outcome(Outcome::HandedOff)),
            none("without one of these outcomes", others),
            none("after which the customer heard nothing", self.never_heard),
            none("replies that did not reach their customer", self.missing),
            none("dead messages", usize::try_from(self.dead).unwrap_or(usize::MAX)),
            count("messages sent", self.sends),
            count("of which the answer was lost", self.answers_lost),
            count("sent again", self.repeats.all),
            none(
                "sent again although an answer or a status had told of them",
                self.repeats.needlessly,
            ),
            Figure::new("the most sent in a second", most_in_a_second as f64, "")
                .at_most(PER_SECOND),
            count("the same with what customers wrote", most_in_a_second_with_inbound),
            Figure::new(
                "the largest burst to one customer",
                self.rates.largest_burst_to_one_customer as f64,
                "",
            )
            .at_most(PAIR_BURST),
            Figure::new("refused for the number", self.rates.refused_for_the_number as f64, "")
                .at_most(0.0),
            Figure::new("refused for a customer", self.rates.refused_for_the_pair as f64, "")
                .at_most(0.0),
            Figure::new(
                "a customer's wait before the busy third, beside one who is throttled: median",
                share(quiet, 0.5),
                "s",
            )
            .at_most(5.0),
            Figure::new("the same: 95th percentile", share(quiet, 0.95), "s"),
            Figure::new("a customer's wait in the busy third: median", share(busy, 0.5), "s"),
            Figure::new("the same: 95th percentile", share(busy, 0.95), "s"),
            Figure::new("a person's answer in the busy third: median", share(persons, 0.5), "s"),
            Figure::new("the same: 95th percentile", share(persons, 0.95), "s"),
            Figure::new(
                "the person's median to the customers'",
                share(persons, 0.5) / share(busy, 0.5),
                "",
            )
            .at_most(1.0),
            Figure::new("the throttled customer's longest wait", share(throttled, 1.0), "s"),
            Figure::new("at rest after the last word", rest.as_secs_f64(), "s"),
        ]
    }
}

/// What was sent more than once.
#[derive(Default)]
pub(in crate::bench) struct Repeats {
    pub(in crate::bench) all: usize,
    /// Of those, where the platform had told of the first.
    pub(in crate::bench) needlessly: usize,
}

impl Repeats {
    pub(in crate::bench) fn among(sends: &[AcceptedSend]) -> Self {
        let mut by_mark: BTreeMap<&str, Vec<&AcceptedSend>> = BTreeMap::new();
        for send in sends {
            by_mark.entry(send.mark.as_deref().unwrap_or_default()).or_default().push(send);
        }
        let mut repeats = Self::default();
        for copies in by_mark.values() {
            let (_, earlier) = copies.split_last().expect("a mark is here because of a send");
            repeats.all += earlier.len();
            let was_told =
                |send: &&&AcceptedSend| send.answer == Answer::Given || !send.statuses.is_empty();
            repeats.needlessly += earlier.iter().filter(was_told).count();
        }
        repeats
    }
}

fn mark(send: &AcceptedSend) -> Option<ReplyMark> {
    send.mark.as_deref()?.parse().ok()
}

fn seconds(from: Timestamp, to_ms: i64) -> f64 {
    (to_ms - from.as_millis()) as f64 / 1000.0
}

fn sorted(mut waits: Vec<f64>) -> Vec<f64> {
    waits.sort_by(f64::total_cmp);
    waits
}
