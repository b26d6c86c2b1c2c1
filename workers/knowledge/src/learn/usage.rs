//! Which entry a customer was told, or offered.

use domain::message::QuestionAsked;
use domain::{Envelope, MessageId};
use runtime::{Failure, metrics};
use store::records::{Use, UseKind};
use tracing::warn;
use uuid::Uuid;

use super::Learning;
use super::signs::number;
use crate::choice;

/// What is said to a question, as far as it will be judged.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) kind: UseKind,
    /// In the order in which the customer sees them.
    pub(crate) entries: Vec<Uuid>,
    /// In the first of them; absent where the customer chose it.
    pub(crate) confidence: Option<f32>,
}

impl Told {
    /// What the customer chose among what was offered.
    pub(crate) fn tapped(entry: Uuid) -> Self {
        Self { kind: UseKind::Tapped, entries: vec![entry], confidence: None }
    }
}

impl Learning {
    /// Records it beside the answer, which waits for nothing here and does not fail with it.
    pub(crate) fn remember(&self, envelope: &Envelope, asked: &QuestionAsked, told: Told) {
        let Some(base) = self.bases.get(&envelope.business).cloned() else { return };
        let kind = told.kind.name();
        let (learning, uses) = (self.clone(), uses(envelope, asked, told));
        let (conversation, at) = (envelope.conversation.as_uuid(), envelope.time.as_millis());
        tokio::spawn(async move {
            let recorded = async {
                if learning.records.record_uses(&uses).await? {
                    metrics::answered(kind);
                }
                // What the customer made of it may be known already.
                learning.judge(&base, conversation, at).await
            };
            if let Err(error) = recorded.await {
                let cause = Failure::from(error);
                warn!(%cause, "it is not remembered what was answered");
            }
        });
    }
}

fn uses(envelope: &Envelope, asked: &QuestionAsked, told: Told) -> Vec<Use> {
    let Told { kind, entries, confidence } = told;
    (0i32..)
        .zip(entries)
        .map(|(place, entry)| Use {
            id: id(envelope.id, place),
            business: envelope.business.to_string(),
            conversation: envelope.conversation.as_uuid(),
            turn: number(asked.turn),
            entry,
            kind,
            place,
            confidence: confidence.map(f64::from),
            question: choice::read(&asked.question).1.to_owned(),
            at_ms: envelope.time.as_millis(),
        })
        .collect()
}

fn id(asked: MessageId, place: i32) -> Uuid {
    asked.derive("knowledge.use", usize::try_from(place).unwrap_or_default()).as_uuid()
}
