//! One customer, one conversation, whatever they are called: WhatsApp names them by a user id, a
//! phone number, or both, and both can change. A message's conversation comes from what it happens
//! to carry; here it becomes the customer's own.
//!
//! - Seen together, two names lead to the same conversation; a second one that has a history of
//!   its own is joined with the first.
//! - A notice of a new number or user id leads the new names to the old conversation.
//! - Never by phone alone: numbers change hands, so a conversation that knows another user id
//!   stays apart, and its number leads to whoever has it now.
//!
//! Joining is two writes, each of which can be repeated: the one that goes says where it went, the
//! one that stays takes over what it knew. Held by `tests/it/identity.rs`.

use std::time::Duration;

use domain::{Body, BusinessId, Channel, Content, ConversationId, Customer, Envelope, Timestamp};
use store::state::{Commit, Committed};

use crate::commit::{self, Snapshot};
use crate::{Failure, Ports};

/// How often a conversation can have been joined with another.
const HOPS: usize = 4;
/// How often a lost race is run again at once.
const RACES: usize = 4;
/// How soon to look again whether a reply has arrived that is on its way.
const SOON: Duration = Duration::from_secs(1);
/// A customer's message is heard after this, joined or not.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The conversation that `envelope` belongs to, when that is not the one it names. Costs nothing
/// for a message that names its customer as the conversation knows them.
pub(crate) async fn resolve(
    ports: &Ports,
    envelope: &Envelope,
    named: &Snapshot,
) -> Result<Option<ConversationId>, Failure> {
    let own = envelope.conversation;
    let named = Home { id: own, snapshot: named.clone() };
    let mut home = named.follow(ports, envelope, is_by_phone_alone(&envelope.body)).await?;
    for names in names(&envelope.body) {
        if !home.knows(&names) {
            home = home.join(ports, envelope, &names).await?;
        }
    }
    Ok((home.id != own).then_some(home.id))
}

/// The same, by looking only: for what is recorded under a name.
pub(crate) async fn find(ports: &Ports, envelope: &Envelope) -> Result<ConversationId, Failure> {
    let named = Home::load(ports, envelope, envelope.conversation).await?;
    Ok(named.follow(ports, envelope, is_by_phone_alone(&envelope.body)).await?.id)
}

/// Who a message is from or to, and what it says, if it is about a customer.
fn customer(body: &Body) -> Option<(&Customer, Option<&Content>)> {
    match body {
        Body::MessageReceived(received) => Some((&received.0.customer, Some(&received.0.content))),
        Body::MediaReceived(received) => Some((&received.0.customer, None)),
        Body::HumanSpoke(spoke) => Some((&spoke.customer, None)),
        _ => None,
    }
}

/// Whether only a number names the customer: it is whoever's it was last seen to be.
fn is_by_phone_alone(body: &Body) -> bool {
    customer(body).is_some_and(|(names, _)| names.user_id.is_none() && names.phone.is_some())
}

/// What the message calls its customer, and what they are called from now on.
fn names(body: &Body) -> Vec<Customer> {
    let Some((names, content)) = customer(body) else { return Vec::new() };
    let is_whole = names.user_id.is_some() && names.phone.is_some();
    let own = Some(names.clone()).filter(|_| is_whole);
    own.into_iter().chain(content.and_then(Content::new_names)).collect()
}

/// A conversation on the way to being the message's own.
struct Home {
    id: ConversationId,
    snapshot: Snapshot,
}

impl Home {
    async fn load(ports: &Ports, envelope: &Envelope, id: ConversationId) -> Result<Self, Failure> {
        let loaded = ports.state.load(id.as_uuid(), None).await?;
        Ok(Self { id, snapshot: commit::snapshot(&loaded, envelope, id)? })
    }

    fn is_new(&self) -> bool {
        self.snapshot.version == 0
    }

    /// Goes where it went, when it was joined with another, or never was one of its own.
    async fn follow(
        self,
        ports: &Ports,
        envelope: &Envelope,
        by_phone_alone: bool,
    ) -> Result<Self, Failure> {
        let mut home = self;
        if by_phone_alone && let Some(owner) = alias(ports, home.id).await? {
            home = Self::load(ports, envelope, owner).await?;
        }
        for _ in 0..HOPS {
            let next = match home.snapshot.conversation.moved_to() {
                Some(moved) => Some(moved),
                None if home.is_new() => alias(ports, home.id).await?,
                None => None,
            };
            let Some(next) = next.filter(|next| *next != home.id) else { return Ok(home) };
            let gone = home;
            // Whoever joined them may have died in between.
            home = Self::load(ports, envelope, next).await?.absorb(ports, envelope, &gone).await?;
        }
        let cause = format!("{} was joined with others in a circle", home.id);
        Err(Failure::Reject { cause })
    }

    fn knows(&self, names: &Customer) -> bool {
        let customer = self.snapshot.conversation.customer();
        let has = |known: &Option<String>, name: &Option<String>| name.is_none() || known == name;
        has(&customer.user_id, &names.user_id) && has(&customer.phone, &names.phone)
    }

    /// Sees to it that all of these names lead to one conversation; gives that one.
    async fn join(
        self,
        ports: &Ports,
        envelope: &Envelope,
        names: &Customer,
    ) -> Result<Self, Failure> {
        let mut home = self;
        for id in ids(&envelope.business, names) {
            if id == home.id {
                continue;
            }
            let mut other =
                Self::load(ports, envelope, id).await?.follow(ports, envelope, false).await?;
            if other.id == home.id {
                continue;
            }
            if other.is_new() || other.is_somebody_elses(names) {
                ports.state.put_alias(id.as_uuid(), home.id.as_uuid()).await?;
                // From now on nobody begins it; somebody may just have.
                if !other.is_new() {
                    continue;
                }
                other = Self::load(ports, envelope, id).await?;
                if other.is_new() {
                    continue;
                }
            }
            if home.is_new() {
                ports.state.put_alias(home.id.as_uuid(), other.id.as_uuid()).await?;
                home = other;
            } else {
                home = home.join_with(ports, envelope, other).await?;
            }
        }
        Ok(home)
    }

    /// A number that has changed hands.
    fn is_somebody_elses(&self, names: &Customer) -> bool {
        let user_id = &self.snapshot.conversation.customer().user_id;
        user_id.is_some() && *user_id != names.user_id
    }

    /// Makes one of two conversations; which of them stays is the same whoever joins them.
    async fn join_with(
        self,
        ports: &Ports,
        envelope: &Envelope,
        other: Self,
    ) -> Result<Self, Failure> {
        if self.id == other.id {
            return Ok(self);
        }
        let (stays, mut gone) = if self.id < other.id { (self, other) } else { (other, self) };
        let conversation = &mut gone.snapshot.conversation;
        if conversation.is_speaking() {
            return stays.wait_for_its_end(envelope, gone, ports.clock.now());
        }
        conversation.move_to(stays.id);
        if !write(ports, gone.id, gone.snapshot.version, conversation).await? {
            return Err(raced());
        }
        // It lives longer than what is never written again.
        ports.state.put_alias(gone.id.as_uuid(), stays.id.as_uuid()).await?;
        stays.absorb(ports, envelope, &gone).await
    }

    /// A reply is on its way in `gone`: what it becomes must find its conversation. Nobody waits
    /// for long: what a person said is heard at once, and a customer soon.
    fn wait_for_its_end(
        self,
        envelope: &Envelope,
        gone: Self,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let waited = now.since(envelope.time);
        if matches!(envelope.body, Body::HumanSpoke(_)) || waited > LONGEST_WAIT {
            return Ok(if gone.id == envelope.conversation { gone } else { self });
        }
        let cause = "a reply is on its way in a conversation that is to be joined".to_owned();
        Err(Failure::Later { cause, after: SOON })
    }

    /// Takes over what `gone` knew, unless that has been done or it went elsewhere.
    async fn absorb(
        self,
        ports: &Ports,
        envelope: &Envelope,
        gone: &Self,
    ) -> Result<Self, Failure> {
        let mut home = self;
        if gone.snapshot.conversation.moved_to() != Some(home.id) {
            return Ok(home);
        }
        for _ in 0..RACES {
            let before = home.snapshot.conversation.clone();
            home.snapshot.conversation.absorb(&gone.snapshot.conversation);
            if home.snapshot.conversation == before || before.moved_to().is_some() {
                return Ok(home);
            }
            // First, because once it is stored nobody comes back for it.
            ports.records.reassign(gone.id.as_uuid(), home.id.as_uuid()).await?;
            let (version, conversation) = (home.snapshot.version, &home.snapshot.conversation);
            if write(ports, home.id, version, conversation).await? {
                return Self::load(ports, envelope, home.id).await;
            }
            home = Self::load(ports, envelope, home.id).await?;
        }
        Err(raced())
    }
}

async fn alias(ports: &Ports, id: ConversationId) -> Result<Option<ConversationId>, Failure> {
    Ok(ports.state.alias(id.as_uuid()).await?.map(ConversationId::from_uuid))
}

/// The conversations that these names alone would lead to.
fn ids(business: &BusinessId, names: &Customer) -> Vec<ConversationId> {
    let of = |user_id: Option<String>, phone: Option<String>| {
        let names = Customer { user_id, phone, name: None };
        ConversationId::of(business, Channel::Whatsapp, &names)
    };
    let by_user_id = names.user_id.clone().map(|user_id| of(Some(user_id), None));
    let by_phone = names.phone.clone().map(|phone| of(None, Some(phone)));
    by_user_id.into_iter().chain(by_phone).collect()
}

async fn write(
    ports: &Ports,
    id: ConversationId,
    expected: u64,
    conversation: &domain::Conversation,
) -> Result<bool, Failure> {
    let document = commit::encode(conversation)?;
    let commit =
        Commit { conversation: id.as_uuid(), expected, document: Some(&document), effects: None };
    let life = commit::life(ports, conversation.business());
    Ok(matches!(ports.state.commit_for(life, commit).await?, Committed::Stored { .. }))
}

fn raced() -> Failure {
    let cause = "other workers kept changing a conversation that is to be joined".to_owned();
    Failure::Later { cause, after: SOON }
}
