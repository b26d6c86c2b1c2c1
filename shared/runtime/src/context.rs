//! What a handler may ask for.

use std::fmt;
use std::sync::{Arc, Mutex};

use domain::{Body, Conversation, ConversationId, Effect, Envelope, Timestamp};
use store::State;

use crate::commit::{self, Snapshot};
use crate::{Business, Failure, Ports, identity, telemetry};

pub struct Context<'a> {
    pub(crate) ports: &'a Ports,
    pub(crate) envelope: &'a Envelope,
    pub(crate) business: Arc<Business>,
    pub(crate) conversation: Conversation,
    /// The same, or what `change_now` has made of it.
    pub(crate) latest: Mutex<Snapshot>,
    pub(crate) now: Timestamp,
    /// With which the message came.
    pub(crate) traceparent: Option<&'a str>,
}

impl Context<'_> {
    /// When this attempt began. One attempt sees one time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The business whose message this is.
    pub fn business(&self) -> &Arc<Business> {
        &self.business
    }

    /// The conversation as it was when this attempt began. It may have changed since: what is
    /// decided from it is checked again by the change that the decision makes.
    pub fn conversation(&self) -> &Conversation {
        &self.conversation
    }

    /// Changes the conversation now, before the handler's effects: for a claim that must be
    /// stored before the outside is called. It is not undone when the handler fails later.
    pub async fn change_now<T>(
        &self,
        change: impl Fn(&mut Conversation, Timestamp) -> T + Send + Sync,
    ) -> Result<T, Failure>
    where
        T: Send,
    {
        commit::change_now(self.ports, self.envelope, &self.latest, change).await
    }

    /// The customer's own conversation, whatever name the message came under: for a worker that
    /// does without the conversation and records what belongs to it.
    pub async fn find_conversation(&self) -> Result<ConversationId, Failure> {
        identity::find(self.ports, self.envelope).await
    }

    /// What all processes share beside the conversations: rates and who must rest.
    pub fn state(&self) -> &State {
        &self.ports.state
    }

    /// Publishes a message now, whatever comes of this attempt. For what must be known although
    /// the handler can't go on; another attempt may tell it again.
    pub async fn tell(&self, body: impl Into<Body>) -> Result<(), Failure> {
        let body = body.into();
        let now = self.ports.clock.now();
        // What one attempt tells and what another does are two messages.
        let worker = format!("tell.{}.{}", body.kind(), now.as_millis());
        let effects = vec![Effect::now(body)];
        let traceparent = telemetry::passed_on(self.traceparent);
        for one in commit::outgoing(self.envelope, &worker, effects, now)? {
            let publication = crate::worker::publication(&one, now, traceparent.as_deref());
            let published = self.ports.broker.publish(publication);
            published.await.map_err(|error| Failure::Unavailable { cause: error.to_string() })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context").field("message", &self.envelope.id).finish_non_exhaustive()
    }
}
