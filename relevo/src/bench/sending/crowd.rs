//! Those who write, and what is said to some of them beside the answers.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use broker::{Broker, Publication};
use domain::message::{ReplyMark, ReplyReady, Speaker};
use domain::{
    BusinessId, Channel, ConversationId, Customer, Envelope, MessageId, Outcome, Timestamp,
};
use futures::future::{join, join_all, try_join, try_join_all};
use runtime::Clock;
use sandbox::Sandbox;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::bench::Load;
use crate::installation::BUSINESS_ID;

/// Triage's rules answer it without a model.
const GREETING: &str = "hola, buenas tardes";
/// More than the 45 that may go at once.
const TOO_MUCH: u32 = 50;
const TOO_OFTEN: Duration = Duration::from_millis(150);
/// How often each customer writes on average.
const PAUSE_SECONDS: u32 = 20;
/// How often a person answers somebody.
const PERSON_EVERY: Duration = Duration::from_millis(500);

pub(super) struct Crowd<'a> {
    sandbox: &'a Sandbox,
    broker: &'a Broker,
    load: Load,
    phones: Vec<String>,
    /// To whom too much is said.
    throttled: String,
}

/// What was written and what was to be said, and when.
#[derive(Default)]
pub(super) struct Spoken {
    /// Each customer with the times at which they wrote.
    pub(super) customers: BTreeMap<String, Vec<Timestamp>>,
    /// What people said, by the reply's id.
    pub(super) persons: BTreeMap<Uuid, Timestamp>,
    /// What was said to the throttled customer.
    pub(super) to_throttled: BTreeMap<Uuid, Timestamp>,
    /// The busy third.
    pub(super) busy: (Timestamp, Timestamp),
}

impl Spoken {
    pub(super) fn written(&self) -> usize {
        self.customers.values().map(Vec::len).sum()
    }

    /// Whether everything that answers nothing has reached its customer.
    pub(super) fn all_said(&self, sandbox: &Sandbox) -> bool {
        let said = sandbox.accepted_sends();
        let said: Vec<Uuid> = said.iter().filter_map(|send| reply(send.mark.as_deref())).collect();
        self.persons.keys().chain(self.to_throttled.keys()).all(|reply| said.contains(reply))
    }

    pub(super) fn is_busy(&self, at: Timestamp) -> bool {
        self.busy.0 <= at && at < self.busy.1
    }
}

/// The reply that a mark names.
pub(in crate::bench) fn reply(mark: Option<&str>) -> Option<Uuid> {
    let mark: ReplyMark = mark?.parse().ok()?;
    Some(mark.part.reply.as_uuid())
}

impl<'a> Crowd<'a> {
    pub(super) fn gather(sandbox: &'a Sandbox, broker: &'a Broker, load: Load) -> Self {
        // Another run on the same servers is of other customers.
        let run = sandbox.url().rsplit(':').next().map_or(0, |port| port.parse().unwrap_or(0_u32));
        let phone = |number: u32| format!("51{run:05}{number:05}");
        let phones = (0..load.conversations).map(phone).collect();
        Self { sandbox, broker, load, phones, throttled: phone(99_999) }
    }

    /// Until everybody has said what they had to say.
    pub(super) async fn speaks(&self) -> anyhow::Result<Spoken> {
        let throttled = self.sandbox.customer(&self.throttled, "Rosa");
        let first = now();
        throttled.says(GREETING).await;
        // What is said to a conversation needs one.
        throttled.hears(Duration::from_secs(30)).await?;

        let began = Instant::now();
        let third = self.load.lasting() / 3;
        let busy = (now() + third, now() + third * 2);
        let customers = join_all(self.phones.iter().zip(0..).map(|(phone, number)| {
            let times = self.times(number);
            async move { (phone.clone(), self.writes(phone, began, &times).await) }
        }));
        let extras = try_join(self.people_answer(began + third), self.say_too_much(began));
        let (customers, extras) = join(customers, extras).await;
        let (persons, to_throttled) = extras?;
        let mut customers: BTreeMap<_, _> = customers.into_iter().collect();
        customers.insert(self.throttled.clone(), vec![first]);
        Ok(Spoken { customers, persons, to_throttled, busy })
    }

    /// When a customer writes: half of the times fall into the third in the middle.
    fn times(&self, customer: u32) -> Vec<Duration> {
        let lasting = self.load.lasting();
        let messages = self.load.seconds.div_ceil(PAUSE_SECONDS);
        let mut times: Vec<Duration> = (0..messages)
            .map(|message| {
                // Multiples of the golden ratio fill the time evenly.
                let place = (f64::from(customer * messages + message) * 0.618_033_988_7).fract();
                let place = match place {
                    early if early < 0.25 => early / 0.75,
                    busy if busy < 0.75 => 1.0 / 3.0 + (busy - 0.25) / 1.5,
                    late => 2.0 / 3.0 + (late - 0.75) / 0.75,
                };
                lasting.mul_f64(place)
            })
            .collect();
        times.sort();
        times
    }

    async fn writes(&self, phone: &str, began: Instant, times: &[Duration]) -> Vec<Timestamp> {
        let customer = self.sandbox.customer(phone, "Ana Quispe");
        let mut written = Vec::new();
        for time in times {
            sleep_until(began + *time).await;
            written.push(now());
            customer.says(GREETING).await;
        }
        written
    }

    /// In the busy third, to one customer after another who has written before.
    async fn people_answer(&self, from: Instant) -> anyhow::Result<BTreeMap<Uuid, Timestamp>> {
        let count = (self.load.lasting() / 3).as_millis() / PERSON_EVERY.as_millis();
        let count = u32::try_from(count)?;
        let early: Vec<&String> = self
            .phones
            .iter()
            .zip(0..)
            .filter(|(_, number)| {
                self.times(*number).first().is_some_and(|first| *first < self.load.lasting() / 4)
            })
            .map(|(phone, _)| phone)
            .collect();
        ensure!(!early.is_empty(), "nobody writes early enough to be answered by a person");
        let replies = (0..count).map(async |number| {
            sleep_until(from + PERSON_EVERY * number).await;
            let phone = early[usize::try_from(number)? % early.len()];
            self.say(phone, Speaker::Person, &format!("person {number}")).await
        });
        Ok(try_join_all(replies).await?.into_iter().collect())
    }

    async fn say_too_much(&self, from: Instant) -> anyhow::Result<BTreeMap<Uuid, Timestamp>> {
        let replies = (0..TOO_MUCH).map(async |number| {
            sleep_until(from + TOO_OFTEN * number).await;
            self.say(&self.throttled, Speaker::Bot, &format!("notice {number}")).await
        });
        Ok(try_join_all(replies).await?.into_iter().collect())
    }

    /// Outside of any turn.
    async fn say(&self, phone: &str, by: Speaker, what: &str) -> anyhow::Result<(Uuid, Timestamp)> {
        let business = BusinessId::new(BUSINESS_ID);
        let customer = Customer {
            user_id: Some(self.sandbox.customer(phone, "").user_id()),
            phone: Some(phone.to_owned()),
            ..Customer::default()
        };
        let conversation = ConversationId::of(&business, Channel::Whatsapp, &customer);
        let id = MessageId::of_provider(&business, Channel::Whatsapp, phone, what);
        let reply = ReplyReady { by, ..ReplyReady::outside(0, what, Outcome::Answered) };
        let at = now();
        let envelope = Envelope::from_outside(id, business, conversation, at, reply);
        let publication = Publication {
            id: id.as_uuid(),
            topic: envelope.kind().as_str().to_owned(),
            body: envelope.encode()?.into(),
            traceparent: None,
            delay: None,
        };
        self.broker.publish(publication).await?;
        Ok((id.as_uuid(), at))
    }
}

fn now() -> Timestamp {
    Clock::system().now()
}
