//! One customer, two names: WhatsApp names them by a user id, a phone number, or both, and the
//! conversation's id comes from what a message happens to carry. Once both have been seen
//! together, either finds the same conversation.
//!
//! Two conversations that both have a history already stay apart: phone numbers change hands.

use domain::{Body, BusinessId, Channel, ConversationId, Customer, Envelope};

use crate::commit::Snapshot;
use crate::{Failure, Ports};

/// The conversation that `envelope` belongs to, when that is not the one it names. Costs nothing
/// for a conversation that knows both names.
pub(crate) async fn resolve(
    ports: &Ports,
    envelope: &Envelope,
    named: &Snapshot,
) -> Result<Option<ConversationId>, Failure> {
    let own = envelope.conversation;
    let is_new = named.version == 0;
    if is_new && let Some(known) = ports.state.alias(&key(own)).await? {
        return Ok(Some(ConversationId::from_uuid(known)));
    }
    let knows_both = |customer: &Customer| customer.user_id.is_some() && customer.phone.is_some();
    if knows_both(named.conversation.customer()) {
        return Ok(None);
    }
    let Some(customer) = customer(&envelope.body).filter(|customer| knows_both(customer)) else {
        return Ok(None);
    };
    let other = by_phone(&envelope.business, customer);
    if other == own {
        return Ok(None);
    }
    let other_is_known = ports.state.load(other.as_uuid(), None).await?.version > 0;
    match (other_is_known, is_new) {
        (false, _) => ports.state.put_alias(&key(other), own.as_uuid()).await?,
        (true, true) => {
            ports.state.put_alias(&key(own), other.as_uuid()).await?;
            return Ok(Some(other));
        }
        (true, false) => {}
    }
    Ok(None)
}

fn customer(body: &Body) -> Option<&Customer> {
    match body {
        Body::MessageReceived(received) => Some(&received.0.customer),
        Body::MediaReceived(received) => Some(&received.0.customer),
        Body::HumanSpoke(spoke) => Some(&spoke.customer),
        _ => None,
    }
}

fn by_phone(business: &BusinessId, customer: &Customer) -> ConversationId {
    let phone_only = Customer { user_id: None, ..customer.clone() };
    ConversationId::of(business, Channel::Whatsapp, &phone_only)
}

fn key(conversation: ConversationId) -> String {
    format!("conversation:{conversation}")
}
