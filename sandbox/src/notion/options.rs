//! What the workspace of Notion is started with.

use std::fmt;
use std::time::Duration;

use uuid::{Uuid, uuid};

use crate::options::Rate;

/// The workspace, the connection that calls the API, and the webhooks.
#[derive(Clone)]
pub struct NotionOptions {
    /// The bearer token.
    pub token: String,
    pub workspace_name: String,
    /// The name of the connection, which is the author of what the API writes.
    pub connection_name: String,
    /// The page that is shared with the connection: the parent of its databases.
    pub page_id: Uuid,
    /// The id of the first database that is made, so that a receiver can be told before; the others
    /// have random ones.
    pub database_id: Uuid,
    /// The specialists.
    pub people: Vec<String>,
    /// How fast the connection may ask. `None` is no limit.
    pub rate: Option<Rate>,
    pub button: Button,
    /// The secret that the connection's webhooks are signed with. The real one is made by the handshake;
    /// this one is known before, so that a receiver can be started with it.
    pub verification_token: String,
    /// How long changes are gathered into one event of the connection.
    pub gather: Duration,
    /// Where the button's webhook goes. Without it the button only sets its property.
    pub button_url: Option<String>,
    /// Where the connection's webhooks go, as after a handshake.
    pub events_url: Option<String>,
}

/// The button on which a specialist releases an answer: it sets a property, then sends a webhook.
#[derive(Clone)]
pub struct Button {
    /// The property and the option that it sets first.
    pub sets: Option<(String, String)>,
    /// The header by which the receiver knows who sends.
    pub header: String,
    pub secret: String,
    /// The properties that the webhook carries; none leaves `properties` out, as the real one does.
    pub carries: Vec<String>,
}

impl NotionOptions {
    /// A workspace with three specialists, three requests a second, and a button that sets `Estado` to
    /// `Enviar`.
    #[must_use]
    pub fn example() -> Self {
        let secret = "secret_sandbox_notion".to_owned();
        Self {
            token: "ntn_sandbox_token".into(),
            workspace_name: "Tienda Relevo".into(),
            connection_name: "Relevo".into(),
            page_id: uuid!("1f0e6a4c-1111-4d3b-9c5a-2b7d8e9f0a1b"),
            database_id: uuid!("2c9f1b7e-2222-4a6d-8e31-7f0a5c4d3b2e"),
            people: ["Marta", "Luis", "Carla"].map(str::to_owned).to_vec(),
            rate: Some(Rate { burst: 10, every: Duration::from_secs(1) / 3 }),
            button: Button {
                sets: Some(("Estado".into(), "Enviar".into())),
                header: "X-Relevo-Secret".into(),
                secret: secret.clone(),
                carries: vec!["Estado".into()],
            },
            verification_token: secret,
            gather: Duration::from_millis(100),
            button_url: None,
            events_url: None,
        }
    }
}

// Holds secrets.
impl fmt::Debug for NotionOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotionOptions")
            .field("workspace_name", &self.workspace_name)
            .field("page_id", &self.page_id)
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

// Holds a secret.
impl fmt::Debug for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Button")
            .field("sets", &self.sets)
            .field("header", &self.header)
            .field("carries", &self.carries)
            .finish_non_exhaustive()
    }
}
