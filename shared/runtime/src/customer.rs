//! One customer in everything that is held: which names they go by, and which conversations are
//! theirs.
//!
//! Names lead to conversations and conversations to names, until nothing new is found. A user id is
//! somebody's own. A number changes hands, so what it leads to is the customer's only if no other
//! user id is known there (test `a_number_that_changed_hands_leads_to_whoever_has_it_now`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use domain::{BusinessId, Channel, Conversation, ConversationId, Customer};
use store::records::Subject;
use store::{Records, State};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("look for a customer in the conversations")]
    State(#[from] store::state::Error),
    #[error("look for a customer in the records")]
    Records(#[from] store::records::Error),
    #[error("read the conversation {0}: another version of relevo has written it")]
    Unreadable(ConversationId),
}

/// What an operator calls a customer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    UserId(String),
    Phone(String),
}

/// A customer, as far as anything is known of them.
#[derive(Default)]
pub struct Known {
    pub names: BTreeSet<Name>,
    /// Theirs, and what is stored of each.
    pub conversations: BTreeMap<ConversationId, Option<String>>,
    /// Which of them are another name of which conversation.
    aliases: BTreeMap<ConversationId, ConversationId>,
}

impl Name {
    /// A number with its country's code, written as people write one, or a user id of WhatsApp's,
    /// such as `ES.90000000000001`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let spaced = |c: char| c.is_whitespace() || matches!(c, '+' | '-' | '(' | ')');
        let digits: String = text.chars().filter(|c| !spaced(*c)).collect();
        if (5..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Self::Phone(digits));
        }
        let (country, id) = text.split_once('.')?;
        let is_country = country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic());
        let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        (is_country && is_id).then(|| Self::UserId(text.to_owned()))
    }

    /// As the records have it, where only one name of a customer is kept.
    fn recorded(text: &str) -> Self {
        let is_phone = text.bytes().all(|b| b.is_ascii_digit());
        let text = text.to_owned();
        if is_phone { Self::Phone(text) } else { Self::UserId(text) }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::UserId(text) | Self::Phone(text) => text,
        }
    }

    fn conversation(&self, business: &BusinessId) -> ConversationId {
        let customer = match self.clone() {
            Self::UserId(user_id) => Customer { user_id: Some(user_id), ..Customer::default() },
            Self::Phone(phone) => Customer::with_phone(phone),
        };
        ConversationId::of(business, Channel::Whatsapp, &customer)
    }
}

impl Known {
    /// As the records ask for a customer.
    pub fn subject(&self, business: &BusinessId) -> Subject {
        Subject {
            business: business.to_string(),
            conversations: self.conversations.keys().map(|id| id.as_uuid()).collect(),
            names: self.names.iter().map(|name| name.as_str().to_owned()).collect(),
        }
    }

    /// The ids that are another name of one of these conversations; what leads to somebody else's
    /// is not among them.
    pub fn aliases(&self) -> impl Iterator<Item = ConversationId> {
        let own = |of: &ConversationId| self.conversations.contains_key(of);
        self.aliases.iter().filter(move |(_, of)| own(of)).map(|(id, _)| *id)
    }

    /// The conversations in the order in which they may be forgotten: the last still leads to all
    /// the others, so that whoever was cut short finds them again.
    pub fn to_forget(&self) -> Vec<ConversationId> {
        let mut ids: Vec<ConversationId> = self.conversations.keys().copied().collect();
        ids.sort_by_key(|id| {
            let document = self.conversations[id].as_deref();
            let customer = document.and_then(parse).map(|one| one.customer().clone());
            customer.map_or(0, |names| {
                u8::from(names.user_id.is_some()) + u8::from(names.phone.is_some()) + 1
            })
        });
        ids
    }
}

/// Finds everything that is this customer's.
pub async fn find(
    state: &State,
    records: &Records,
    business: &BusinessId,
    name: Name,
) -> Result<Known, Error> {
    let mut search = Search::of(state, records, business);
    if let Name::Phone(_) = name {
        // Whoever has the number now.
        let id = name.conversation(business);
        search.sure.push(search.alias(id).await?.unwrap_or(id));
    }
    search.learn(name);
    search.run().await?;
    Ok(search.known)
}

struct Search<'a> {
    state: &'a State,
    records: &'a Records,
    business: &'a BusinessId,
    known: Known,
    /// Names whose conversations were not looked for yet.
    names: Vec<Name>,
    /// Conversations that are the customer's.
    sure: Vec<ConversationId>,
    /// Conversations to which only a number leads.
    doubtful: BTreeSet<ConversationId>,
}

impl<'a> Search<'a> {
    fn of(state: &'a State, records: &'a Records, business: &'a BusinessId) -> Self {
        Self {
            state,
            records,
            business,
            known: Known::default(),
            names: Vec::new(),
            sure: Vec::new(),
            doubtful: BTreeSet::new(),
        }
    }

    async fn run(&mut self) -> Result<(), Error> {
        loop {
            if let Some(id) = self.sure.pop() {
                self.look_at(id, true).await?;
            } else if let Some(name) = self.names.pop() {
                self.look_for(&name).await?;
            } else if let Some(id) = self.doubtful.pop_first() {
                self.look_at(id, false).await?;
            } else {
                return Ok(());
            }
        }
    }

    fn learn(&mut self, name: Name) {
        if self.known.names.insert(name.clone()) {
            self.names.push(name);
        }
    }

    async fn look_for(&mut self, name: &Name) -> Result<(), Error> {
        let id = name.conversation(self.business);
        let mut found = vec![id];
        found.extend(self.alias(id).await?);
        let recorded = self.records.conversations_of(self.business.as_str(), name.as_str()).await?;
        found.extend(recorded.into_iter().map(ConversationId::from_uuid));
        match name {
            Name::UserId(_) => self.sure.extend(found),
            Name::Phone(_) => self.doubtful.extend(found),
        }
        Ok(())
    }

    async fn look_at(&mut self, id: ConversationId, is_sure: bool) -> Result<(), Error> {
        if self.known.conversations.contains_key(&id) {
            return Ok(());
        }
        let document = self.state.load(id.as_uuid(), None).await?.document;
        let conversation = match &document {
            Some(document) => Some(parse(document).ok_or(Error::Unreadable(id))?),
            None => None,
        };
        let recorded = self.records.customers_in(id.as_uuid()).await?;
        let mut names: Vec<Name> = recorded.iter().map(|name| Name::recorded(name)).collect();
        if let Some(conversation) = &conversation {
            let Customer { user_id, phone, .. } = conversation.customer().clone();
            names.extend(user_id.map(Name::UserId));
            names.extend(phone.map(Name::Phone));
        }
        if !is_sure && self.is_somebody_elses(&names) {
            return Ok(());
        }
        names.into_iter().for_each(|name| self.learn(name));
        let moved_to = conversation.as_ref().and_then(Conversation::moved_to);
        self.sure.extend(moved_to);
        self.sure.extend(conversation.iter().flat_map(|one| one.absorbed().iter().copied()));
        if let Some(of) = self.alias(id).await? {
            // One that goes on by itself has lost its number to whoever this is.
            if is_sure && (conversation.is_none() || moved_to.is_some()) {
                self.sure.push(of);
            } else {
                self.doubtful.insert(of);
            }
            self.known.aliases.insert(id, of);
        }
        self.known.conversations.insert(id, document);
        Ok(())
    }

    fn is_somebody_elses(&self, names: &[Name]) -> bool {
        let is_user_id = |name: &&Name| matches!(name, Name::UserId(_));
        let mut theirs = names.iter().filter(is_user_id).peekable();
        let own = self.known.names.iter().any(|name| is_user_id(&name));
        own && theirs.peek().is_some() && !theirs.any(|name| self.known.names.contains(name))
    }

    async fn alias(&self, id: ConversationId) -> Result<Option<ConversationId>, Error> {
        Ok(self.state.alias(id.as_uuid()).await?.map(ConversationId::from_uuid))
    }
}

fn parse(document: &str) -> Option<Conversation> {
    serde_json::from_str(document).ok()
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UserId(_) => "UserId",
            Self::Phone(_) => "Phone",
        })
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known")
            .field("names", &self.names.len())
            .field("conversations", &self.conversations.keys())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_called_by_a_number_or_a_user_id() {
        let phone = |digits: &str| Some(Name::Phone(digits.to_owned()));
        for text in ["51912345678", "+51 912 345 678", " (51) 912-345-678 "] {
            assert_eq!(Name::parse(text), phone("51912345678"), "{text}");
        }
        let id = "ES.90000000000001";
        assert_eq!(Name::parse(id), Some(Name::UserId(id.to_owned())));
        for text in ["", "Ana", "123", "ES.", "E.1", "ana@example.com", "+51 x"] {
            assert_eq!(Name::parse(text), None, "{text}");
        }
        assert!(!format!("{:?}", Name::parse("51912345678")).contains("519"));
    }
}
