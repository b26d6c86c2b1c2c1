//! Who answers a turn. With a model it decides; without one, or while it is away, simple messages
//! are recognised by examples and the rest goes on to the knowledge base.

use domain::content::Unread;
use domain::conversation::{Decision, Question};
use domain::message::HandoffReason;
use domain::{Content, Language};
use runtime::business::Text;
use runtime::{Business, Context, metrics};
use tracing::warn;

use crate::intent::{Classifier, Intent};
use crate::model::{self, Action, Opinion};
use crate::{Triage, language};

impl Triage {
    pub(crate) async fn decide(&self, question: &Question<'_>, context: &Context<'_>) -> Decision {
        let business = context.business();
        let words = question.words();
        if let Some(decision) = by_kind(question, &words, business) {
            return decision;
        }
        if let Some(model) = &self.model {
            match model::ask(model, business, context.conversation(), &question.meaning()).await {
                Ok(opinion) => {
                    metrics::model_called("answered");
                    if let Some(decision) = from_opinion(opinion, &words, business) {
                        return decision;
                    }
                    warn!("the model's decision can't be used; deciding without it");
                }
                Err(error) => {
                    metrics::model_called(model::result_name(&error));
                    warn!(%error, "deciding without the model");
                }
            }
        }
        let classifier = self.classifiers.get(&business.id);
        from_examples(classifier, question, &words, business)
    }
}

/// What is decided by what the customer sent, whatever it says: an order is for a person, a file
/// that can't be read is said to be one, a sticker is a smile.
fn by_kind(question: &Question<'_>, words: &str, business: &Business) -> Option<Decision> {
    let contents = || question.messages.iter().map(|heard| &heard.content);
    let guessed = language::guess(words);
    let say = |text| Decision::Reply { text: business.say(text, guessed), language: guessed };
    let hand_off = |reason| {
        let kinds: Vec<&str> = contents().map(Content::kind).collect();
        let summary = format!("[{}]\n{}", kinds.join(", "), question.meaning());
        let language = business.spoken(guessed);
        Decision::HandOff { reason, summary: summary.trim_end().to_owned(), language }
    };
    if contents().any(|one| matches!(one, Content::Order { .. } | Content::Form { .. })) {
        return Some(hand_off(HandoffReason::Submitted));
    }
    if let Some(why) = contents().find_map(Content::unread) {
        return Some(match advice(why) {
            // What else was asked needs somebody who sees the file.
            Some(text) if words.is_empty() => say(text),
            _ => hand_off(HandoffReason::Unreadable),
        });
    }
    if !question.meaning().is_empty() {
        return None;
    }
    let is_sticker = |one: &Content| one.kind() == "sticker";
    Some(say(if contents().all(is_sticker) { Text::Sticker } else { Text::Unsupported }))
}

/// What the customer can do about a file that was not read; nothing, when it is our own fault.
fn advice(why: Unread) -> Option<Text> {
    match why {
        Unread::TooLarge => Some(Text::FileTooLarge),
        Unread::WrongType => Some(Text::FileOfWrongType),
        Unread::Suspicious => Some(Text::FileSuspicious),
        Unread::Gone => Some(Text::FileGone),
        Unread::Empty => Some(Text::FileEmpty),
        Unread::NoMeans | Unread::Failed => None,
    }
}

/// Turns the model's opinion into a decision; `None` when it lacks what the decision needs.
fn from_opinion(opinion: Opinion, words: &str, business: &Business) -> Option<Decision> {
    let language = business.spoken(Some(opinion.language));
    let hand_off = |reason| {
        let summary = opinion.question.clone().unwrap_or_else(|| words.to_owned());
        Decision::HandOff { reason, summary, language }
    };
    if opinion.wants_person {
        return Some(hand_off(HandoffReason::Wished));
    }
    Some(match opinion.action {
        Action::Reply => {
            let text = filled(opinion.reply).filter(|text| states_no_fact(text))?;
            Decision::Reply { text, language: Some(language) }
        }
        Action::AskKnowledge => {
            Decision::AskKnowledge { question: filled(opinion.question)?, language }
        }
        Action::HandOff => hand_off(HandoffReason::Sensitive),
        Action::Decline => {
            let text = business.say(Text::OffTopic, Some(language));
            Decision::Reply { text, language: Some(language) }
        }
    })
}

/// Small talk has no numbers, prices or addresses. A model that was talked into stating one is not
/// believed, whatever the customer wrote to it.
fn states_no_fact(text: &str) -> bool {
    let is_of_a_fact = |c: char| c.is_numeric() || "€$£%".contains(c);
    !text.contains(is_of_a_fact) && !text.contains("://") && !text.contains("www.")
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

fn from_examples(
    classifier: Option<&Classifier>,
    question: &Question<'_>,
    words: &str,
    business: &Business,
) -> Decision {
    let guessed: Option<Language> = language::guess(words);
    let say = |text| Decision::Reply { text: business.say(text, guessed), language: guessed };
    let language = business.spoken(guessed);
    // A place, a contact card, a picture: it says something, and nothing here knows what to do.
    if words.is_empty() {
        let (reason, summary) = (HandoffReason::Submitted, question.meaning());
        return Decision::HandOff { reason, summary, language };
    }
    match classifier.map_or(Intent::Other, |classifier| classifier.classify(words).intent) {
        Intent::Greeting => say(Text::Greeting),
        Intent::Thanks => say(Text::Thanks),
        Intent::Goodbye => say(Text::Goodbye),
        Intent::Person => {
            Decision::HandOff { reason: HandoffReason::Wished, summary: words.to_owned(), language }
        }
        Intent::Other => Decision::AskKnowledge { question: question.meaning(), language },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opinion(action: Action) -> Opinion {
        Opinion {
            action,
            reply: Some("¡Hola!".into()),
            question: Some("¿A qué hora abre la tienda?".into()),
            language: Language::Es,
            wants_person: false,
        }
    }

    fn business() -> Business {
        Business::example("Ferretería Andina")
    }

    #[test]
    fn the_models_opinion_becomes_a_decision() {
        let business = business();
        let decide = |opinion| from_opinion(opinion, "hola", &business);
        assert_eq!(
            decide(opinion(Action::Reply)),
            Some(Decision::Reply { text: "¡Hola!".into(), language: Some(Language::Es) })
        );
        assert!(matches!(
            decide(opinion(Action::AskKnowledge)),
            Some(Decision::AskKnowledge { .. })
        ));
        assert!(matches!(
            decide(opinion(Action::HandOff)),
            Some(Decision::HandOff { reason: HandoffReason::Sensitive, .. })
        ));
        let Some(Decision::Reply { text, .. }) = decide(opinion(Action::Decline)) else { panic!() };
        assert!(text.contains("Ferretería Andina"), "{text}");
    }

    #[test]
    fn a_wish_for_a_person_wins_over_everything() {
        let wished = Opinion { wants_person: true, ..opinion(Action::Reply) };
        assert!(matches!(
            from_opinion(wished, "quiero un asesor", &business()),
            Some(Decision::HandOff { reason: HandoffReason::Wished, .. })
        ));
    }

    #[test]
    fn a_reply_of_the_model_that_states_a_fact_is_not_said() {
        for fact in ["Cuesta 1 €", "Sale 10 soles", "50% de descuento", "Mira https://example.com"]
        {
            let opinion = Opinion { reply: Some(fact.into()), ..opinion(Action::Reply) };
            assert_eq!(from_opinion(opinion, "hola", &business()), None, "{fact}");
        }
    }

    #[test]
    fn an_opinion_without_its_text_is_no_decision() {
        let empty = Opinion { reply: Some("  ".into()), ..opinion(Action::Reply) };
        assert_eq!(from_opinion(empty, "hola", &business()), None);
        let empty = Opinion { question: None, ..opinion(Action::AskKnowledge) };
        assert_eq!(from_opinion(empty, "hola", &business()), None);
    }
}
