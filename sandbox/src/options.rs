//! What a sandbox is started with.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::notion::NotionOptions;
use crate::template::Template;

/// The Graph API version a client should ask for. The sandbox answers v22.0 to v26.0.
pub const API_VERSION: &str = "v25.0";

/// Everything a sandbox needs to start. [`Options::example`] is a complete one.
#[derive(Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The business's name, shown on the phone page.
    pub business_name: String,
    /// Signs webhooks.
    pub app_secret: String,
    /// The bearer token of the Graph API.
    pub access_token: String,
    pub phone_number_id: String,
    /// Digits only, as webhooks carry it.
    pub display_phone_number: String,
    /// The WhatsApp Business Account, `entry[].id` of webhooks.
    pub waba_id: String,
    /// The bearer key of the model's endpoint.
    pub openai_key: String,
    /// Where webhooks go. Without it they wait; it can be set later.
    pub webhook_url: Option<String>,
    /// How long a receiver may take to answer a webhook before it counts as refused.
    pub webhook_timeout: Duration,
    /// The templates that the business has at the start.
    pub templates: Vec<Template>,
    pub limits: Limits,
    pub outside_window: OutsideWindow,
    pub statuses: Statuses,
    pub keep: Keep,
    /// How others reach it, when that is not the address on which it listens: in a container.
    pub public_url: Option<String>,
    /// The workspace of Notion.
    pub notion: NotionOptions,
}

impl Options {
    /// A complete set of made-up credentials on a free port of 127.0.0.1, with the platform's real limits
    /// and one approved template, `aviso` in `es` with one variable.
    #[must_use]
    pub fn example() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            business_name: "Tienda Relevo".into(),
            app_secret: "sandbox-app-secret".into(),
            access_token: "sandbox-access-token".into(),
            phone_number_id: "100000000000001".into(),
            display_phone_number: "34911111111".into(),
            waba_id: "200000000000001".into(),
            openai_key: "sandbox-openai-key".into(),
            webhook_url: None,
            webhook_timeout: Duration::from_secs(10),
            templates: vec![Template::approved(
                "aviso",
                "es",
                "Hola, {{1}}: tenemos una respuesta para ti.",
            )],
            limits: Limits::platform(),
            outside_window: OutsideWindow::FailLater,
            statuses: Statuses::quick(),
            keep: Keep::default(),
            public_url: None,
            notion: NotionOptions::example(),
        }
    }
}

// Holds secrets.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("listen", &self.listen)
            .field("phone_number_id", &self.phone_number_id)
            .field("limits", &self.limits)
            .field("outside_window", &self.outside_window)
            .field("statuses", &self.statuses)
            .finish_non_exhaustive()
    }
}

/// A token bucket: `burst` at once, then one `every` so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub burst: u32,
    pub every: Duration,
}

/// How fast a business may send. `None` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one customer; beyond it 131056.
    pub pair: Option<Rate>,
    /// For the number, what customers write counts too; beyond it 130429.
    pub number: Option<Rate>,
}

impl Limits {
    /// 80 messages a second for the number; for one customer one every 6 s, 45 at once, as
    /// `one_customer_may_be_sent_45_messages_at_once_and_no_more` holds.
    #[must_use]
    pub fn platform() -> Self {
        Self::with_number_rate(80)
    }

    /// A number that is also used on a phone: 20 messages a second.
    #[must_use]
    pub fn coexistence() -> Self {
        Self::with_number_rate(20)
    }

    /// No limits, for load.
    #[must_use]
    pub fn off() -> Self {
        Self { pair: None, number: None }
    }

    fn with_number_rate(per_second: u32) -> Self {
        Self {
            pair: Some(Rate { burst: 45, every: Duration::from_secs(6) }),
            number: Some(Rate { burst: per_second, every: Duration::from_secs(1) / per_second }),
        }
    }
}

/// What becomes of a free message to a customer who has been silent for 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutsideWindow {
    /// Accepted with 200, then a `failed` status with 131047, as the platform mostly does.
    FailLater,
    /// Refused at once with 131047.
    RefuseAtOnce,
}

/// When the statuses of an accepted message follow, each counted from the one before. `None`: never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statuses {
    pub sent: Option<Duration>,
    pub delivered: Option<Duration>,
    pub read: Option<Duration>,
}

impl Statuses {
    /// All three within 60 ms, for tests.
    #[must_use]
    pub fn quick() -> Self {
        Self::after(10, 20, 30)
    }

    /// At the pace of a person with the phone in the hand, for a demo.
    #[must_use]
    pub fn lifelike() -> Self {
        Self::after(150, 400, 900)
    }

    /// No status webhook at all, not even for failures, for load.
    #[must_use]
    pub fn off() -> Self {
        Self { sent: None, delivered: None, read: None }
    }

    fn after(sent_ms: u64, delivered_ms: u64, read_ms: u64) -> Self {
        Self {
            sent: Some(Duration::from_millis(sent_ms)),
            delivered: Some(Duration::from_millis(delivered_ms)),
            read: Some(Duration::from_millis(read_ms)),
        }
    }
}

/// How much is remembered; the oldest goes first, as `the_journal_and_the_chats_forget_the_oldest` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    pub journal_entries: usize,
    pub bubbles_per_chat: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Self { journal_entries: 10_000, bubbles_per_chat: 1_000 }
    }
}
