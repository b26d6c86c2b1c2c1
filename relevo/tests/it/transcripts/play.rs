//! A story is played: what it says is done, what it says happens is waited for.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use domain::{BusinessId, Channel, ConversationId, MessageId};
use relevo::installation::{BUSINESS_ID, Installation};
use sandbox::{Composed, Customer, Operation, Rule, Sender};
use serde_json::{Value, json};
use store::records::Entry;
use tokio::time::{Instant, sleep};

use super::story::{Action, Delivery, Message, Story};

/// Longer than an outcome that is unknown is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Player<'a> {
    installation: &'a Installation,
    story: &'a Story,
    /// The digits that the numbers of this story's customers begin with.
    area: String,
    people: BTreeMap<String, Person>,
}

struct Person {
    customer: Customer,
    /// The ids of what they wrote, in order; what was forged is not among them.
    written: Vec<String>,
    /// How many messages the story says they hear.
    hears: usize,
    /// How many of their messages the story says the outcome of.
    settled: usize,
}

impl<'a> Player<'a> {
    /// No two stories share a number.
    pub(crate) fn new(installation: &'a Installation, story: &'a Story, number: usize) -> Self {
        Self { installation, story, area: format!("519{number:03}"), people: BTreeMap::new() }
    }

    pub(crate) async fn play(&mut self) -> anyhow::Result<()> {
        let story = self.story;
        for step in &story.steps {
            let played = self.act(&step.action).await;
            played.with_context(|| format!("{}\n{}", step.line, self.transcripts()))?;
        }
        Ok(())
    }

    /// What must be true when everything has come to rest: nobody heard more than the story says,
    /// and the story has told what became of every message. Returns how many were written.
    pub(crate) fn end(&self) -> anyhow::Result<usize> {
        for (name, person) in &self.people {
            let heard = self.heard(person);
            let Person { hears, written, settled, .. } = person;
            ensure!(
                heard == *hears && written.len() == *settled,
                "{}: {name} heard {heard} of {hears} messages, and the story has the outcome of \
                 {settled} of {}\n{}",
                self.story.file,
                written.len(),
                self.transcripts()
            );
        }
        Ok(self.people.values().map(|person| person.written.len()).sum())
    }

    async fn act(&mut self, action: &Action) -> anyhow::Result<()> {
        match action {
            Action::Webhook { messages, delivery } => self.webhook(messages, *delivery).await,
            Action::Hears { who, pattern } => {
                let person = self.person(who);
                person.hears += 1;
                let heard = person.customer.hears(PATIENCE).await?.text;
                ensure!(matches(pattern, &heard), "heard: {heard}");
                Ok(())
            }
            Action::PersonSays { to, text } => {
                let phone = self.person(to).customer.phone().to_owned();
                self.installation.sandbox.business_phone_says(&phone, text).await;
                Ok(())
            }
            Action::SeesTyping { who } => {
                let written = self.person(who).written.clone();
                let shown = |body: &Value| {
                    body.get("typing_indicator").is_some()
                        && written.iter().any(|id| body["message_id"] == *id)
                };
                self.journal(Operation::MarkRead, shown).await
            }
            Action::IsAnswered { who } => {
                let phone = self.person(who).customer.phone().to_owned();
                self.journal(Operation::Send, |body| body["to"] == *phone).await
            }
            Action::Adopts { who, username } => {
                self.person(who).customer.adopts_username(username);
                Ok(())
            }
            Action::Outcomes { who, outcomes } => self.outcomes(who, outcomes).await,
            Action::Fault { who, fault } => {
                let fault = fault.clone().for_customer(self.person(who).customer.phone());
                self.installation.sandbox.faults().add(fault);
                Ok(())
            }
            Action::Model { words, after, reply } => {
                let rule = Rule::when(words).replies(reply.clone()).after(*after);
                self.installation.sandbox.script().add(rule);
                Ok(())
            }
            Action::Asked { words } => {
                let asked = |body: &Value| {
                    let last = body["messages"].as_array().and_then(|all| all.last());
                    last.is_some_and(|last| last["content"].to_string().contains(words))
                };
                self.journal(Operation::Chat, asked).await
            }
        }
    }

    async fn webhook(
        &mut self,
        messages: &[(String, Message)],
        delivery: Delivery,
    ) -> anyhow::Result<()> {
        let mut composed = Vec::new();
        for (who, message) in messages {
            let newest = self.newest_of_the_business(who);
            let person = self.person(who);
            let message = compose(&person.customer, message, newest)?;
            if delivery != Delivery::Forged {
                person.written.push(message.wamid.clone());
            }
            composed.push(message);
        }
        let batch = self.installation.sandbox.delivers(composed);
        let (status, expected) = match delivery {
            Delivery::Once => (batch.goes_out().await, 200),
            Delivery::ThreeTimes => (batch.copies(2).goes_out().await, 200),
            Delivery::Forged => (batch.forged().goes_out().await, 401),
        };
        ensure!(status == Some(expected), "the webhook got {status:?}");
        Ok(())
    }

    async fn outcomes(&mut self, who: &str, expected: &[String]) -> anyhow::Result<()> {
        let records = self.installation.app.ports.records.clone();
        let person = self.person(who);
        person.settled = expected.len();
        let business = BusinessId::new(BUSINESS_ID);
        let known =
            domain::Customer { user_id: Some(person.customer.user_id()), ..Default::default() };
        let conversation = ConversationId::of(&business, Channel::Whatsapp, &known);
        let ids: Vec<_> = person
            .written
            .iter()
            .map(|id| MessageId::of_provider(&business, Channel::Whatsapp, "message", id).as_uuid())
            .collect();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let history = records.history(conversation.as_uuid(), 1000).await?;
            let outcome = |id| {
                history.iter().find_map(|entry| match entry {
                    Entry::Inbound { id: of, outcome, .. } if of == id => outcome.clone(),
                    _ => None,
                })
            };
            let outcomes: Vec<Option<String>> = ids.iter().map(outcome).collect();
            if outcomes.iter().all(Option::is_some) || Instant::now() > deadline {
                let outcomes: Vec<String> =
                    outcomes.into_iter().map(|one| one.unwrap_or("none".into())).collect();
                ensure!(outcomes == expected, "the outcomes are {}", outcomes.join(" "));
                return Ok(());
            }
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for a request like this.
    async fn journal(
        &self,
        operation: Operation,
        is_it: impl Fn(&Value) -> bool,
    ) -> anyhow::Result<()> {
        let sandbox = &self.installation.sandbox;
        let came = |sandbox: &sandbox::Sandbox| {
            sandbox.journal_of(operation).iter().any(|entry| is_it(&entry.body))
        };
        sandbox.wait_until(came, PATIENCE).await
    }

    fn person(&mut self, name: &str) -> &mut Person {
        let phone = format!("{}{:05}", self.area, self.people.len());
        let sandbox = &self.installation.sandbox;
        self.people.entry(name.to_owned()).or_insert_with(|| Person {
            customer: sandbox.customer(&phone, name),
            written: Vec::new(),
            hears: 0,
            settled: 0,
        })
    }

    fn newest_of_the_business(&mut self, who: &str) -> Option<String> {
        let phone = self.person(who).customer.phone().to_owned();
        let bubbles = self.installation.sandbox.transcript(&phone);
        bubbles.into_iter().rfind(|bubble| bubble.from == Sender::Business).map(|own| own.wamid)
    }

    fn heard(&self, person: &Person) -> usize {
        let bubbles = self.installation.sandbox.transcript(person.customer.phone());
        bubbles.iter().filter(|bubble| bubble.reached_customer()).count()
    }

    fn transcripts(&self) -> String {
        let sandbox = &self.installation.sandbox;
        self.people
            .iter()
            .map(|(name, person)| {
                let transcript = sandbox.transcript_text(person.customer.phone());
                format!("--- {name}'s phone\n{transcript}")
            })
            .collect()
    }
}

fn compose(
    customer: &Customer,
    message: &Message,
    newest: Option<String>,
) -> anyhow::Result<Composed> {
    Ok(customer.composes(match message {
        Message::Text(text) => json!({ "type": "text", "text": { "body": text } }),
        Message::Old { hours, text } => {
            let now = runtime::Clock::system().now().as_millis() / 1000;
            let then = (now - hours * 3600).to_string();
            json!({ "type": "text", "text": { "body": text }, "timestamp": then })
        }
        Message::Photo(caption) => {
            json!({ "type": "image", "image": { "id": "1", "caption": caption } })
        }
        Message::Voice => json!({ "type": "audio", "audio": { "id": "2", "voice": true } }),
        Message::Reaction(emoji) => {
            let to = newest.context("there is nothing to react to")?;
            json!({ "type": "reaction", "reaction": { "message_id": to, "emoji": emoji } })
        }
        Message::Raw(raw) => raw.clone(),
    }))
}

/// Whether all of the text is the pattern, in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}
