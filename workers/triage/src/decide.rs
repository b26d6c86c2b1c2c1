//! Who answers a turn. With a model it decides; without one, or while it is away, simple messages
//! are recognised by examples and the rest goes on to the knowledge base.

use std::time::Duration;

use domain::content::Unread;
use domain::conversation::{Author, Decision, Line, Question};
use domain::message::HandoffReason;
use domain::{Content, Conversation, Language, Timestamp};
use runtime::business::Text;
use runtime::{Business, Context, metrics};
use tracing::warn;

use crate::intent::{self, Classifier, Intent};
use crate::model::{self, Action, Opinion};
use crate::{Triage, follow_up, language};

/// Before an entry's id in what the knowledge base offers to tap.
const ENTRY: &str = "entry:";
/// A question that is older is not what a short one goes on from.
const REMEMBERED: Duration = Duration::from_secs(30 * 60);

impl Triage {
    pub(crate) async fn decide(&self, question: &Question<'_>, context: &Context<'_>) -> Decision {
        let business = context.business();
        let words = question.words();
        // Files and places have none, and few words tell none.
        let language = language::guess(&words).or(context.conversation().language());
        if let Some(decision) = by_kind(question, language, business) {
            return decision;
        }
        if let Some(decision) = by_tap(question, language, business) {
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
                    metrics::model_called(error.as_str());
                    warn!(%error, "deciding without the model");
                }
            }
        }
        let classifier = self.classifiers.get(&business.id);
        let decision = from_examples(classifier, question, language, business);
        on_its_own(decision, &words, context.conversation(), context.now())
    }
}

/// A question that leans on the one before, with what that adds to it.
fn on_its_own(
    decision: Decision,
    words: &str,
    conversation: &Conversation,
    now: Timestamp,
) -> Decision {
    let Decision::AskKnowledge { question, language } = decision else { return decision };
    let is_recent =
        |line: &&Line| line.author == Author::Customer && now.since(line.at) <= REMEMBERED;
    let before: Vec<&str> =
        conversation.lines().filter(is_recent).map(|line| line.text.as_str()).collect();
    // What a message refers to, or shows, says what it is about.
    let whole = (question == words).then(|| follow_up::stand_alone(before, words)).flatten();
    Decision::AskKnowledge { question: whole.unwrap_or(question), language }
}

fn contents<'a>(question: &Question<'a>) -> impl Iterator<Item = &'a Content> {
    question.messages.iter().map(|heard| &heard.content)
}

/// What is decided by what the customer sent, whatever it says: an order is for a person, a file
/// that can't be read is said to be one, a sticker is a smile.
fn by_kind(
    question: &Question<'_>,
    language: Option<Language>,
    business: &Business,
) -> Option<Decision> {
    let contents = || contents(question);
    let say = |text| Decision::Reply { text: business.say(text, language), language };
    let hand_off = |reason| {
        let kinds: Vec<&str> = contents().map(Content::kind).collect();
        let summary = format!("[{}]\n{}", kinds.join(", "), question.meaning());
        let language = business.spoken(language);
        Decision::HandOff { reason, summary: summary.trim_end().to_owned(), language }
    };
    if contents().any(|one| matches!(one, Content::Order { .. } | Content::Form { .. })) {
        return Some(hand_off(HandoffReason::Submitted));
    }
    // What a message refers to asks nothing by itself.
    let says_something = contents().any(|one| one.words().is_some() || one.says_more_than_words());
    if let Some(why) = contents().find_map(Content::unread) {
        return Some(match advice(why) {
            // What else was asked needs somebody who sees the file.
            Some(text) if !says_something => say(text),
            _ => hand_off(HandoffReason::Unreadable),
        });
    }
    if says_something {
        return None;
    }
    let is_sticker = |one: &Content| one.kind() == "sticker";
    Some(say(if contents().all(is_sticker) { Text::Sticker } else { Text::Unsupported }))
}

/// A tap on an entry that the knowledge base offered: the question is that entry, and there is
/// nothing to decide.
fn by_tap(
    question: &Question<'_>,
    language: Option<Language>,
    business: &Business,
) -> Option<Decision> {
    let [heard] = question.messages else { return None };
    let Content::Choice { id, title } = &heard.content else { return None };
    if !id.starts_with(ENTRY) {
        return None;
    }
    let language = business.spoken(language);
    Some(Decision::AskKnowledge { question: format!("{id}\n{title}"), language })
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
    language: Option<Language>,
    business: &Business,
) -> Decision {
    let say = |text| Decision::Reply { text: business.say(text, language), language };
    let hand_off = |reason, summary| {
        let language = business.spoken(language);
        Decision::HandOff { reason, summary, language }
    };
    let words = question.words();
    let intent = classifier.map_or(Intent::Other, |classifier| classifier.classify(&words).intent);
    // A place, a contact card, a picture, perhaps with a greeting: it says something, and nothing
    // here knows what to do.
    let asks_nothing = words.is_empty() || intent::is_small_talk(intent);
    if asks_nothing && contents(question).any(Content::says_more_than_words) {
        return hand_off(HandoffReason::Submitted, question.meaning());
    }
    match intent {
        Intent::Greeting => say(Text::Greeting),
        Intent::Thanks => say(Text::Thanks),
        Intent::Goodbye => say(Text::Goodbye),
        Intent::Person => hand_off(HandoffReason::Wished, words),
        Intent::Other => Decision::AskKnowledge {
            question: question.meaning(),
            language: business.spoken(language),
        },
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
