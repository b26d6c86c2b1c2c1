// long: the reference of the control routes stands in it

//! Stand-ins that speak the real HTTP protocols of WhatsApp, of Notion and of a language model, with faults on
//! demand.
//!
//! One server on one port: the Graph API at `/v22.0/…` to `/v26.0/…`, Notion at `/notion/v1`, an
//! OpenAI-compatible model at `/openai/v1`, a phone to type on at `/`, the specialists' desk at `/desk`, both
//! side by side at `/both`, and the control at `/control`. Whatever the real platforms
//! refuse is refused here with their own error codes; what this one does not imitate it refuses too.
//! Beside it there is a [`collector`] of traces.
//!
//! ```no_run
//! # async fn test() -> anyhow::Result<()> {
//! use std::time::Duration;
//! use sandbox::{Fault, Operation, Options, Reply, Rule, Sandbox};
//!
//! let sandbox = Sandbox::start(Options::example()).await?;
//! sandbox.set_webhook_url("http://127.0.0.1:8080/webhooks/whatsapp")?;
//! sandbox.script().add(Rule::when("horario").replies(Reply::text("Abrimos a las nueve.")));
//! sandbox.faults().add(Fault::on(Operation::Send).refuses(131056).times(1));
//!
//! let ana = sandbox.customer("34600000001", "Ana");
//! ana.says("¿Qué horario tenéis?").await;
//! assert_eq!(ana.hears(Duration::from_secs(5)).await?.text, "Abrimos a las nueve.");
//! # Ok(()) }
//! ```
//!
//! # The control, for an operator or a test in another process
//!
//! | request | what it does |
//! |---|---|
//! | `GET /control/info` | the business, the addresses, the customers, webhooks under way |
//! | `POST /control/messages` `{phone, name?, text}` or `{phone, name?, message}` | a customer writes; answers `{id}` |
//! | `POST /control/taps` `{phone, label}` | a customer taps a button or a row |
//! | `POST /control/voice` `{phone, name?, text}` | a customer sends a voice note with these words |
//! | `POST /control/files` `{phone, name?, kind, mime_type, filename?, caption?, base64}` | a customer sends a file |
//! | `POST /control/moves` `{phone, change, to?, notice?}` | a customer's `number`, `user_id`, `identity` or `username` changes |
//! | `POST /control/echoes` `{phone, text}` or `{phone, message}` | the business writes on its own phone |
//! | `POST /control/fields` `{field, value}` | any other field of the webhook |
//! | `POST /control/history` `{customers, messages_each}` | the past, as after a number was connected |
//! | `GET /control/transcript?phone=` | `{typing, bubbles}` of one chat |
//! | `GET /control/media/{id}` | a file, for the phone page |
//! | `GET /control/journal` | every request and webhook, oldest first |
//! | `GET /control/rates` | the [`RateReport`] |
//! | `GET /control/sends` | every [`AcceptedSend`] |
//! | `GET /control/received` | every [`Received`] |
//! | `GET /control/events` | server-sent events: one each time something changed |
//! | `GET`, `POST` `/control/templates` `{name, language, status, reason?}` | the [`Template`]s; a review ends |
//! | `GET`, `POST`, `DELETE /control/faults` | the active [`Fault`]s, one more, none |
//! | `GET`, `POST`, `DELETE /control/script` | the [`Rule`]s of the model, one more, none |
//! | `POST /control/window` `{advance_s}` | moves the clock of the 24-hour window |
//! | `POST /control/webhook` `{url}` | where webhooks go |
//! | `GET /control/desk` | the databases of Notion with their properties, the people, the button |
//! | `POST /control/desk` `{ticket, person?, act}` | a [`Specialist`] does something, see below; answers `{webhook_status}` |
//! | `GET`, `POST` `/control/desk/tickets` `{data_source, title}` | every [`Ticket`]; one more, by hand |
//! | `GET /control/desk/tickets/{id}` | `{ticket, page, blocks, comments}`, the latter as the API has them |
//! | `POST /control/desk/properties` `{data_source, properties}` | what only a person can add: buttons, options of a status |
//! | `POST /control/desk/clock` `{advance_s}` | moves Notion's clock |
//! | `POST /control/desk/webhooks` `{button?, events?, resume?}` | where the button calls, who subscribes to events, and an end to the pause |
//! | `GET /control/desk/rates` | the [`NotionRateReport`] |
//! | `POST /control/reset` | forgets chats, tickets, journal, media, faults and script; templates are as at the start, databases stay |
//!
//! An act is one of `types: {property, text}`, `writes: {property, markdown}`, `adds: {markdown}`,
//! `sets: {property, value}`, `assigns: {property, people}`, `comments: {text}`,
//! `attaches: {property?, filename, mime_type, base64}`, `presses_send: {}`, `presses: {property, option}`,
//! `trashes: {in_trash}`, as in `{"ticket": "…", "types": {"property": "Respuesta", "text": "Sí"}}`.
//!
//! The control asks for no credentials: listen on a loopback address.
//!
//! # What it does not imitate
//!
//! `wa_id` is always the number that was asked for; the buttons and the media header of a template are not
//! checked. Groups, flows, calls and catalogues other than product messages are refused. The model
//! neither streams nor gives several choices, takes any model's name, and has chat completions, embeddings
//! and transcription only.
//!
//! Of Notion there are no relations, formulas, roll-ups, tables, views and uploads in parts; one connection
//! sees everything; queries give all rows however many there are, and filters have no `this_week`. Where the
//! words of an error are not known they are near the real ones: a client reads the code.

mod batch;
mod bubble;
mod business;
mod call;
mod chat;
mod clock;
pub mod collector;
mod control;
mod customer;
mod delivery;
mod desk;
mod escape;
mod fault;
mod graph;
mod ids;
mod journal;
mod model;
mod notion;
mod operation;
mod options;
mod page;
mod report;
pub mod sample;
mod script;
mod sends;
mod template;
mod voice;
mod wait;
mod wire;
mod world;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use batch::{Batch, Composed};
pub use bubble::{Bubble, Offer, OfferKind, Sender, Status};
pub use chat::Shows;
pub use customer::{Customer, Notice};
pub use desk::{Desk, Note, Specialist, Ticket};
pub use escape::meta_json;
pub use fault::{Effect, Fault, FaultOn, Faults};
pub use graph::RateReport;
pub use journal::Entry;
pub use notion::{Button, NotionOptions, NotionRateReport};
pub use operation::Operation;
pub use options::{API_VERSION, Keep, Limits, Options, OutsideWindow, Rate, Statuses};
pub use report::Received;
pub use script::{Place, Reply, Rule, Script};
pub use sends::{AcceptedSend, Answer};
pub use template::{Category, Template, TemplateStatus};

use wire::{CuttableListener, Wire};
use world::World;

/// How long a stop waits for requests that are being answered.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// A running sandbox. Dropping it stops it without waiting.
pub struct Sandbox {
    world: Arc<World>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Listens, and answers from then on.
    ///
    /// # Errors
    /// When the address is taken or the webhook's URL is none.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let world = World::new(options)?;
        let listen = world.options.listen;
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("listen on {listen}"))?;
        let address = listener.local_addr()?;
        let own = format!("http://{address}");
        let public = world.options.public_url.as_deref().unwrap_or(&own);
        world.set_base_url(public.trim_end_matches('/').to_owned());

        let routes = Router::new()
            .merge(page::routes())
            .merge(control::routes())
            .fallback(call::answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&world))
            .into_make_service_with_connect_info::<Wire>();
        let stopping = world.stopping.clone();
        let server = tokio::spawn(async move {
            let served = axum::serve(CuttableListener(listener), routes)
                .with_graceful_shutdown(stopping.cancelled_owned())
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "serve the sandbox");
            }
        });
        Ok(Self { world, address, server })
    }

    /// `http://address:port`, without a slash at the end: what `WHATSAPP_API_URL` wants.
    #[must_use]
    pub fn url(&self) -> String {
        self.world.base_url().to_owned()
    }

    /// Where it listens, by whatever name others reach it.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `OPENAI_BASE_URL` wants.
    #[must_use]
    pub fn openai_url(&self) -> String {
        format!("{}/openai/v1", self.url())
    }

    /// What `NOTION_API_URL` wants.
    #[must_use]
    pub fn notion_url(&self) -> String {
        format!("{}/notion", self.url())
    }

    /// The options it was started with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.world.options
    }

    /// Where webhooks go from now on; those that wait for a receiver go there too.
    ///
    /// # Errors
    /// When it is not a URL.
    pub fn set_webhook_url(&self, url: &str) -> anyhow::Result<()> {
        self.world.set_webhook_url(url)
    }

    /// Calls a webhook as the platform does when its address is set.
    ///
    /// # Errors
    /// When the receiver does not answer 200 with the challenge and nothing else.
    pub async fn verify(&self, url: &str, token: &str) -> anyhow::Result<()> {
        let challenge = ids::number(10);
        let query = [
            ("hub.mode", "subscribe"),
            ("hub.challenge", challenge.as_str()),
            ("hub.verify_token", token),
        ];
        let answer = self.world.http.get(url).query(&query).send().await?;
        let status = answer.status();
        ensure!(status == 200, "verify the webhook: status {status}");
        ensure!(
            answer.text().await? == challenge,
            "verify the webhook: the answer is not the challenge"
        );
        Ok(())
    }

    /// The customer with this phone; a name that is not empty becomes theirs.
    #[must_use]
    pub fn customer(&self, phone: &str, name: &str) -> Customer {
        Customer::new(&self.world, phone, name)
    }

    /// The desk in Notion, by hand.
    #[must_use]
    pub fn desk(&self) -> Desk {
        Desk::new(&self.world)
    }

    /// One webhook with these messages, to be sent with [`Batch::goes_out`].
    pub fn delivers(&self, messages: impl IntoIterator<Item = Composed>) -> Batch {
        let messages: Vec<Composed> = messages.into_iter().collect();
        Batch::new(&self.world, &messages)
    }

    /// `X-Hub-Signature-256` over these bytes.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> String {
        delivery::sign(&self.world.options.app_secret, body)
    }

    /// What the customer's phone shows, oldest first, failed ones included.
    #[must_use]
    pub fn transcript(&self, phone: &str) -> Vec<Bubble> {
        lock(&self.world.chats)
            .get(&chat::digits(phone))
            .map(|chat| chat.bubbles.iter().cloned().collect())
            .unwrap_or_default()
    }

    /// The transcript for people: `customer: …`, `business: …`, one line each.
    #[must_use]
    pub fn transcript_text(&self, phone: &str) -> String {
        self.transcript(phone)
            .iter()
            .map(|bubble| {
                let who = match bubble.from {
                    Sender::Customer => "customer",
                    Sender::Business => "business",
                    Sender::BusinessPhone => "business phone",
                };
                let text = if bubble.text.is_empty() {
                    format!("[{}]", bubble.kind)
                } else {
                    bubble.text.clone()
                };
                let failed =
                    bubble.error.map(|code| format!(" (failed: {code})")).unwrap_or_default();
                format!("{who}: {text}{failed}\n")
            })
            .collect()
    }

    /// Every request and every attempt to deliver a webhook, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Entry> {
        self.world.journal.entries()
    }

    /// The entries of one operation; of [`Operation::Webhook`] all webhooks.
    #[must_use]
    pub fn journal_of(&self, operation: Operation) -> Vec<Entry> {
        let mut entries = self.journal();
        entries.retain(|entry| entry.operation.is_some_and(|o| operation.covers(o)));
        entries
    }

    #[must_use]
    pub fn faults(&self) -> &Faults {
        &self.world.faults
    }

    /// What the model answers.
    #[must_use]
    pub fn script(&self) -> &Script {
        &self.world.script
    }

    /// Moves the clock of the 24-hour window ahead, and no other.
    pub fn advance_window(&self, by: Duration) {
        self.world.window_clock.advance(by);
    }

    /// The download addresses given so far die, as they do after five minutes.
    pub fn expire_media_addresses(&self) {
        lock(&self.world.media).expire_addresses();
    }

    /// The files that customers and the business have sent are gone, as after the days that they live.
    pub fn forget_media(&self) {
        lock(&self.world.media).forget_files();
    }

    /// Waits until this is true of the sandbox.
    ///
    /// # Errors
    /// When it is not within the limit.
    pub async fn wait_until(
        &self,
        predicate: impl Fn(&Self) -> bool,
        limit: Duration,
    ) -> anyhow::Result<()> {
        let probe = || predicate(self).then_some(());
        if wait::wait_for(&self.world, limit, probe).await.is_none() {
            bail!("wait for the sandbox: not so within {limit:?}");
        }
        Ok(())
    }

    /// Waits until no webhook is on its way: each was taken by the receiver, dropped or forged.
    ///
    /// # Errors
    /// When some still are at the limit.
    pub async fn settled(&self, limit: Duration) -> anyhow::Result<()> {
        self.wait_until(|s| s.webhooks_under_way() == 0, limit)
            .await
            .with_context(|| format!("{} webhooks under way", self.webhooks_under_way()))
    }

    /// Webhooks that were not taken yet, and accepted messages whose statuses are still to come.
    #[must_use]
    pub fn webhooks_under_way(&self) -> usize {
        self.world.webhooks_under_way()
    }

    /// Forgets chats, tickets, journal, media, faults, script, rates and the moved clocks; templates are as at
    /// the start, and the databases of Notion stay. Webhooks on their way still arrive.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Stops: answers what is being answered, cuts what hangs, leaves undelivered webhooks.
    pub async fn stop(mut self) {
        self.world.stopping.cancel();
        if tokio::time::timeout(STOP_LIMIT, &mut self.server).await.is_err() {
            tracing::warn!("stop the sandbox: requests were still being answered");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.world.stopping.cancel();
        self.server.abort();
    }
}

/// The data behind a lock is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
