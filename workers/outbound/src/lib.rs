//! The only one that speaks to customers.
//!
//! A reply is claimed in the conversation before the channel is called, in the same write that
//! drops what is stale. Whatever the channel then says, or does not say, has one way on:
//! `after_refusal` is the table of it (test `every_class_of_refusal_has_its_way_on`).

mod render;
mod split;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clients::whatsapp::{Class, Content, Recipient, Send, SendError, Sent, Typing, WhatsApp};
use domain::conversation::Claim;
use domain::message::{Delivery, ReplyMark, ReplyPart, ReplyReady, TurnNoticed};
use domain::{Body, BusinessId, Conversation, Customer, Effect, Envelope, Outcome};
use runtime::{Context, Effects, Failure, Handler, metrics};
use tracing::{error, info, warn};

pub use render::render;
pub use split::split;

/// The longest text of one WhatsApp message, in UTF-16 code units.
const TEXT_LIMIT: usize = 4096;
/// How long a reply rests when the account itself is refused. With the attempts that its lane
/// allows this is a whole day: an operator who comes in the morning finds everything still there.
const ACCOUNT_REST: Duration = Duration::from_secs(300);
/// Presence that is older than this would be shown for nothing.
const PRESENCE_LASTS: Duration = Duration::from_secs(20);
/// What stands for a message that the channel gave no id.
const NO_ID: &str = "sha256:";

/// One client for each business: each has its own token.
#[derive(Debug, Clone)]
pub struct Outbound {
    whatsapp: Arc<BTreeMap<BusinessId, WhatsApp>>,
}

impl Outbound {
    pub fn new(whatsapp: BTreeMap<BusinessId, WhatsApp>) -> Self {
        Self { whatsapp: Arc::new(whatsapp) }
    }
}

impl Handler for Outbound {
    const WORKER: &'static str = "outbound";

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let Some(whatsapp) = self.whatsapp.get(&envelope.business) else {
            return Err(Failure::Reject {
                cause: format!("no channel for {:?}", envelope.business),
            });
        };
        match &envelope.body {
            Body::ReplyReady(reply) => Speech { whatsapp, envelope, reply, context }.say().await,
            Body::TurnNoticed(noticed) if is_current(envelope, noticed, context) => {
                Ok(show_presence(whatsapp, noticed).await)
            }
            Body::DeliveryUpdated(updated) => {
                if updated.status == Delivery::Failed {
                    warn!(code = updated.error_code, "accepted, and then not delivered");
                    metrics::sent("failed_later");
                }
                let (updated, now) = (updated.clone(), context.now());
                Ok(Effects::change(move |conversation| conversation.part_delivered(&updated, now)))
            }
            _ => Ok(Effects::none()),
        }
    }
}

/// Whether somebody still works on the turn: typing that nothing follows would be a lie.
fn is_current(envelope: &Envelope, noticed: &TurnNoticed, context: &Context<'_>) -> bool {
    context.conversation().turn().is_some_and(|turn| turn.id == noticed.turn)
        && context.now().since(envelope.time) < PRESENCE_LASTS
        && !noticed.provider_id.starts_with(NO_ID)
}

/// Marks as read and shows that somebody types. Nobody waits for it, so nothing is tried again.
async fn show_presence(whatsapp: &WhatsApp, noticed: &TurnNoticed) -> Effects {
    let shown = whatsapp.mark_read(&noticed.address, &noticed.provider_id, Typing::Show).await;
    if let Err(error) = shown {
        info!(%error, "presence was not shown");
    }
    Effects::none()
}

struct Speech<'a> {
    whatsapp: &'a WhatsApp,
    envelope: &'a Envelope,
    reply: &'a ReplyReady,
    context: &'a Context<'a>,
}

/// What became of a part.
enum Spoken {
    /// It is with the channel and recorded.
    Recorded,
    /// It is with the channel under this id; the handler's effects record it.
    Accepted(String),
    /// Nothing more is to be said.
    Over(Effects),
}

impl Speech<'_> {
    async fn say(&self) -> Result<Effects, Failure> {
        let parts = split(&render(&self.reply.text), TEXT_LIMIT);
        let Ok(count) = u16::try_from(parts.len()) else {
            return Err(Failure::Reject { cause: "the reply is far too long".to_owned() });
        };
        if count == 0 {
            return Err(Failure::Reject { cause: "the reply is empty".to_owned() });
        }
        for (index, text) in (0..count).zip(&parts) {
            let part = ReplyPart { reply: self.envelope.id, part: index };
            match self.say_part(part, count, text).await? {
                Spoken::Recorded => {}
                Spoken::Over(effects) => return Ok(effects),
                Spoken::Accepted(id) if index + 1 == count => {
                    return Ok(self.record(part, id, text));
                }
                Spoken::Accepted(id) => {
                    self.context
                        .change_now(|conversation, now| {
                            // Only the last part has effects.
                            drop(conversation.part_sent(part, &id, text, now));
                        })
                        .await?;
                }
            }
        }
        Ok(Effects::none())
    }

    async fn say_part(&self, part: ReplyPart, parts: u16, text: &str) -> Result<Spoken, Failure> {
        let (reply, rules) = (self.reply, &self.context.business().rules);
        let claim = |conversation: &mut Conversation, now| {
            let claim = conversation.claim(part.reply, reply, (part.part, parts), text, now, rules);
            (claim, conversation.customer().clone(), conversation.address().to_owned())
        };
        let (claim, customer, address) = self.context.change_now(claim).await?;
        match claim {
            Claim::Granted => {}
            Claim::Done => return Ok(Spoken::Recorded),
            Claim::Stale(why) => {
                info!(?why, "dropped: stale");
                return Ok(Spoken::Over(Effects::none()));
            }
            Claim::WindowClosed => {
                warn!("not sent: the customer has been silent for more than a day");
                return Ok(Spoken::Over(self.unless_the_window_opened()));
            }
            Claim::GivenUp => {
                error!("given up: nothing was heard of any attempt to send this");
                return Ok(Spoken::Over(self.ends_as(Outcome::Failed, None)));
            }
            Claim::Unknown { until } => {
                let after = until.since(self.context.now()).max(Duration::from_secs(1));
                let cause = "an earlier attempt has no known outcome yet".to_owned();
                return Err(Failure::Retry { cause, after: Some(after) });
            }
        }
        let Some(to) = recipient(&customer) else {
            warn!("not sent: the customer has neither a number nor a user id");
            return Ok(Spoken::Over(self.refused(None)));
        };
        let mark = ReplyMark { conversation: self.envelope.conversation, part }.to_string();
        let send = Send {
            phone_number_id: &address,
            to: &to,
            content: Content::Text { body: text, preview_url: false },
            reply_to: None,
            callback_data: &mark,
        };
        match self.whatsapp.send(send).await {
            Ok(accepted) => {
                metrics::sent("accepted");
                Ok(Spoken::Accepted(accepted.message_id))
            }
            Err(error) => self.after_error(part, &error).await,
        }
    }

    async fn after_error(&self, part: ReplyPart, error: &SendError) -> Result<Spoken, Failure> {
        metrics::sent(result_name(error));
        if matches!(error.class(), Class::Account) {
            error!(
                code = error.code(),
                "the account is refused: nothing can be sent until it is mended"
            );
        }
        if error.sent() == Sent::No {
            self.context.change_now(|conversation, _| conversation.unclaim(part)).await?;
        }
        let unknown = self.context.business().rules.unknown_outcome;
        match after_refusal(error, unknown) {
            Next::Again { after } => Err(Failure::Retry { cause: error.to_string(), after }),
            Next::Close => Ok(Spoken::Over(self.refused(error.code()))),
            Next::Dead => Err(Failure::Reject { cause: error.to_string() }),
        }
    }

    fn record(&self, part: ReplyPart, provider_id: String, text: &str) -> Effects {
        let (now, text) = (self.context.now(), text.to_owned());
        Effects::change(move |conversation| conversation.part_sent(part, &provider_id, &text, now))
    }

    fn refused(&self, code: Option<i64>) -> Effects {
        self.ends_as(Outcome::Undeliverable, code)
    }

    fn ends_as(&self, outcome: Outcome, code: Option<i64>) -> Effects {
        let (reply, turn) = (self.envelope.id, self.reply.turn);
        Effects::change(move |conversation| conversation.refused(reply, turn, outcome, code))
    }

    /// The customer may have written in this very moment: then the reply is tried once more.
    fn unless_the_window_opened(&self) -> Effects {
        let (reply, again, now) = (self.envelope.id, self.reply.clone(), self.context.now());
        Effects::change(move |conversation| {
            if conversation.window_is_open(now) {
                return vec![Effect::now(again.clone())];
            }
            conversation.refused(reply, again.turn, Outcome::Undeliverable, None)
        })
    }
}

/// What to do after the channel has not taken a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Try again: after this long, or as the lane's schedule says.
    Again { after: Option<Duration> },
    /// The turn ends as undeliverable.
    Close,
    /// It is our own mistake; an operator must look.
    Dead,
}

fn after_refusal(error: &SendError, unknown_outcome: Duration) -> Next {
    match error.class() {
        _ if error.sent() == Sent::Unknown => Next::Again { after: Some(unknown_outcome) },
        Class::Throttled { retry_after, .. } => Next::Again { after: retry_after },
        Class::Transient => Next::Again { after: None },
        Class::Account => Next::Again { after: Some(ACCOUNT_REST) },
        Class::NeedsTemplate | Class::Recipient => Next::Close,
        Class::Ours => Next::Dead,
    }
}

/// The error's label in metrics.
fn result_name(error: &SendError) -> &'static str {
    match error.class() {
        _ if error.sent() == Sent::Unknown => "unknown",
        Class::Throttled { .. } => "throttled",
        Class::Transient => "transient",
        Class::NeedsTemplate => "needs_template",
        Class::Recipient => "recipient",
        Class::Account => "account",
        Class::Ours => "ours",
    }
}

fn recipient(customer: &Customer) -> Option<Recipient> {
    match (&customer.phone, &customer.user_id) {
        (Some(phone), _) => Some(Recipient::Phone(phone.clone())),
        (None, Some(user_id)) => Some(Recipient::UserId(user_id.clone())),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use clients::whatsapp::Scope;

    use super::*;

    #[test]
    fn every_class_of_refusal_has_its_way_on() {
        let unknown_outcome = Duration::from_secs(20);
        let again = |seconds: u64| Next::Again { after: Some(Duration::from_secs(seconds)) };
        let throttled = |retry_after: Option<u64>| Class::Throttled {
            scope: Scope::Pair,
            retry_after: retry_after.map(Duration::from_secs),
        };
        for (status, class, next) in [
            (400, throttled(Some(6)), again(6)),
            (400, throttled(None), Next::Again { after: None }),
            (500, Class::Transient, Next::Again { after: None }),
            (401, Class::Account, Next::Again { after: Some(ACCOUNT_REST) }),
            (400, Class::NeedsTemplate, Next::Close),
            (400, Class::Recipient, Next::Close),
            (400, Class::Ours, Next::Dead),
        ] {
            let error = SendError::Refused { status, class, code: 0, details: String::new() };
            assert_eq!(after_refusal(&error, unknown_outcome), next, "{error:?}");
        }
        // Whatever its class: what may have been sent is not simply sent again.
        let unreadable = SendError::Unreadable { status: 502, class: Class::Transient };
        assert_eq!(after_refusal(&unreadable, unknown_outcome), again(20));
    }
}
