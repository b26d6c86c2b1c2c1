//! The commit: what a handler decided about a message happens once.
//!
//! One compare-and-set write stores the conversation together with the effects of this message;
//! only then are the effects published, and only then is the message acknowledged. When the
//! process dies in between, the message comes back, the stored effects are found, and they are
//! published again under the same ids; the handler is not asked a second time (tests
//! `what_was_decided_and_not_published_is_published_and_not_decided_again`,
//! `a_commit_whose_answer_is_lost_is_not_made_again`). Only a decision that changes nothing and
//! publishes nothing is not stored.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::{BusinessId, Conversation, ConversationId, Effect, Envelope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::state::{CONVERSATION_TTL, Commit, Committed, EffectsKey};

use crate::{Effects, Failure, Ports};

/// How often a lost race is run again at once before it counts as a failure
/// (test `a_lost_race_repeats_the_change_and_not_the_handler`).
const RACES: usize = 8;

/// A message as it will be published.
#[derive(Serialize, Deserialize)]
pub(crate) struct Outgoing {
    pub(crate) id: uuid::Uuid,
    pub(crate) topic: String,
    made_at: Timestamp,
    delay_ms: u64,
    pub(crate) body: Box<RawValue>,
}

impl Outgoing {
    /// What is left of the delay: what has run since is not begun again, and a clock that was set
    /// back does not make it longer than it was (tests `a_delay_that_has_run_is_not_begun_again`,
    /// `a_clock_set_back_makes_no_delay_longer`).
    pub(crate) fn delay(&self, now: Timestamp) -> Duration {
        let delay = Duration::from_millis(self.delay_ms).min(broker::MAX_DELAY);
        delay.saturating_sub(now.since(self.made_at))
    }
}

/// A conversation as it was loaded.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) version: u64,
    pub(crate) conversation: Conversation,
}

impl Snapshot {
    pub(crate) fn empty(envelope: &Envelope) -> Self {
        let conversation = Conversation::new(envelope.conversation, envelope.business.clone());
        Self { version: 0, conversation }
    }
}

#[expect(clippy::large_enum_variant, reason = "there is one for each message in hand")]
pub(crate) enum Loaded {
    /// Nothing has been decided about this message.
    Open(Snapshot),
    /// It was decided before, and this must be published for it.
    Decided(Vec<Outgoing>),
}

pub(crate) async fn load(
    ports: &Ports,
    envelope: &Envelope,
    worker: &str,
) -> Result<Loaded, Failure> {
    let loaded =
        ports.state.load(envelope.conversation.as_uuid(), Some(key(envelope, worker))).await?;
    match &loaded.effects {
        Some(effects) => Ok(Loaded::Decided(decode_effects(effects)?)),
        None => Ok(Loaded::Open(snapshot(&loaded, envelope, envelope.conversation)?)),
    }
}

/// Stores what the handler wants and says what must be published for it.
pub(crate) async fn store(
    ports: &Ports,
    envelope: &Envelope,
    worker: &str,
    effects: Effects,
    mut snapshot: Snapshot,
) -> Result<Vec<Outgoing>, Failure> {
    let Effects { change, publish } = effects;
    for _ in 0..RACES {
        still_here(&snapshot)?;
        let before = snapshot.conversation.clone();
        let mut wanted = publish.clone();
        if let Some(change) = &change {
            wanted.extend(change(&mut snapshot.conversation));
        }
        let changed = before != snapshot.conversation;
        if !changed && wanted.is_empty() {
            // Nothing is written that could be checked, so only the newest is believed (test
            // `a_change_that_does_nothing_is_believed_only_of_the_newest`).
            match load(ports, envelope, worker).await? {
                Loaded::Open(newest) if newest.version != snapshot.version => snapshot = newest,
                Loaded::Open(_) => return Ok(Vec::new()),
                Loaded::Decided(outgoing) => return Ok(outgoing),
            }
            continue;
        }
        let outgoing = outgoing(envelope, worker, wanted, ports.clock.now())?;
        let stored = encode(&outgoing)?;
        let document = if changed { Some(encode(&snapshot.conversation)?) } else { None };
        let commit = Commit {
            conversation: envelope.conversation.as_uuid(),
            expected: snapshot.version,
            document: document.as_deref(),
            effects: Some((key(envelope, worker), &stored)),
        };
        let committed = ports.state.commit_for(life(ports, &envelope.business), commit).await?;
        match committed {
            Committed::Stored { .. } => return Ok(outgoing),
            Committed::AlreadyDecided(effects) => return decode_effects(&effects),
            Committed::Conflict => match load(ports, envelope, worker).await? {
                Loaded::Open(newer) => snapshot = newer,
                Loaded::Decided(outgoing) => return Ok(outgoing),
            },
        }
    }
    Err(lost_race())
}

/// Makes the messages of a handler that does without the conversation.
pub(crate) fn stateless(
    ports: &Ports,
    envelope: &Envelope,
    worker: &str,
    effects: Effects,
) -> Result<Vec<Outgoing>, Failure> {
    if effects.change.is_some() {
        let cause = format!("{worker} changes a conversation that it does not use");
        return Err(Failure::Reject { cause });
    }
    outgoing(envelope, worker, effects.publish, ports.clock.now())
}

/// Changes the conversation at once and leaves in `latest` what was stored, from which the
/// handler's effects go on.
pub(crate) async fn change_now<T>(
    ports: &Ports,
    envelope: &Envelope,
    latest: &Mutex<Snapshot>,
    change: impl Fn(&mut Conversation, Timestamp) -> T + Send + Sync,
) -> Result<T, Failure> {
    let known = || latest.lock().unwrap_or_else(PoisonError::into_inner);
    let conversation = envelope.conversation.as_uuid();
    for race in 0..=RACES {
        let mut snapshot = known().clone();
        // What is written is checked against the version; what changes nothing must be new.
        let is_new = race > 0;
        if is_new {
            let loaded = ports.state.load(conversation, None).await?;
            snapshot = self::snapshot(&loaded, envelope, envelope.conversation)?;
        }
        still_here(&snapshot)?;
        let before = snapshot.conversation.clone();
        let answer = change(&mut snapshot.conversation, ports.clock.now());
        if before == snapshot.conversation {
            if is_new {
                return Ok(answer);
            }
            continue;
        }
        let document = encode(&snapshot.conversation)?;
        let commit = Commit {
            conversation,
            expected: snapshot.version,
            document: Some(&document),
            effects: None,
        };
        let life = life(ports, &envelope.business);
        if let Committed::Stored { version } = ports.state.commit_for(life, commit).await? {
            *known() = Snapshot { version, conversation: snapshot.conversation };
            return Ok(answer);
        }
    }
    Err(lost_race())
}

/// How long the business keeps a conversation after its last message.
pub(crate) fn life(ports: &Ports, business: &BusinessId) -> Duration {
    let business = ports.businesses.get(business);
    business.and_then(|one| one.retention.conversations).unwrap_or(CONVERSATION_TTL)
}

fn key<'a>(envelope: &Envelope, worker: &'a str) -> EffectsKey<'a> {
    EffectsKey { worker, message: envelope.id.as_uuid() }
}

/// What was loaded of conversation `id` of the envelope's business.
pub(crate) fn snapshot(
    loaded: &store::state::Loaded,
    envelope: &Envelope,
    id: ConversationId,
) -> Result<Snapshot, Failure> {
    let conversation: Conversation = match &loaded.document {
        Some(document) => serde_json::from_str(document)
            .map_err(|error| unreadable("decode the stored conversation", &error))?,
        None => {
            let conversation = Conversation::new(id, envelope.business.clone());
            return Ok(Snapshot { version: 0, conversation });
        }
    };
    if *conversation.business() != envelope.business {
        let cause = "the conversation is another business's".to_owned();
        return Err(Failure::Reject { cause });
    }
    Ok(Snapshot { version: loaded.version, conversation })
}

pub(crate) fn outgoing(
    envelope: &Envelope,
    worker: &str,
    effects: Vec<Effect>,
    now: Timestamp,
) -> Result<Vec<Outgoing>, Failure> {
    effects
        .into_iter()
        .enumerate()
        .map(|(index, effect)| {
            let message = envelope.cause_of(worker, index, now, effect.body);
            let body = message.encode().map_err(|error| Failure::reject(&error))?;
            let body = String::from_utf8(body).map_err(|error| Failure::reject(&error))?;
            Ok(Outgoing {
                id: message.id.as_uuid(),
                topic: message.kind().as_str().to_owned(),
                made_at: now,
                delay_ms: u64::try_from(effect.delay.as_millis()).unwrap_or(u64::MAX),
                body: RawValue::from_string(body)
                    .map_err(|error| reject("encode an effect", &error))?,
            })
        })
        .collect()
}

pub(crate) fn encode(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| reject("encode what must be stored", &error))
}

fn decode_effects(effects: &str) -> Result<Vec<Outgoing>, Failure> {
    serde_json::from_str(effects).map_err(|error| unreadable("decode stored effects", &error))
}

/// Tells where and how, and nothing of what was there: these are customers' words.
fn place(what: &str, error: &serde_json::Error) -> String {
    format!(
        "{what}: {:?} error at line {} column {}",
        error.classify(),
        error.line(),
        error.column()
    )
}

fn reject(what: &str, error: &serde_json::Error) -> Failure {
    Failure::Reject { cause: place(what, error) }
}

/// During a deploy another version may have written what this one can't read.
fn unreadable(what: &str, error: &serde_json::Error) -> Failure {
    Failure::Retry { cause: place(what, error), after: None }
}

/// A conversation that was joined with another while this message was handled: the message is
/// handled again, in the other.
fn still_here(snapshot: &Snapshot) -> Result<(), Failure> {
    match snapshot.conversation.moved_to() {
        Some(_) => {
            let cause = "the conversation was joined with another".to_owned();
            Err(Failure::Later { cause, after: Duration::from_millis(100) })
        }
        None => Ok(()),
    }
}

fn lost_race() -> Failure {
    Failure::Retry { cause: "other workers kept changing the conversation".to_owned(), after: None }
}
