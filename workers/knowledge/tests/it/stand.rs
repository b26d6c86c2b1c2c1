//! The worker on embedded ports, with two businesses.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use broker::{Consumer, Publication};
use clients::model::{self, Breaker, Model};
use domain::message::QuestionAsked;
use domain::{Body, BusinessId, ConversationId, Envelope, Language, MessageId, Timestamp, TurnId};
use knowledge::Knowledge;
use runtime::lifecycle::Ended;
use runtime::{Clock, Handler, Lane, Lifecycle, Ports, Settings, topology, worker};
use sandbox::{Options, Sandbox};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) const SHOP: &str = "shop";
pub(crate) const OTHER: &str = "other";
/// Longer than anything takes that comes at all.
pub(crate) const SOON: Duration = Duration::from_secs(15);

pub(crate) struct Stand {
    pub(crate) ports: Ports,
    lifecycle: Lifecycle,
    replies: Consumer,
    handoffs: Consumer,
    asked: u128,
    /// Who writes answers and makes vectors.
    model: Option<(Sandbox, Model)>,
    store: Option<String>,
    _dir: TempDir,
}

impl Stand {
    /// The worker has not started yet.
    pub(crate) async fn prepare() -> Self {
        Self::prepare_at(Clock::system()).await
    }

    /// The same with a clock of the test's.
    pub(crate) async fn prepare_at(clock: Clock) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ports = Ports::connect(&settings(dir.path()), clock).await.unwrap();
        let replies = ports.broker.consume(topology::OUTBOUND.queue, 16).await.unwrap();
        let handoffs = ports.broker.consume(topology::HANDOFF.queue, 16).await.unwrap();
        let lifecycle = Lifecycle::new();
        let (model, store) = (None, None);
        Self { ports, lifecycle, replies, handoffs, asked: 0, model, store, _dir: dir }
    }

    /// The same with the sandbox's model, and with what makes vectors if it has a name.
    pub(crate) async fn with_model(embedding: Option<&str>) -> Self {
        let sandbox = Sandbox::start(Options::example()).await.unwrap();
        let model = model(&sandbox, embedding);
        Self { model: Some((sandbox, model)), ..Self::prepare().await }
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.model.as_ref().unwrap().0
    }

    pub(crate) fn client(&self) -> &Model {
        &self.model.as_ref().unwrap().1
    }

    /// An endpoint that fails is left alone, as it is outside of tests.
    pub(crate) fn leaves_failures_alone(&mut self) {
        let (sandbox, model) = self.model.take().unwrap();
        self.model = Some((sandbox, model.with_breaker(Breaker::default())));
    }

    /// It searches this vector store too.
    pub(crate) fn uses_store(&mut self, id: &str) {
        self.store = Some(id.to_owned());
    }

    pub(crate) async fn start() -> Self {
        let stand = Self::prepare().await;
        stand.work();
        stand
    }

    pub(crate) fn work(&self) {
        let Ports { businesses, records, .. } = self.ports.clone();
        let model = self.model.as_ref().map(|(_, model)| model.clone());
        let knowledge = Knowledge::new(&businesses, records, model, self.store.clone());
        self.lifecycle.spawn(knowledge.clone().stay_fresh(self.lifecycle.clone()));
        let (learning, outcomes) = knowledge.learning();
        let (ports, lifecycle) = (self.ports.clone(), self.lifecycle.clone());
        self.lifecycle.spawn(knowledge::learn::tend(learning.clone(), ports, lifecycle));
        self.run(knowledge, topology::KNOWLEDGE);
        self.run(learning, topology::KNOWLEDGE_LEARNING);
        self.run(outcomes, topology::KNOWLEDGE_OUTCOMES);
    }

    fn run<H: Handler>(&self, handler: H, lane: Lane) {
        let (ports, lifecycle) = (self.ports.clone(), self.lifecycle.clone());
        self.lifecycle.spawn(async move {
            worker::run(Arc::new(handler), lane, ports, lifecycle).await.unwrap();
        });
    }

    pub(crate) async fn imports(&self, business: &str, name: &str, text: &str) {
        let business = BusinessId::new(business);
        let at = self.ports.clock.now();
        let bytes = text.as_bytes();
        knowledge::import(&self.ports.records, &business, name, bytes, at).await.unwrap();
    }

    /// What comes of a question.
    pub(crate) async fn asks(&mut self, business: &str, question: &str) -> Body {
        self.asked += 1;
        let id = MessageId::from_uuid(Uuid::from_u128(self.asked));
        let conversation = ConversationId::from_uuid(Uuid::nil());
        let (business, at) = (BusinessId::new(business), Timestamp::from_millis(0));
        let asked = asked(1, question);
        self.is_told(Envelope::from_outside(id, business, conversation, at, asked)).await
    }

    /// What comes of a message that asks something.
    pub(crate) async fn is_told(&mut self, envelope: Envelope) -> Body {
        self.publish(&envelope).await;
        let delivery = tokio::time::timeout(SOON, async {
            tokio::select! {
                reply = self.replies.next() => reply,
                handoff = self.handoffs.next() => handoff,
            }
        });
        let delivery = delivery.await.unwrap().unwrap();
        let envelope = Envelope::decode(&delivery.body).unwrap();
        delivery.ack().await.unwrap();
        envelope.body
    }

    pub(crate) async fn publish(&self, envelope: &Envelope) {
        let publication = Publication {
            id: envelope.id.as_uuid(),
            topic: envelope.kind().as_str().to_owned(),
            body: envelope.encode().unwrap().into(),
            traceparent: None,
            delay: None,
        };
        self.ports.broker.publish(publication).await.unwrap();
    }

    /// Asks until it comes out as wanted; how long that took.
    pub(crate) async fn asks_until(
        &mut self,
        question: &str,
        wanted: impl Fn(&Body) -> bool,
    ) -> Duration {
        let began = Instant::now();
        while !wanted(&self.asks(SHOP, question).await) {
            assert!(began.elapsed() < SOON, "{question} never came out as wanted");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        began.elapsed()
    }

    pub(crate) async fn stop(mut self) {
        self.lifecycle.stop();
        let ended = self.lifecycle.finish(Duration::from_secs(10), std::future::pending()).await;
        assert_eq!(ended, Ended::Cleanly);
        if let Some((sandbox, _)) = self.model.take() {
            sandbox.stop().await;
        }
    }
}

pub(crate) fn asked(turn: u64, question: &str) -> QuestionAsked {
    let question = question.to_owned();
    QuestionAsked { turn: TurnId(turn), epoch: 1, question, language: Language::Es }
}

fn model(sandbox: &Sandbox, embedding: Option<&str>) -> Model {
    let model = Model::new(model::Options {
        base_url: sandbox.openai_url(),
        api_key: Some(SecretString::from(sandbox.options().openai_key.clone())),
        chat_model: "answers".to_owned(),
        transcription_model: "hears".to_owned(),
        embedding_model: embedding.map(str::to_owned),
        timeout: Duration::from_secs(5),
        media_timeout: Duration::from_secs(20),
        retries: 0,
    });
    // A failure of one test's must not be waited for.
    model.unwrap().with_breaker(Breaker::new(100, Duration::ZERO))
}

fn settings(dir: &Path) -> Settings {
    for business in [SHOP, OTHER] {
        let folder = dir.join(business);
        std::fs::create_dir_all(&folder).unwrap();
        let number = format!("name = '{business}'\n[whatsapp]\nphone_number_ids = ['{business}']");
        // The other one trusts its guards.
        let learns = if business == OTHER { "\n[learning]\npublish = 'automatic'" } else { "" };
        let number = number + learns;
        std::fs::write(folder.join("business.toml"), number).unwrap();
    }
    let dir = dir.to_str().unwrap();
    Settings::read(&|name| match name {
        "RELEVO_DATA_DIR" | "RELEVO_BUSINESS_DIR" => Some(dir.to_owned()),
        "WHATSAPP_ACCESS_TOKEN" | "WHATSAPP_APP_SECRET" | "WHATSAPP_VERIFY_TOKEN" => {
            Some("1".to_owned())
        }
        _ => None,
    })
    .unwrap()
}
