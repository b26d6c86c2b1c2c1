//! What is decided in the conversation.

use domain::conversation::{Known, Words};
use domain::message::{HandoffReason, HumanSpoke, TicketActed, TicketState};
use domain::{Body, Customer, Effect, Envelope, TicketId, Timestamp};
use runtime::business::Text;
use runtime::{Business, Context, Effects, Failure, Handler};
use store::Records;
use store::records::{LineKind, Ticket};
use tracing::{info, warn};

use crate::mend::{mend, word};

/// Takes over what the bot should not answer, and does what people decide at the desk.
#[derive(Debug, Clone)]
pub struct Handoff {
    records: Records,
}

impl Handoff {
    pub fn new(records: Records) -> Self {
        Self { records }
    }
}

impl Handler for Handoff {
    const WORKER: &'static str = "handoff";

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let (now, rules) = (context.now(), context.business().rules.clone());
        let (business, language) = (context.business(), context.conversation().language());
        match envelope.body.clone() {
            Body::HandoffRequested(asked) => {
                info!(reason = asked.reason.as_str(), "a person must take this");
                let words = Words {
                    opened: word(business, asked.reason, Some(asked.language), now),
                    joined: business.say(Text::Joined, Some(asked.language)),
                };
                let lost = self.lost(context).await;
                Ok(Effects::change(move |conversation| {
                    let mut effects = take_up(conversation, lost.as_ref(), now);
                    effects.extend(conversation.hand_over(&asked, &words, now));
                    effects
                }))
            }
            Body::TurnOverdue(overdue) => {
                let text = word(business, HandoffReason::Overdue, language, now);
                Ok(Effects::change(move |conversation| {
                    conversation.overdue(overdue.turn, text.clone(), now, &rules)
                }))
            }
            Body::HumanSpoke(spoke) if is_automatic(business, &spoke) => {
                info!("the WhatsApp Business app spoke by itself");
                Ok(Effects::none())
            }
            Body::HumanSpoke(spoke) => {
                info!("a person answers from the business's phone");
                let id = envelope.id;
                Ok(Effects::change(move |conversation| conversation.person_spoke(id, &spoke, now)))
            }
            Body::TicketActed(acted) => {
                info!(act = acted.act.as_str(), ticket = ?acted.ticket, "a person acts at the desk");
                let known = self.known(&acted, business).await?;
                Ok(Effects::change(move |conversation| {
                    conversation.act(&acted, known.as_ref(), now, &rules)
                }))
            }
            Body::TicketDue(due) => {
                let word = business.say(Text::NotForgotten, language);
                Ok(Effects::change(move |conversation| {
                    conversation.ticket_due(due.ticket, &word, now, &rules)
                }))
            }
            Body::MessageDied(died) => {
                warn!(worker = died.worker, kind = died.kind, "a message died");
                let text = word(business, HandoffReason::Failed, language, now);
                let origin = envelope.correlation;
                Ok(Effects::change(move |conversation| {
                    mend(conversation, origin, &died, &text, now, &rules)
                }))
            }
            _ => Ok(Effects::none()),
        }
    }
}

impl Handoff {
    /// The open ticket of a conversation that may have lost it with the state. A customer does not
    /// wait for the records: at worst there are two tickets.
    async fn lost(&self, context: &Context<'_>) -> Option<Known> {
        if context.conversation().ticket().is_some() {
            return None;
        }
        let conversation = context.conversation().id().as_uuid();
        let found = match self.records.ticket_of_conversation(conversation, true).await {
            Ok(found) => found?,
            Err(error) => {
                warn!(%error, "nobody knows whether a ticket is open");
                return None;
            }
        };
        known(&self.records, &found, context.business()).await.ok()
    }

    async fn known(
        &self,
        acted: &TicketActed,
        business: &Business,
    ) -> Result<Option<Known>, Failure> {
        let Some(id) = acted.ticket else { return Ok(None) };
        match self.records.ticket(id.as_uuid()).await? {
            Some(ticket) => Ok(Some(known(&self.records, &ticket, business).await?)),
            None => Ok(None),
        }
    }
}

/// What the records know of a ticket, for a conversation that may have lost it.
async fn known(records: &Records, ticket: &Ticket, business: &Business) -> Result<Known, Failure> {
    let releases = records.ticket_releases(ticket.id).await?;
    let lines = records.ticket_lines(ticket.id).await?;
    let heard = lines.iter().filter(|line| line.kind == LineKind::Customer);
    let last = releases.last().map(|release| {
        let attachments = serde_json::from_str(&release.attachments).unwrap_or_default();
        (release.text.clone(), attachments)
    });
    Ok(Known {
        id: TicketId::from_uuid(ticket.id),
        state: TicketState::parse(&ticket.state).unwrap_or(TicketState::Waiting),
        step: u32::try_from(ticket.step).unwrap_or(0),
        released: releases.last().map_or(0, |one| u32::try_from(one.number).unwrap_or(0)),
        last,
        customer: Customer {
            user_id: ticket.customer_user.clone(),
            phone: ticket.customer_phone.clone(),
            name: ticket.customer_name.clone(),
        },
        address: business.whatsapp.phone_number_ids.first().cloned().unwrap_or_default(),
        heard_at: heard.map(|line| Timestamp::from_millis(line.at_ms)).max(),
    })
}

/// The records may be behind: what the conversation knows to be closed stays so.
fn take_up(
    conversation: &mut domain::Conversation,
    lost: Option<&Known>,
    now: Timestamp,
) -> Vec<Effect> {
    if let Some(known) = lost
        && conversation.ticket().is_none()
        && !conversation.has_closed(known.id)
    {
        return conversation.adopt(known, now);
    }
    Vec::new()
}

/// A greeting of the app's is no person who has taken over.
fn is_automatic(business: &Business, spoke: &HumanSpoke) -> bool {
    spoke.content.words().is_some_and(|words| business.whatsapp.is_automatic(words))
}
