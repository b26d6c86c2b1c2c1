//! A story is played: what it says is done, what it says happens is waited for.

mod records;

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use relevo::installation::Installation;
use sandbox::{Batch, Bubble, Customer, Notice, Operation, Rule, Sender};
use serde_json::Value;

use super::message::Message;
use super::story::{Action, Delivery, Story};

/// Longer than an outcome that is unknown is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Player<'a> {
    installation: &'a Installation,
    story: &'a Story,
    /// The digits that the numbers of this story's customers begin with.
    area: String,
    began_ms: i64,
    people: BTreeMap<String, Person>,
    late: Vec<Batch>,
}

struct Person {
    customer: Customer,
    /// Every name they ever had.
    names: Vec<domain::Customer>,
    /// The ids of what they wrote, in order; what was forged is not among them.
    written: Vec<String>,
    /// What is recorded and that they did not write: notices of a field of their own.
    told: usize,
    /// How many messages the story says they hear.
    hears: usize,
    /// How many of those that were accepted for them it says have failed.
    misses: usize,
    /// How many of their messages the story says the outcome of.
    settled: usize,
}

impl Person {
    fn learn(&mut self) {
        let customer = domain::Customer::default();
        let (user_id, phone) = (self.customer.user_id(), self.customer.phone().to_owned());
        self.names.push(domain::Customer { user_id: Some(user_id), ..customer.clone() });
        self.names.push(domain::Customer { phone: Some(phone), ..customer });
    }
}

impl<'a> Player<'a> {
    /// No two stories share a number.
    pub(crate) fn new(installation: &'a Installation, story: &'a Story, number: usize) -> Self {
        Self {
            installation,
            story,
            area: format!("519{number:03}"),
            began_ms: runtime::Clock::system().now().as_millis(),
            people: BTreeMap::new(),
            late: Vec::new(),
        }
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
    /// and the story has told what became of every message. Returns how many are
    /// recorded.
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
        Ok(self.people.values().map(|person| person.written.len() + person.told).sum())
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
            Action::PersonSays { to, message, late } => self.person_says(to, message, *late).await,
            Action::Arrives => {
                for batch in std::mem::take(&mut self.late) {
                    let status = batch.goes_out().await;
                    ensure!(status == Some(200), "the webhook got {status:?}");
                }
                Ok(())
            }
            Action::Misses { who, code } => {
                let person = self.person(who);
                person.misses += 1;
                let (phone, misses) = (person.customer.phone().to_owned(), person.misses);
                let failed = |sandbox: &sandbox::Sandbox| {
                    let bubbles = sandbox.transcript(&phone);
                    bubbles.iter().filter(|bubble| bubble.error == Some(*code)).count() >= misses
                };
                self.installation.sandbox.wait_until(failed, PATIENCE).await
            }
            Action::Echo { to } => {
                let newest = self.newest(to, Sender::Business).context("nothing was sent")?;
                let echo = self.installation.sandbox.echoes_api_message(&newest.wamid);
                let status = echo.goes_out().await;
                ensure!(status == Some(200), "the webhook got {status:?}");
                Ok(())
            }
            Action::SeesTyping { who } => {
                let written = self.person(who).written.clone();
                self.journal(Operation::MarkRead, |body| is_typing(body, &written)).await
            }
            Action::SawNoTyping { who } => {
                let written = self.person(who).written.clone();
                let marked = self.installation.sandbox.journal_of(Operation::MarkRead);
                ensure!(!marked.iter().any(|entry| is_typing(&entry.body, &written)), "it was");
                Ok(())
            }
            Action::AnsweredWithoutANumber { who } => {
                let user_id = self.person(who).customer.user_id();
                let by_user_id =
                    |body: &Value| body["recipient"] == *user_id && body["to"].is_null();
                self.journal(Operation::Send, by_user_id).await
            }
            Action::HeardBefore { first, then } => {
                let [first, then] = [first, then].map(|who| self.newest(who, Sender::Business));
                let at = |bubble: Option<Bubble>| bubble.map(|bubble| bubble.at_ms);
                let (first, then) = (at(first), at(then));
                ensure!(first.is_some() && first < then, "at {first:?} and at {then:?}");
                Ok(())
            }
            Action::IsAnswered { who } => {
                let phone = self.person(who).customer.phone().to_owned();
                self.journal(Operation::Send, |body| body["to"] == *phone).await
            }
            Action::Adopts { who, username } => {
                self.person(who).customer.adopts_username(username);
                Ok(())
            }
            Action::Outcomes { who, outcomes } => {
                self.person(who).settled = outcomes.len();
                self.outcomes(who, outcomes).await
            }
            Action::Shows { who, what } => {
                self.person(who).customer.shows(*what);
                Ok(())
            }
            Action::Moves { who, told } => {
                let number = format!("{}9{:04}", self.area, self.people.len());
                let person = self.person(who);
                person.customer = person.customer.changes_number(&number, *told).await;
                self.has_moved(who, *told).await
            }
            Action::Rotates { who, told } => {
                self.person(who).customer.changes_user_id(*told).await;
                self.has_moved(who, *told).await
            }
            Action::Recorded { who, pattern } => self.recorded(who, pattern).await,
            Action::Ordered { who, items } => self.ordered(who, items).await,
            Action::Fault { who, fault } => {
                let mut fault = fault.clone();
                if let Some(who) = who {
                    fault = fault.for_customer(self.person(who).customer.phone());
                }
                self.installation.sandbox.faults().add(fault);
                Ok(())
            }
            Action::NoFaults => {
                self.installation.sandbox.faults().clear();
                Ok(())
            }
            Action::Alert { kind, told } => self.alert(kind, *told).await,
            Action::Model { words, after, reply } => {
                let rule = Rule::when(words).replies(reply.clone()).after(*after);
                self.installation.sandbox.script().add(rule);
                Ok(())
            }
            Action::Answer { words, reply } => {
                let rule = Rule::when(words).for_schema("answer").replies(reply.clone());
                self.installation.sandbox.script().add(rule);
                Ok(())
            }
            Action::Asked { words, knowing } => {
                let asked = |body: &Value| asks(body, words) && body.to_string().contains(knowing);
                self.journal(Operation::Chat, asked).await
            }
            Action::NeverAsked { words } => {
                let asked = self.installation.sandbox.journal_of(Operation::Chat);
                ensure!(!asked.iter().any(|entry| asks(&entry.body, words)), "it was");
                Ok(())
            }
        }
    }

    async fn webhook(
        &mut self,
        messages: &[(String, Message)],
        delivery: Delivery,
    ) -> anyhow::Result<()> {
        if let ([(who, message)], Delivery::Once) = (messages, delivery)
            && message.json(&self.chat(who))?.is_none()
        {
            let sandbox = &self.installation.sandbox;
            self.person(who);
            let person = self.people.get_mut(who).context("nobody")?;
            person.written.push(message.send(&person.customer, sandbox).await?);
            return Ok(());
        }
        let mut composed = Vec::new();
        for (who, message) in messages {
            let message = message.json(&self.chat(who))?.context("it needs a phone")?;
            let person = self.person(who);
            let message = person.customer.composes(message);
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
            Delivery::Late => {
                self.late.push(batch);
                return Ok(());
            }
        };
        ensure!(status == Some(expected), "the webhook got {status:?}");
        Ok(())
    }

    async fn person_says(&mut self, to: &str, message: &Message, late: bool) -> anyhow::Result<()> {
        let message = message.json(&self.chat(to))?.context("the shop can't send this")?;
        let phone = self.person(to).customer.phone().to_owned();
        let (_, echo) = self.installation.sandbox.business_phone_sends(&phone, message);
        if late {
            self.late.push(echo);
            return Ok(());
        }
        let status = echo.goes_out().await;
        ensure!(status == Some(200), "the webhook got {status:?}");
        Ok(())
    }

    /// Somebody goes by other names, and Relevo has heard of it where it was told.
    async fn has_moved(&mut self, who: &str, told: Notice) -> anyhow::Result<()> {
        let chat = self.chat(who);
        let person = self.person(who);
        person.learn();
        if matches!(told, Notice::SystemMessage | Notice::Both) {
            let notice = chat.iter().rfind(|bubble| bubble.kind == "system");
            person.written.push(notice.context("no notice was sent")?.wamid.clone());
        }
        person.told += usize::from(matches!(told, Notice::UserIdUpdate | Notice::Both));
        let notices = match told {
            Notice::Silent => 0,
            Notice::SystemMessage | Notice::UserIdUpdate => 1,
            Notice::Both => 2,
        };
        self.noted(who, notices).await
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
        self.people.entry(name.to_owned()).or_insert_with(|| {
            let mut person = Person {
                customer: sandbox.customer(&phone, name),
                names: Vec::new(),
                written: Vec::new(),
                told: 0,
                hears: 0,
                misses: 0,
                settled: 0,
            };
            person.learn();
            person
        })
    }

    fn chat(&mut self, who: &str) -> Vec<Bubble> {
        let phone = self.person(who).customer.phone().to_owned();
        self.installation.sandbox.transcript(&phone)
    }

    fn newest(&mut self, who: &str, from: Sender) -> Option<Bubble> {
        self.chat(who).into_iter().rfind(|bubble| bubble.from == from)
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

fn is_typing(body: &Value, written: &[String]) -> bool {
    body.get("typing_indicator").is_some() && written.iter().any(|id| body["message_id"] == *id)
}

fn asks(body: &Value, words: &str) -> bool {
    let last = body["messages"].as_array().and_then(|all| all.last());
    last.is_some_and(|last| last["content"].to_string().contains(words))
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
