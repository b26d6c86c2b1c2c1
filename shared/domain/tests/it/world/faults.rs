//! What goes wrong.

use domain::message::MessageDied;
use domain::{Body, Kind};

use super::workers::Worker;
use super::{Delivery, World, customer, empty_conversation};

/// Where a worker dies on its way from the decision to the acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    BeforeCommit,
    AfterCommit,
    WhilePublishing,
    BeforeAck,
}

/// What the channel makes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Accepted,
    /// The answer of the channel is lost; a status may come all the same.
    Lost {
        delivered: bool,
        status: bool,
    },
    /// The answer is lost, and a status says that the customer will not get it.
    Undelivered(Failure),
    /// The channel takes it, and a status says later that the customer will not get it.
    ComesBack(Failure),
    /// The channel says that the window is closed.
    ShutsTheWindow,
    Throttled,
    Refused,
}

/// Why a customer did not get what the channel had taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    Passing,
    WindowClosed,
    Lasting,
}

impl Failure {
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Passing => 131_000,
            Self::WindowClosed => 131_047,
            Self::Lasting => 131_026,
        }
    }
}

impl Fate {
    /// A caller gives up before the part may be claimed again, and then does not know.
    pub(super) fn after_a_time_out(self, has_timed_out: bool) -> Self {
        match self {
            Self::Accepted if has_timed_out => Self::Lost { delivered: true, status: true },
            Self::ComesBack(failure) if has_timed_out => Self::Undelivered(failure),
            Self::Throttled | Self::Refused | Self::ShutsTheWindow if has_timed_out => {
                Self::Lost { delivered: false, status: false }
            }
            fate => fate,
        }
    }
}

impl World {
    pub(crate) fn forget_effects(&mut self) {
        self.effects.clear();
    }

    pub(crate) fn lose_timers(&mut self) {
        let timers = [Kind::TurnDue, Kind::TurnOverdue];
        self.queue.retain(|delivery| !timers.contains(&delivery.envelope.kind()));
    }

    /// The broker loses everything but what the ledger has yet to write down.
    pub(crate) fn lose_queue(&mut self) {
        self.queue.retain(|delivery| delivery.worker == Worker::Ledger);
    }

    pub(crate) fn lose_document(&mut self) {
        self.conversation = empty_conversation(&customer());
        self.effects.clear();
        self.echoes_heard.clear();
        self.person_spoke_at = None;
        self.heard_at = None;
        self.lost_documents += 1;
    }

    /// A message that no attempt could handle. What an operator redrives is left where it is: the
    /// ledger's, a ticket's, and what was decided and waits for being published.
    pub(crate) fn dies(&mut self, pick: u8) {
        let Some(index) = self.pick_due(pick) else { return };
        let Delivery { worker, envelope, .. } = &self.queue[index];
        let is_decided = self.effects.contains_key(&(*worker, envelope.id));
        if *worker == Worker::Ledger || envelope.kind() == Kind::TicketNoted || is_decided {
            return;
        }
        let Delivery { worker, envelope, .. } = self.queue.remove(index);
        self.died.insert(envelope.id);
        let customer_message = match &envelope.body {
            Body::MessageDied(_) => return,
            Body::MessageReceived(received) => Some(Box::new(received.0.clone())),
            _ => None,
        };
        let died = MessageDied {
            worker: worker.name().to_owned(),
            message: envelope.id,
            kind: envelope.kind().as_str().to_owned(),
            turn: envelope.body.turn(),
            cause: "a test".to_owned(),
            customer_message,
        };
        let maker = format!("{}.died", worker.name());
        let notice = envelope.cause_of(&maker, 0, self.now, died.into());
        self.publish(&notice, self.now);
    }

    /// The ledger publishes again what has no outcome, each time under an id of its own: under the
    /// old id the stored effects would answer and the conversation would not be asked.
    pub(crate) fn sweep(&mut self) {
        let (webhooks, sweep) = (self.webhooks.clone(), self.provider_id("sweep"));
        for webhook in webhooks {
            let is_known = self.recorded.contains_key(&webhook.id);
            if is_known && !self.outcomes.contains_key(&webhook.id) {
                let again = webhook.cause_of(&sweep, 0, self.now, webhook.body.clone());
                self.publish(&again, self.now);
            }
        }
    }
}
