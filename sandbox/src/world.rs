//! What all parts of one sandbox share. Every lock is held for a moment and never across an await.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use reqwest::Url;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::chat::Chats;
use crate::clock::MovableClock;
use crate::fault::Faults;
use crate::graph::{MediaStore, Rates};
use crate::journal::Journal;
use crate::lock;
use crate::model::Stores;
use crate::notion::Notion;
use crate::options::Options;
use crate::script::Script;
use crate::sends::Sends;
use crate::template::Templates;

pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) window_clock: MovableClock,
    pub(crate) chats: Mutex<Chats>,
    pub(crate) media: Mutex<MediaStore>,
    pub(crate) rates: Mutex<Rates>,
    pub(crate) sends: Sends,
    pub(crate) templates: Templates,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    pub(crate) script: Script,
    pub(crate) notion: Notion,
    pub(crate) vector_stores: Mutex<Stores>,
    pub(crate) http: reqwest::Client,
    pub(crate) stopping: CancellationToken,
    base_url: OnceLock<String>,
    webhook_url: Mutex<Option<Url>>,
    webhooks_under_way: AtomicUsize,
    changes: watch::Sender<u64>,
}

impl World {
    pub(crate) fn new(options: Options) -> anyhow::Result<Arc<Self>> {
        // A proxy or a redirect of the environment must never see a webhook.
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(options.webhook_timeout)
            .user_agent("facebookexternalua")
            .build()?;
        let world = Self {
            window_clock: MovableClock::default(),
            chats: Mutex::new(Chats::new(options.keep.bubbles_per_chat)),
            media: Mutex::default(),
            rates: Mutex::new(Rates::new(options.limits)),
            sends: Sends::new(options.keep.journal_entries),
            templates: Templates::new(options.templates.clone()),
            journal: Journal::new(options.keep.journal_entries),
            faults: Faults::default(),
            script: Script::default(),
            notion: Notion::new(&options.notion)?,
            vector_stores: Mutex::default(),
            http,
            stopping: CancellationToken::new(),
            base_url: OnceLock::new(),
            webhook_url: Mutex::default(),
            webhooks_under_way: AtomicUsize::new(0),
            changes: watch::Sender::new(0),
            options,
        };
        if let Some(url) = &world.options.webhook_url {
            world.set_webhook_url(url)?;
        }
        Ok(Arc::new(world))
    }

    pub(crate) fn base_url(&self) -> &str {
        self.base_url.get().map_or("", String::as_str)
    }

    /// Once, when the port is known.
    pub(crate) fn set_base_url(&self, url: String) {
        self.base_url.get_or_init(|| url);
    }

    pub(crate) fn webhook_url(&self) -> Option<Url> {
        lock(&self.webhook_url).clone()
    }

    pub(crate) fn set_webhook_url(&self, url: &str) -> anyhow::Result<()> {
        let parsed = Url::parse(url).map_err(|error| anyhow::anyhow!("webhook url: {error}"))?;
        *lock(&self.webhook_url) = Some(parsed);
        Ok(())
    }

    pub(crate) fn has_webhook(&self) -> bool {
        lock(&self.webhook_url).is_some()
    }

    /// Wakes whoever waits for something to happen.
    pub(crate) fn has_changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(crate) fn webhooks_under_way(&self) -> usize {
        self.webhooks_under_way.load(Ordering::Acquire)
    }

    pub(crate) fn reset(&self) {
        self.window_clock.reset();
        lock(&self.chats).clear();
        lock(&self.media).clear();
        lock(&self.rates).reset();
        self.sends.clear();
        self.templates.reset(&self.options.templates);
        self.journal.clear();
        self.faults.clear();
        self.script.clear();
        self.notion.reset();
        self.has_changed();
    }
}

/// Counts a webhook as under way for as long as it lives.
pub(crate) struct UnderWay(Arc<World>);

impl UnderWay {
    pub(crate) fn new(world: &Arc<World>) -> Self {
        world.webhooks_under_way.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(world))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.webhooks_under_way.fetch_sub(1, Ordering::AcqRel);
        self.0.has_changed();
    }
}
