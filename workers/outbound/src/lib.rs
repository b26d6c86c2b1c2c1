//! The only one that speaks to customers.
//!
//! A reply is composed into parts, each of which passes the gates that keep to the platform's
//! rates, and is claimed in the conversation before the channel is called, in the same write that
//! drops what is stale. Whatever the channel then says, or does not say, has one way on:
//! `after_refusal` is the table of it (test `every_class_of_refusal_has_its_way_on`).

mod alert;
mod compose;
mod gate;
mod receipt;
mod refusal;
mod render;
mod speech;
mod split;
mod upload;
mod wire;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use clients::files::Files;
use clients::whatsapp::{Typing, WhatsApp};
use domain::message::TurnNoticed;
use domain::{Body, BusinessId, Envelope};
use runtime::{Context, Effects, Failure, Handler};
use tracing::info;

pub use compose::{Form, Part, compose};
pub use render::render;
pub use split::split;
pub use wire::Wire;

use speech::Speech;
use upload::Uploads;

/// Presence that is older than this would be shown for nothing.
const PRESENCE_LASTS: Duration = Duration::from_secs(20);
/// What stands for a message that the channel gave no id.
const NO_ID: &str = "sha256:";

/// One client for each business: each has its own token.
#[derive(Clone)]
pub struct Outbound {
    whatsapp: Arc<BTreeMap<BusinessId, WhatsApp>>,
    uploads: Arc<Uploads>,
}

impl Outbound {
    /// `files` is where replies find the files that they name.
    pub fn new(whatsapp: BTreeMap<BusinessId, WhatsApp>, files: Files) -> Self {
        Self { whatsapp: Arc::new(whatsapp), uploads: Arc::new(Uploads::new(files)) }
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound")
            .field("businesses", &self.whatsapp.keys())
            .finish_non_exhaustive()
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
            Body::ReplyReady(reply) => {
                let uploads = &*self.uploads;
                Speech { whatsapp, uploads, envelope, reply, context }.say().await
            }
            Body::TurnNoticed(noticed) if is_current(envelope, noticed, context) => {
                show_presence(whatsapp, noticed, context).await;
                Ok(Effects::none())
            }
            Body::DeliveryUpdated(updated) => {
                receipt::receive(envelope, updated, context, &self.uploads).await
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

/// Marks as read and shows that somebody types. It counts towards no rate of messages. Nobody
/// waits for it, so nothing is tried again, and an account that is refused is left in peace.
async fn show_presence(whatsapp: &WhatsApp, noticed: &TurnNoticed, context: &Context<'_>) {
    if gate::account_is_refused(context.state(), &context.business().id).await {
        return;
    }
    let shown = whatsapp.mark_read(&noticed.address, &noticed.provider_id, Typing::Show).await;
    if let Err(error) = shown {
        info!(%error, "presence was not shown");
    }
}
