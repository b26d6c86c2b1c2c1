//! What one customer may take of what is there for all: an album of thirty photos costs neither
//! thirty answers of a model, nor the others their places.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ConversationId;
use domain::content::Unread;
use runtime::Context;
use runtime::gate::{Limit, Pass};
use tracing::warn;

/// Files of one conversation in hand at once in one process, which has places for a few more.
const AT_ONCE: usize = 2;
/// What a model reads of one conversation: twenty an hour. More voice notes than a person sends in
/// one go.
const BY_MODEL: Limit = Limit { every: Duration::from_secs(3 * 60), burst: 10 };

/// How many files of each conversation this process has in hand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hands(Arc<Mutex<BTreeMap<ConversationId, usize>>>);

/// One of them, until it is dropped.
pub(crate) struct Hold {
    hands: Hands,
    conversation: ConversationId,
}

impl Hands {
    /// None if the conversation has what it may have.
    pub(crate) fn take(&self, conversation: ConversationId) -> Option<Hold> {
        let mut hands = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let held = hands.entry(conversation).or_default();
        if *held == AT_ONCE {
            return None;
        }
        *held += 1;
        Some(Hold { hands: self.clone(), conversation })
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let mut hands = self.hands.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = hands.get_mut(&self.conversation) {
            *held -= 1;
            if *held == 0 {
                hands.remove(&self.conversation);
            }
        }
    }
}

/// One reading by a model. All processes count together.
pub(crate) struct Turnstile<'a> {
    context: &'a Context<'a>,
    gate: String,
    ticket: Option<u64>,
}

impl<'a> Turnstile<'a> {
    pub(crate) async fn pass(
        context: &'a Context<'a>,
        conversation: ConversationId,
    ) -> Result<Self, Unread> {
        let gate = format!("media:{conversation}");
        let ticket = match context.state().pass(&gate, BY_MODEL, Duration::ZERO).await {
            Ok(Pass::Granted { ticket, .. }) => Some(ticket),
            Ok(Pass::Wait { .. }) => {
                warn!("left unread: this customer has sent too much for a model");
                return Err(Unread::NoMeans);
            }
            // Not the customer's fault.
            Err(error) => {
                warn!(%error, "a reading by a model was not counted");
                None
            }
        };
        Ok(Self { context, gate, ticket })
    }

    /// The model has read nothing. What can't be given back only costs a place.
    pub(crate) async fn give_back(self) {
        let Some(ticket) = self.ticket else { return };
        if let Err(error) = self.context.state().give_back(&self.gate, ticket).await {
            warn!(%error, "a reading by a model was not given back");
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{BusinessId, Channel, Customer};

    use super::*;

    #[test]
    fn one_customer_has_two_files_in_hand_at_once() {
        let of = |phone: &str| {
            let customer = Customer::with_phone(phone);
            ConversationId::of(&BusinessId::new("shop"), Channel::Whatsapp, &customer)
        };
        let (hands, ana, luis) = (Hands::default(), of("34600000001"), of("34600000002"));
        let first = hands.take(ana);
        let second = hands.take(ana);
        assert!(first.is_some() && second.is_some() && hands.take(ana).is_none());
        assert!(hands.take(luis).is_some());
        drop(first);
        let third = hands.take(ana);
        assert!(third.is_some() && hands.take(ana).is_none());
        drop((second, third));
        assert!(hands.0.lock().unwrap().is_empty());
    }
}
