//! Saying a reply: each part is composed, let through the gates, claimed, and sent.

use std::time::Duration;

use clients::whatsapp::{Class, Recipient, Send, SendError, Sent, WhatsApp};
use domain::conversation::Claim;
use domain::message::{ReplyMark, ReplyPart, ReplyReady};
use domain::{Conversation, Customer, Effect, Envelope, Outcome};
use runtime::{Context, Effects, Failure, metrics};
use tracing::{error, info, warn};

use crate::gate::{Gate, Gates, Passed, ToldBy};
use crate::refusal::{self, Next, Sort, after_refusal};
use crate::upload::{self, File, Uploads};
use crate::{Form, Part, Wire, alert, compose};

pub(crate) struct Speech<'a> {
    pub(crate) whatsapp: &'a WhatsApp,
    pub(crate) uploads: &'a Uploads,
    pub(crate) envelope: &'a Envelope,
    pub(crate) reply: &'a ReplyReady,
    pub(crate) context: &'a Context<'a>,
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

/// One part on its way.
struct Step<'a> {
    id: ReplyPart,
    /// How many there are in all.
    of: u16,
    part: &'a Part,
    gates: &'a Gates<'a>,
}

impl Step<'_> {
    fn sort(&self) -> Sort {
        match &self.part.form {
            Form::Template(_) => Sort::Template,
            _ => Sort::Message,
        }
    }
}

impl Speech<'_> {
    pub(crate) async fn say(&self) -> Result<Effects, Failure> {
        let business = self.context.business();
        let language = business.spoken(self.context.conversation().language());
        let parts = compose(self.reply, language, &business.whatsapp.templates);
        let Ok(count) = u16::try_from(parts.len()) else {
            return Err(Failure::Reject { cause: "the reply is far too long".to_owned() });
        };
        if count == 0 {
            return Err(Failure::Reject { cause: "the reply is empty".to_owned() });
        }
        let Some(to) = recipient(self.context.conversation().customer()) else {
            warn!("not sent: the customer has neither a number nor a user id");
            return Ok(self.ends_as(Outcome::Undeliverable, None));
        };
        let gates = self.gates(&to);
        for (index, part) in (0..count).zip(&parts) {
            let id = ReplyPart { reply: self.envelope.id, part: index };
            let step = Step { id, of: count, part, gates: &gates };
            let spoken = match self.say_part(&step).await {
                Err(later @ Failure::Later { .. }) => {
                    self.hold(count).await?;
                    return Err(later);
                }
                spoken => spoken?,
            };
            match spoken {
                Spoken::Recorded => {}
                Spoken::Over(effects) => return Ok(effects),
                Spoken::Accepted(provider) if index + 1 == count => {
                    return Ok(self.record(id, provider, part));
                }
                Spoken::Accepted(provider) => {
                    let attachment = part.form.attachment();
                    let said = (part.text.as_str(), attachment.as_ref());
                    let record = |conversation: &mut Conversation, now| {
                        conversation.part_sent(id, &provider, said, now)
                    };
                    for effect in self.context.change_now(record).await? {
                        self.context.tell(effect.body).await?;
                    }
                }
            }
        }
        Ok(Effects::none())
    }

    /// While the reply waits for a gate it stays the turn's answer.
    async fn hold(&self, parts: u16) -> Result<(), Failure> {
        let hold = |conversation: &mut Conversation, _| {
            conversation.hold(self.envelope.id, self.reply, parts);
        };
        self.context.change_now(hold).await
    }

    async fn say_part(&self, step: &Step<'_>) -> Result<Spoken, Failure> {
        // What was sent stays sent and what is stale stays stale: that needs no place at a gate.
        let known = self.claim(step, &mut self.context.conversation().clone(), self.context.now());
        if matches!(known, Claim::Done | Claim::Stale(_)) {
            return self.not_granted(known);
        }
        let uploaded = self.upload(step).await?;
        let passed = step.gates.pass(self.reply.by).await?;
        let claimed = self.context.change_now(|conversation, now| {
            let claim = self.claim(step, conversation, now);
            (claim, conversation.customer().clone(), conversation.address().to_owned())
        });
        let (claim, customer, address) = match claimed.await {
            Ok(claimed) => claimed,
            Err(failure) => {
                step.gates.give_back(&passed).await;
                return Err(failure);
            }
        };
        if claim != Claim::Granted {
            step.gates.give_back(&passed).await;
            return self.not_granted(claim);
        }
        let Some(to) = recipient(&customer) else {
            return Ok(Spoken::Over(self.ends_as(Outcome::Undeliverable, None)));
        };
        let mark =
            ReplyMark { conversation: self.envelope.conversation, part: step.id }.to_string();
        let wire = Wire::new(&step.part.form, uploaded.as_deref());
        let quotes = self.reply.quotes.as_deref();
        let send = Send {
            phone_number_id: &address,
            to: &to,
            content: wire.content(),
            reply_to: quotes.filter(|_| step.id.part == 0 && step.part.form.can_quote()),
            callback_data: &mark,
        };
        match self.whatsapp.send(send).await {
            Ok(accepted) => {
                self.after_success(step, &passed).await;
                Ok(Spoken::Accepted(accepted.message_id))
            }
            Err(error) => self.after_error(step, &passed, &error).await,
        }
    }

    fn claim(
        &self,
        step: &Step<'_>,
        conversation: &mut Conversation,
        now: domain::Timestamp,
    ) -> Claim {
        let rules = &self.context.business().rules;
        let part = (step.id.part, step.of);
        conversation.claim(step.id.reply, self.reply, part, &step.part.text, now, rules)
    }

    fn not_granted(&self, claim: Claim) -> Result<Spoken, Failure> {
        match claim {
            Claim::Granted | Claim::Done => Ok(Spoken::Recorded),
            Claim::Stale(why) => {
                info!(?why, "dropped: stale");
                Ok(Spoken::Over(Effects::none()))
            }
            Claim::WindowClosed => {
                info!("kept: the customer has been silent for more than a day");
                Ok(Spoken::Over(self.postponed(Window::AsWeKnowIt)))
            }
            Claim::GivenUp => {
                error!("given up: nothing was heard of any attempt to send this");
                Ok(Spoken::Over(self.ends_as(Outcome::Failed, None)))
            }
            Claim::Unknown { until } => {
                let after = until.since(self.context.now()).max(Duration::from_secs(1));
                let cause = "an earlier attempt has no known outcome yet".to_owned();
                Err(Failure::Retry { cause, after: Some(after) })
            }
        }
    }

    /// A file of our own is uploaded before its message is claimed, since that takes its time.
    async fn upload(&self, step: &Step<'_>) -> Result<Option<String>, Failure> {
        let Form::File { media, filename, .. } = &step.part.form else { return Ok(None) };
        let Some(key) = step.part.form.stored_file() else { return Ok(None) };
        step.gates.pass_the_account().await?;
        let file = File { key, media: *media, filename: filename.as_deref() };
        let address = self.context.conversation().address();
        match self.uploads.id(self.whatsapp, address, file, self.context.now()).await {
            Ok(id) => Ok(Some(id)),
            Err(upload::Error::Upload { source, .. })
                if matches!(source.class(), Class::Account | Class::Throttled { .. }) =>
            {
                Err(self.wait(step, None, &source).await?)
            }
            Err(error) if error.is_transient() => Err(Failure::retry(&error)),
            Err(error) => Err(Failure::reject(&error)),
        }
    }

    async fn after_success(&self, step: &Step<'_>, passed: &Passed) {
        metrics::sent("accepted", step.sort().label());
        if step.gates.accepted(passed).await {
            alert::goes_on(self.context, Gate::Account).await;
        }
        if let Form::Template(template) = &step.part.form {
            alert::template_works(self.context, &template.name, ToldBy::Answer).await;
        }
    }

    async fn after_error(
        &self,
        step: &Step<'_>,
        passed: &Passed,
        error: &SendError,
    ) -> Result<Spoken, Failure> {
        metrics::sent(refusal::label(error), step.sort().label());
        if error.sent() == Sent::No {
            self.context.change_now(|conversation, _| conversation.unclaim(step.id)).await?;
        }
        if !refusal::was_seen(error) {
            step.gates.give_back(passed).await;
        }
        if let Some(key) = step.part.form.stored_file() {
            self.uploads.forget(self.context.conversation().address(), key);
        }
        let next = after_refusal(error, step.sort(), self.context.business().rules.unknown_outcome);
        // A refusal of this message alone comes from an account that is in order.
        if error.code().is_some()
            && matches!(next, Next::Postpone | Next::Close | Next::CloseAndTell | Next::Dead)
            && step.gates.account_works(passed).await
        {
            alert::goes_on(self.context, Gate::Account).await;
        }
        match next {
            Next::Again { after } => Err(Failure::Retry { cause: error.to_string(), after }),
            Next::Wait => Err(self.wait(step, Some(passed), error).await?),
            Next::Postpone => {
                warn!("the channel says that the window is closed, which we believed to be open");
                Ok(Spoken::Over(self.postponed(Window::Shut)))
            }
            Next::Close => Ok(Spoken::Over(self.ends_as(Outcome::Undeliverable, error.code()))),
            Next::CloseAndTell => self.template_refused(step, error.code()).await,
            Next::Dead => Err(Failure::Reject { cause: error.to_string() }),
        }
    }

    /// Shuts the gate that the refusal is about; the reply comes back when it opens.
    async fn wait(
        &self,
        step: &Step<'_>,
        passed: Option<&Passed>,
        error: &SendError,
    ) -> Result<Failure, Failure> {
        let Some(shut) = step.gates.refused(error.class(), ToldBy::Answer, passed).await? else {
            return Ok(Failure::Retry { cause: error.to_string(), after: None });
        };
        alert::stopped(self.context, shut, error.code()).await;
        Ok(step.gates.later(shut.gate, shut.after))
    }

    async fn template_refused(
        &self,
        step: &Step<'_>,
        code: Option<i64>,
    ) -> Result<Spoken, Failure> {
        let Form::Template(template) = &step.part.form else {
            return Ok(Spoken::Over(self.ends_as(Outcome::Undeliverable, code)));
        };
        let now = self.context.now();
        let told = (&*template.name, ToldBy::Answer, code);
        let alert = alert::template_refused(self.context, told).await?;
        let (reply, turn) = (self.envelope.id, self.reply.turn);
        Ok(Spoken::Over(Effects::change(move |conversation| {
            let closed = conversation.refused(reply, turn, Outcome::Undeliverable, code, now);
            closed.into_iter().chain(alert.clone().map(Effect::now)).collect()
        })))
    }

    fn record(&self, id: ReplyPart, provider_id: String, part: &Part) -> Effects {
        let (now, text, attachment) =
            (self.context.now(), part.text.clone(), part.form.attachment());
        Effects::change(move |conversation| {
            conversation.part_sent(id, &provider_id, (&text, attachment.as_ref()), now)
        })
    }

    fn ends_as(&self, outcome: Outcome, code: Option<i64>) -> Effects {
        let (reply, turn, now) = (self.envelope.id, self.reply.turn, self.context.now());
        Effects::change(move |conversation| conversation.refused(reply, turn, outcome, code, now))
    }

    /// The customer is invited by a template, and the reply follows when they write; if they have
    /// done so in this very moment, it is tried once more.
    fn postponed(&self, window: Window) -> Effects {
        metrics::window_closed(match window {
            Window::AsWeKnowIt => "time",
            Window::Shut => "answer",
        });
        let (id, reply, now) = (self.envelope.id, self.reply.clone(), self.context.now());
        let template = self.context.business().reopening(self.context.conversation().language());
        Effects::change(move |conversation| {
            if window == Window::Shut {
                conversation.shut_window(now);
            }
            conversation.postpone(id, &reply, template.clone(), now)
        })
    }

    fn gates<'a>(&'a self, to: &'a Recipient) -> Gates<'a> {
        Gates::new(
            (self.context.state(), self.context.business().whatsapp.rates),
            (&self.envelope.business, self.context.conversation().address(), to),
            self.envelope.id,
        )
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Window {
    AsWeKnowIt,
    /// The channel says so.
    Shut,
}

pub(crate) fn recipient(customer: &Customer) -> Option<Recipient> {
    match (&customer.phone, &customer.user_id) {
        (Some(phone), _) => Some(Recipient::Phone(phone.clone())),
        (None, Some(user_id)) => Some(Recipient::UserId(user_id.clone())),
        (None, None) => None,
    }
}
