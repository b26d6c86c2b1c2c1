//! Takes over what the bot should not answer, with an honest word to the customer.
//!
//! The desk itself does not exist yet: the customer is told that a person will answer, and the
//! conversation stays with the bot unless a person answers from the business's own phone.

use domain::message::{HandoffReason, MessageDied};
use domain::{Body, Conversation, Effect, Envelope, Kind, Language, MessageId, Rules, Timestamp};
use runtime::business::Text;
use runtime::{Business, Context, Effects, Failure, Handler};
use tracing::{info, warn};

#[derive(Debug, Clone, Copy, Default)]
pub struct Handoff;

impl Handler for Handoff {
    const WORKER: &'static str = "handoff";

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let (now, rules) = (context.now(), context.business().rules.clone());
        match envelope.body.clone() {
            Body::HandoffRequested(asked) => {
                info!(reason = asked.reason.as_str(), "a person must take this");
                let text = word(context.business(), asked.reason, Some(asked.language));
                Ok(Effects::change(move |conversation| {
                    conversation.hand_over(asked.turn, asked.epoch, text.clone())
                }))
            }
            Body::TurnOverdue(overdue) => {
                let text = word(context.business(), HandoffReason::Overdue, None);
                Ok(Effects::change(move |conversation| {
                    conversation.overdue(overdue.turn, text.clone(), now, &rules)
                }))
            }
            Body::HumanSpoke(spoke) => {
                info!("a person answers from the business's phone");
                let id = envelope.id;
                Ok(Effects::change(move |conversation| conversation.person_spoke(id, &spoke, now)))
            }
            Body::MessageDied(died) => {
                warn!(worker = died.worker, kind = died.kind, "a message died");
                let text = word(context.business(), HandoffReason::Failed, None);
                let origin = envelope.correlation;
                Ok(Effects::change(move |conversation| {
                    mend(conversation, origin, &died, &text, now, &rules)
                }))
            }
            _ => Ok(Effects::none()),
        }
    }
}

/// Sees to it that the customer of a dead message is not left alone.
fn mend(
    conversation: &mut Conversation,
    origin: MessageId,
    died: &MessageDied,
    text: &str,
    now: Timestamp,
    rules: &Rules,
) -> Vec<Effect> {
    if let Some(inbound) = &died.customer_message {
        return conversation.receive_dead(origin, inbound, text.to_owned(), now, rules);
    }
    let Some(turn) = died.turn else { return Vec::new() };
    match Kind::parse(&died.kind) {
        Some(Kind::ReplyReady) => {
            conversation.reply_died(turn, died.message, text.to_owned(), now, rules)
        }
        Some(
            Kind::TurnDue
            | Kind::TurnGathered
            | Kind::QuestionAsked
            | Kind::ActionRequested
            | Kind::HandoffRequested,
        ) => conversation.message_died(turn, text.to_owned(), now, rules),
        // A turn lives on without its presence, and its close is the sweep's to repeat.
        _ => Vec::new(),
    }
}

/// What the customer is told.
fn word(business: &Business, reason: HandoffReason, language: Option<Language>) -> String {
    let text = match reason {
        HandoffReason::Wished | HandoffReason::Sensitive => Text::PersonComes,
        HandoffReason::NoAnswer => Text::NoAnswer,
        HandoffReason::Unreadable => Text::Unreadable,
        HandoffReason::Overdue | HandoffReason::Failed => Text::Overdue,
    };
    business.say(text, language)
}
