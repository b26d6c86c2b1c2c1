//! What was found, as something to publish: pure.

use domain::message::{HandoffReason, HandoffRequested, QuestionAsked, ReplyReady, Source};
use domain::{Effect, Language, Outcome};
use runtime::Business;
use runtime::business::Text;
use tracing::info;

use super::found::{Found, Said};
use crate::choice;

pub(super) fn say(found: Found, asked: &QuestionAsked, business: &Business) -> Effect {
    let QuestionAsked { turn, epoch, language, .. } = asked;
    let hand_off = |reason, partial, sources| {
        info!(decision = "hand off", reason = HandoffReason::as_str(reason));
        let summary = choice::read(&asked.question).1.to_owned();
        let (turn, epoch, language) = (*turn, *epoch, *language);
        Effect::now(HandoffRequested { turn, epoch, reason, language, summary, partial, sources })
    };
    match found {
        Found::Answer(said) => {
            info!(decision = "answer", sources = said.len());
            let (text, sources) = together(said, business, *language);
            let reply = ReplyReady::answer(*turn, *epoch, text, Outcome::Answered);
            Effect::now(ReplyReady { sources, ..reply })
        }
        Found::Partial { said, missing } => {
            let (text, sources) = together(said, business, *language);
            let missing = missing_words(&missing, business, *language);
            hand_off(HandoffReason::NoAnswer, Some(format!("{text}\n\n{missing}")), sources)
        }
        Found::Offer(entries) => {
            info!(decision = "offer", entries = entries.len());
            let text = business.say(Text::Offer, Some(*language));
            let reply = ReplyReady::answer(*turn, *epoch, text, Outcome::Answered);
            let choices = entries.iter().map(choice::of).collect();
            Effect::now(ReplyReady { choices, ..reply })
        }
        Found::Sensitive => hand_off(HandoffReason::Sensitive, None, Vec::new()),
        Found::Nothing => hand_off(HandoffReason::NoAnswer, None, Vec::new()),
    }
}

/// One message, with a line that names the sources where the business shows them.
fn together(said: Vec<Said>, business: &Business, language: Language) -> (String, Vec<Source>) {
    let mut texts: Vec<String> = Vec::new();
    let mut sources = Vec::new();
    for Said { text, source } in said {
        if !texts.contains(&text) {
            texts.push(text);
        }
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    if business.knowledge.show_sources {
        let mut names: Vec<&str> = sources.iter().map(|source| shown(&source.name)).collect();
        names.dedup();
        let line = business.say(Text::Sources, Some(language));
        texts.push(format!("_{}_", line.replace("{sources}", &names.join(", "))));
    }
    (texts.join("\n\n"), sources)
}

/// A file's name without its folders and its ending.
fn shown(name: &str) -> &str {
    let name = name.rsplit('/').next().unwrap_or(name);
    name.rsplit_once('.').map_or(name, |(name, _)| name)
}

fn missing_words(missing: &[String], business: &Business, language: Language) -> String {
    if missing.is_empty() {
        return business.say(Text::MissingSome, Some(language));
    }
    let bare = |words: &String| {
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("«{}»", words.trim_matches(|c: char| "¿?¡!.,;:«» ".contains(c)))
    };
    let missing: Vec<String> = missing.iter().map(bare).collect();
    business.say(Text::Missing, Some(language)).replace("{missing}", &missing.join(", "))
}

#[cfg(test)]
mod tests {
    use domain::{Body, TurnId};

    use super::*;
    use crate::answer::tests::entry;

    fn asked() -> QuestionAsked {
        QuestionAsked {
            turn: TurnId(1),
            epoch: 1,
            question: "¿Abren hoy y venden cemento?".to_owned(),
            language: Language::Es,
        }
    }

    #[test]
    fn what_is_missing_is_said_and_handed_off_with_what_is_known() {
        let said = vec![Said::whole(&entry(None, "Abrimos de 9 a 20."))];
        let found = Found::Partial { said, missing: vec!["¿venden cemento?".to_owned()] };
        let business = Business::example("Ferretería Andina");
        let Body::HandoffRequested(handoff) = say(found, &asked(), &business).body else {
            panic!()
        };
        let partial = handoff.partial.unwrap();
        assert!(partial.starts_with("Abrimos de 9 a 20.\n\n"), "{partial}");
        assert!(partial.contains("«venden cemento»"), "{partial}");
        assert_eq!(handoff.sources.len(), 1);
    }

    #[test]
    fn sources_are_kept_with_an_answer_and_shown_only_where_the_business_wants_it() {
        let said = || vec![Said::whole(&entry(None, "Abrimos de 9 a 20."))];
        let mut business = Business::example("Ferretería Andina");
        let reply = |business: &Business| match say(Found::Answer(said()), &asked(), business).body
        {
            Body::ReplyReady(reply) => reply,
            _ => panic!(),
        };
        assert_eq!(reply(&business).text, "Abrimos de 9 a 20.");
        assert_eq!(reply(&business).sources[0].name, "knowledge/faq.md");
        business.knowledge.show_sources = true;
        assert_eq!(reply(&business).text, "Abrimos de 9 a 20.\n\n_Fuente: faq_");
    }
}
