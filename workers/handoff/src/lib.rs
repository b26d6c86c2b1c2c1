//! Takes over what the bot should not answer, with an honest word to the customer.
//!
//! The desk itself does not exist yet: the customer is told that a person will answer, and the
//! conversation stays with the bot unless a person answers from the business's own phone.

use domain::message::{HandoffReason, HumanSpoke, MessageDied, Source};
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
        let language = context.conversation().language();
        match envelope.body.clone() {
            Body::HandoffRequested(asked) => {
                info!(reason = asked.reason.as_str(), "a person must take this");
                let word = word(context.business(), asked.reason, Some(asked.language), now);
                let text = match asked.partial {
                    Some(partial) => format!("{partial}\n\n{word}"),
                    None => word,
                };
                Ok(Effects::change(move |conversation| {
                    let effects = conversation.hand_over(asked.turn, asked.epoch, text.clone());
                    effects.into_iter().map(|effect| taken_from(effect, &asked.sources)).collect()
                }))
            }
            Body::TurnOverdue(overdue) => {
                let text = word(context.business(), HandoffReason::Overdue, language, now);
                Ok(Effects::change(move |conversation| {
                    conversation.overdue(overdue.turn, text.clone(), now, &rules)
                }))
            }
            Body::HumanSpoke(spoke) if is_automatic(context.business(), &spoke) => {
                info!("the WhatsApp Business app spoke by itself");
                Ok(Effects::none())
            }
            Body::HumanSpoke(spoke) => {
                info!("a person answers from the business's phone");
                let id = envelope.id;
                Ok(Effects::change(move |conversation| conversation.person_spoke(id, &spoke, now)))
            }
            Body::MessageDied(died) => {
                warn!(worker = died.worker, kind = died.kind, "a message died");
                let text = word(context.business(), HandoffReason::Failed, language, now);
                let origin = envelope.correlation;
                Ok(Effects::change(move |conversation| {
                    mend(conversation, origin, &died, &text, now, &rules)
                }))
            }
            _ => Ok(Effects::none()),
        }
    }
}

/// The word, with what its first part was taken from.
fn taken_from(mut effect: Effect, sources: &[Source]) -> Effect {
    if let Body::ReplyReady(reply) = &mut effect.body {
        reply.sources = sources.to_vec();
    }
    effect
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
    let Some(turn) = died.turn else {
        return match Kind::parse(&died.kind) {
            Some(Kind::ReplyReady) => conversation.letter_died(died.message, text.to_owned(), now),
            // Somebody spoke, whatever they said.
            Some(Kind::HumanSpoke) => conversation.take_over(now),
            _ => Vec::new(),
        };
    };
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

/// A greeting of the app's is no person who has taken over.
fn is_automatic(business: &Business, spoke: &HumanSpoke) -> bool {
    spoke.content.words().is_some_and(|words| business.whatsapp.is_automatic(words))
}

/// What the customer is told.
fn word(
    business: &Business,
    reason: HandoffReason,
    language: Option<Language>,
    now: Timestamp,
) -> String {
    let text = match reason {
        HandoffReason::Wished | HandoffReason::Sensitive => Text::PersonComes,
        HandoffReason::NoAnswer => Text::NoAnswer,
        HandoffReason::Unreadable => Text::Unreadable,
        HandoffReason::Submitted => Text::Submitted,
        HandoffReason::Overdue | HandoffReason::Failed => Text::Overdue,
    };
    business.say_when(text, language, now)
}

#[cfg(test)]
mod tests {
    use domain::conversation::Decision;
    use domain::message::Inbound;
    use domain::{BusinessId, Content, ConversationId, Customer, Outcome, TurnId};

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_795_000_000);

    fn id(number: u128) -> MessageId {
        MessageId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn inbound() -> Inbound {
        Inbound {
            provider_id: "wamid.1".to_owned(),
            sent_at: NOW,
            arrived_at: None,
            customer: Customer::with_phone("34600000001"),
            address: "1".to_owned(),
            content: Content::text("hola"),
            context: None,
        }
    }

    /// A conversation whose turn is being answered.
    fn answering() -> (Conversation, TurnId) {
        let id_of = ConversationId::from_uuid(uuid::Uuid::from_u128(1));
        let mut conversation = Conversation::new(id_of, BusinessId::new("shop"));
        let rules = Rules { pause: std::time::Duration::ZERO, ..Rules::default() };
        conversation.receive(id(1), &inbound(), NOW, &rules);
        let turn = conversation.turn().unwrap().id;
        let language = Language::Es;
        conversation.decide(turn, Decision::AskKnowledge { question: "?".into(), language });
        (conversation, turn)
    }

    #[test]
    fn the_death_of_what_an_answer_hangs_on_gets_an_honest_word_and_no_other_does() {
        for kind in Kind::ALL {
            let (mut conversation, turn) = answering();
            let died = MessageDied {
                worker: "worker".to_owned(),
                message: id(2),
                kind: kind.as_str().to_owned(),
                turn: Some(turn),
                cause: "it failed".to_owned(),
                customer_message: None,
            };
            let effects = mend(&mut conversation, id(1), &died, "a word", NOW, &Rules::default());
            let says = effects.iter().any(|effect| match &effect.body {
                Body::ReplyReady(reply) => reply.closes_as == Outcome::HandedOff,
                _ => false,
            });
            let matters = matches!(
                kind,
                Kind::TurnDue
                    | Kind::TurnGathered
                    | Kind::QuestionAsked
                    | Kind::ActionRequested
                    | Kind::HandoffRequested
            );
            assert_eq!(says, matters, "{kind}");
        }
    }

    #[test]
    fn a_customers_message_that_died_unheard_is_answered() {
        let id_of = ConversationId::from_uuid(uuid::Uuid::from_u128(1));
        let mut conversation = Conversation::new(id_of, BusinessId::new("shop"));
        let died = MessageDied {
            worker: "triage".to_owned(),
            message: id(2),
            kind: Kind::MessageReceived.as_str().to_owned(),
            turn: None,
            cause: "it failed".to_owned(),
            customer_message: Some(Box::new(inbound())),
        };
        let effects = mend(&mut conversation, id(1), &died, "a word", NOW, &Rules::default());
        assert!(effects.iter().any(|effect| matches!(effect.body, Body::ReplyReady(_))));
    }
}
