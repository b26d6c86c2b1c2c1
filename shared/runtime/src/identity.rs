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

use domain::{Body, BusinessId, Channel, Content, ConversationId, Customer, Envelope};
use store::state::{Commit, Committed};

use crate::commit::{self, Snapshot};
use crate::{Failure, Ports};

/// How often a conversation can have been joined with another.
const HOPS: usize = 4;
/// How often a lost race is run again at once.
const RACES: usize = 4;
/// How soon to look again whether a reply has arrived that is on its way.
const SOON: Duration = Duration::from_secs(1);

/// The conversation that `envelope` belongs to, when that is not the one it names. Costs nothing
/// for a message that names its customer as the conversation knows them.
pub(crate) async fn resolve(
    ports: &Ports,
    envelope: &Envelope,
    named: &Snapshot,
) -> Result<Option<ConversationId>, Failure> {
    let own = envelope.conversation;
    let mut home = Home { id: own, snapshot: named.clone() };
    for _ in 0..HOPS {
        match home.leads_to(ports).await? {
            Some(next) if next != home.id => {
                let gone = home;
                home = Home::load(ports, envelope, next).await?;
                // Whoever joined them may have died in between.
                home = home.absorb(ports, envelope, &gone).await?;
            }
            _ => break,
        }
    }
    for names in names(&envelope.body) {
        if !home.knows(&names) {
            home = home.join(ports, envelope, &names).await?;
        }
    }
    Ok((home.id != own).then_some(home.id))
}

/// What the message calls its customer, and what they are called from now on.
fn names(body: &Body) -> Vec<Customer> {
    let (customer, content) = match body {
        Body::MessageReceived(received) => (&received.0.customer, Some(&received.0.content)),
        Body::MediaReceived(received) => (&received.0.customer, None),
        Body::HumanSpoke(spoke) => (&spoke.customer, None),
        _ => return Vec::new(),
    };
    let is_whole = |names: &Customer| names.user_id.is_some() && names.phone.is_some();
    let own = Some(customer.clone()).filter(is_whole);
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

    /// Where it went, when it was joined with another, or never was one of its own.
    async fn leads_to(&self, ports: &Ports) -> Result<Option<ConversationId>, Failure> {
        if let Some(moved) = self.snapshot.conversation.moved_to() {
            return Ok(Some(moved));
        }
        if !self.is_new() {
            return Ok(None);
        }
        Ok(ports.state.alias(&key(self.id)).await?.map(ConversationId::from_uuid))
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
            let other = Self::load(ports, envelope, id).await?;
            if other.is_new() {
                ports.state.put_alias(&key(id), home.id.as_uuid()).await?;
                continue;
            }
            if other.is_somebody_elses(names) {
                continue;
            }
            if home.is_new() {
                ports.state.put_alias(&key(home.id), id.as_uuid()).await?;
                home = other;
            } else {
                home = home.take_over(ports, envelope, other).await?;
            }
        }
        Ok(home)
    }

    /// A number that has changed hands, or a conversation that is a part of another already.
    fn is_somebody_elses(&self, names: &Customer) -> bool {
        let user_id = &self.snapshot.conversation.customer().user_id;
        user_id.is_some() && *user_id != names.user_id
    }

    /// Joins `other` with this conversation.
    async fn take_over(
        self,
        ports: &Ports,
        envelope: &Envelope,
        other: Self,
    ) -> Result<Self, Failure> {
        let mut gone = other;
        let conversation = &mut gone.snapshot.conversation;
        match conversation.moved_to() {
            Some(place) if place != self.id => return Ok(self),
            Some(_) => {}
            None if conversation.is_speaking() => {
                let cause = "a reply is on its way in a conversation that is to be joined";
                return Err(Failure::Later { cause: cause.to_owned(), after: SOON });
            }
            None => {
                conversation.move_to(self.id);
                if !write(ports, gone.id, gone.snapshot.version, conversation).await? {
                    return Err(raced());
                }
            }
        }
        ports.state.put_alias(&key(gone.id), self.id.as_uuid()).await?;
        self.absorb(ports, envelope, &gone).await
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
            if home.snapshot.conversation == before {
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
    Ok(matches!(ports.state.commit(commit).await?, Committed::Stored { .. }))
}

fn raced() -> Failure {
    let cause = "other workers kept changing a conversation that is to be joined".to_owned();
    Failure::Later { cause, after: SOON }
}

fn key(conversation: ConversationId) -> String {
    format!("conversation:{conversation}")
}
