//! Whatever dies, its customer is not left alone.

use domain::message::{AlertRaised, HandoffReason, MessageDied, Severity};
use domain::{Conversation, Effect, Kind, Language, MessageId, Rules, Timestamp};
use runtime::Business;
use runtime::business::Text;

/// Sees to it that the customer of a dead message is not left alone.
pub(crate) fn mend(
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
            Some(Kind::TicketActed) => vec![Effect::now(lost_act(died, now))],
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

/// What a person did at the desk came to nothing, and nobody there sees it.
fn lost_act(died: &MessageDied, at: Timestamp) -> AlertRaised {
    AlertRaised {
        kind: "desk_act_died".to_owned(),
        severity: Severity::Critical,
        subject: died.message.to_string(),
        details: "What a person did at the desk could not be done: see `relevo dead list`, and \
                  redrive it when its cause is mended."
            .to_owned(),
        at,
        over: false,
    }
}

/// What the customer is told.
pub(crate) fn word(
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
    use domain::{Body, BusinessId, Content, ConversationId, Customer, Outcome, TurnId};

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
