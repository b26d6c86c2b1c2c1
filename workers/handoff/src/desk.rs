//! Keeps the records of the desk.

mod note;

use std::sync::Arc;

use domain::message::{AnswerLearned, LearningChanged, Note, TicketNoted};
use domain::{Body, Effect, Envelope, Language};
use runtime::{Context, Effects, Failure, Handler, metrics, receipt};
use store::Records;
use store::records::{Learned, LineKind, TicketLine, TicketRelease};
use tokio::sync::Notify;
use tracing::info;

use crate::words;

/// Writes what belongs on tickets, and wakes whoever shows them.
#[derive(Debug, Clone)]
pub struct Desk {
    records: Records,
    changed: Arc<Notify>,
}

impl Desk {
    /// `changed` is told after each change.
    pub fn new(records: Records, changed: Arc<Notify>) -> Self {
        Self { records, changed }
    }
}

impl Handler for Desk {
    const WORKER: &'static str = "handoff";
    const USES_CONVERSATION: bool = false;

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        match &envelope.body {
            Body::TicketNoted(noted) => self.noted(envelope, noted, context).await,
            Body::LearningChanged(changed) => {
                self.learned(changed).await?;
                Ok(Effects::none())
            }
            Body::DeliveryUpdated(updated) => {
                let Some(part) = updated.reply else { return Ok(Effects::none()) };
                let Some(ticket) = self.records.ticket_of_reply(part.reply.as_uuid()).await? else {
                    return Ok(Effects::none());
                };
                // The ledger records the same, perhaps later.
                receipt::record(&self.records, &envelope.business, updated).await?;
                self.records.raise_ticket(ticket).await?;
                self.changed.notify_one();
                Ok(Effects::none())
            }
            Body::DeskVerified(verified) => {
                info!("the desk wants to send webhooks: `relevo notion setup` shows what it sent");
                let business = envelope.business.as_str();
                self.records.save_desk_token(business, &verified.token).await?;
                Ok(Effects::none())
            }
            _ => Ok(Effects::none()),
        }
    }
}

impl Desk {
    async fn noted(
        &self,
        envelope: &Envelope,
        noted: &TicketNoted,
        context: &Context<'_>,
    ) -> Result<Effects, Failure> {
        let conversation = context.find_conversation().await?;
        let change = note::change(noted, envelope, conversation, context.business().language());
        let is_new = self.records.record_ticket(&change).await?;
        self.changed.notify_one();
        // What was said before they waited is heard of late, and answers nobody.
        let waited = noted.note.waited_since().filter(|since| *since <= noted.at);
        if let (true, Some(since)) = (is_new, waited) {
            metrics::person_answered(noted.at.since(since));
        }
        // The last of what was answered may be kept, once nothing more is said of it.
        if matches!(noted.note, Note::Closed { .. } | Note::Released { .. }) {
            return self.lesson(noted).await;
        }
        Ok(Effects::none())
    }

    async fn lesson(&self, noted: &TicketNoted) -> Result<Effects, Failure> {
        let id = noted.ticket.as_uuid();
        let Some(ticket) = self.records.ticket(id).await? else { return Ok(Effects::none()) };
        let releases = self.records.ticket_releases(id).await?;
        let (Some(last), Some(question)) = (releases.last(), ticket.summary) else {
            return Ok(Effects::none());
        };
        if ticket.state != "closed" || question.trim().is_empty() || last.text.trim().is_empty() {
            return Ok(Effects::none());
        }
        let lines = self.records.ticket_lines(id).await?;
        if !is_one_question(&lines, &releases) {
            return Ok(Effects::none());
        }
        let language =
            Language::ALL.into_iter().find(|one| Some(one.as_str()) == ticket.language.as_deref());
        let learned = AnswerLearned {
            ticket: noted.ticket.to_string(),
            question,
            answer: last.text.clone(),
            language: language.unwrap_or_default(),
        };
        // The same answer of the same ticket is one lesson, however often it is closed.
        let lesson = noted.ticket.derive(&format!("learned\0{}", last.number));
        Ok(Effects::publish(vec![Effect::now(learned).with_id(lesson)]))
    }

    async fn learned(&self, changed: &LearningChanged) -> Result<(), Failure> {
        let Ok(ticket) = changed.ticket.parse() else { return Ok(()) };
        let learned = Learned {
            candidate: Some(changed.candidate),
            revision: Some(changed.revision.into()),
            state: Some(changed.state.as_str().to_owned()),
            proposal: Some(format!("{}\n{}", changed.question, changed.answer)),
            why: changed.why.clone(),
            helped: changed.helped.into(),
        };
        self.records.record_learned(ticket, &learned).await?;
        self.changed.notify_one();
        Ok(())
    }
}

/// Whether the last answer is to what the ticket was opened for: nothing else has joined it, and
/// the customer has said nothing between the first answer and the last, as after a correction.
fn is_one_question(lines: &[TicketLine], releases: &[TicketRelease]) -> bool {
    let (Some(first), Some(last)) = (releases.first(), releases.last()) else { return false };
    !lines.iter().any(|line| match line.kind {
        LineKind::Event => words::is_joined(&line.text),
        LineKind::Customer | LineKind::Withdrawn => (first.at_ms..last.at_ms).contains(&line.at_ms),
        LineKind::Bot | LineKind::Person => false,
    })
}

#[cfg(test)]
mod tests {
    use domain::message::HandoffReason;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_the_answer_to_one_question_is_a_lesson() {
        let line = |kind, text: &str, at_ms| TicketLine {
            key: Uuid::nil(),
            kind,
            text: text.to_owned(),
            media: None,
            file: None,
            at_ms,
        };
        let release = |number, at_ms| TicketRelease {
            number,
            text: "Sí".to_owned(),
            attachments: "[]".to_owned(),
            author: None,
            at_ms,
            reply: None,
            outcome: None,
            error_code: None,
            provider_ids: Vec::new(),
        };
        let corrected = [release(1, 10), release(2, 20)];
        let asked = line(LineKind::Customer, "¿Montan suelos?", 1);
        let thanks = line(LineKind::Customer, "gracias", 30);
        let taken = line(LineKind::Event, &words::taken(Language::Es, None), 5);
        let settled = [asked.clone(), taken, thanks];
        assert!(is_one_question(&settled, &corrected));
        assert!(!is_one_question(&settled, &[]));
        let other = [asked.clone(), line(LineKind::Customer, "¿Y escaleras?", 15)];
        assert!(!is_one_question(&other, &corrected));
        assert!(is_one_question(&other, &corrected[..1]));
        for language in Language::ALL {
            let joined = words::joined(language, HandoffReason::NoAnswer);
            let joined = [asked.clone(), line(LineKind::Event, &joined, 5)];
            assert!(!is_one_question(&joined, &corrected[..1]));
        }
    }
}
