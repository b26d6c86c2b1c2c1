//! The worker on embedded ports, with the sandbox as its platform and its model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use broker::{Consumer, Publication};
use bytes::Bytes;
use clients::files::{Bounds, Files};
use clients::model::{self, Model};
use clients::whatsapp::{self, WhatsApp};
use domain::content::{Media, MediaKind, Reading};
use domain::message::{Inbound, MediaReceived};
use domain::{
    Body, BusinessId, Channel, Content, ConversationId, Customer, Envelope, MessageId, Timestamp,
};
use runtime::{Clock, Lifecycle, Ports, Settings, topology};
use sandbox::{Options, Sandbox};
use secrecy::SecretString;
use serde_json::{Value, json};
use tempfile::TempDir;

const BUSINESS: &str = "shop";
const ANA: &str = "34600000001";
/// Longer than anything takes that comes at all.
const SOON: Duration = Duration::from_secs(30);
/// 18 November 2026.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_795_000_000);

pub(crate) struct Stand {
    pub(crate) sandbox: Sandbox,
    pub(crate) files: Files,
    ports: Ports,
    /// The queue to which what was read goes.
    read: tokio::sync::Mutex<Consumer>,
    lifecycle: Lifecycle,
    dir: TempDir,
}

/// Whether the worker has a model.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    All,
    NoModel,
}

impl Stand {
    pub(crate) async fn start() -> Self {
        Self::with(Means::All, "").await
    }

    /// With these lines under `[media]` of the business.
    pub(crate) async fn with(means: Means, rules: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(Options::example()).await.unwrap();
        let ports = Ports::connect(&settings(dir.path(), rules), Clock::new(|| NOW)).await.unwrap();
        let bounds = Bounds { at_most_bytes: 64 << 20, keep: Duration::from_secs(24 * 60 * 60) };
        let files = Files::folder(dir.path().join("files"), bounds).unwrap();
        let model = (means == Means::All).then(|| model(&sandbox));
        let channels = BTreeMap::from([(BusinessId::new(BUSINESS), whatsapp(&sandbox))]);
        let worker = Arc::new(media::Media::new(channels, model, files.clone()));

        let read = ports.broker.consume(topology::TRIAGE.queue, 8).await.unwrap();
        let lifecycle = Lifecycle::new();
        let (lane, mine, life) = (topology::MEDIA, ports.clone(), lifecycle.clone());
        lifecycle.spawn(async move {
            runtime::worker::run(worker, lane, mine, life).await.unwrap();
        });
        Self { sandbox, files, ports, read: read.into(), lifecycle, dir }
    }

    pub(crate) fn files_dir(&self) -> PathBuf {
        self.dir.path().join("files")
    }

    /// Ana sends a file; what the platform's webhook would say of it.
    pub(crate) async fn sent(
        &self,
        kind: &str,
        mime_type: &str,
        bytes: impl Into<Bytes>,
        more: Value,
    ) -> Media {
        let ana = self.sandbox.customer(ANA, "Ana");
        ana.sends_file(kind, mime_type, bytes.into(), more).await;
        self.last()
    }

    /// Ana speaks.
    pub(crate) async fn spoken(&self, words: &str) -> Media {
        self.sandbox.customer(ANA, "Ana").speaks(words).await;
        self.last()
    }

    pub(crate) async fn document(&self, name: &str, mime_type: &str, bytes: &[u8]) -> Media {
        let bytes = Bytes::copy_from_slice(bytes);
        self.sent("document", mime_type, bytes, json!({ "filename": name })).await
    }

    fn last(&self) -> Media {
        let bubble = self.sandbox.transcript(ANA).pop().unwrap();
        let about = &bubble.message[&bubble.kind];
        let text = |key: &str| about[key].as_str().map(str::to_owned);
        Media {
            kind: match bubble.kind.as_str() {
                "image" => MediaKind::Image,
                "audio" => MediaKind::Audio,
                "video" => MediaKind::Video,
                "sticker" => MediaKind::Sticker,
                _ => MediaKind::Document,
            },
            id: text("id").unwrap(),
            mime_type: text("mime_type"),
            sha256: text("sha256"),
            caption: text("caption"),
            filename: text("filename"),
            voice: about["voice"] == true,
            file: None,
            reading: None,
        }
    }

    /// What comes of it, for the message that was sent just now.
    pub(crate) async fn reads(&self, media: Media) -> Media {
        self.reads_of(media, Duration::ZERO).await
    }

    /// The same for a message of this age.
    pub(crate) async fn reads_of(&self, media: Media, age: Duration) -> Media {
        let envelope = received(media, NOW - age);
        let Body::MediaReceived(sent) = &envelope.body else { unreachable!() };
        self.publish(&envelope).await;
        let read = self.next().await;
        let Body::MessageReceived(read_body) = read.body else { panic!("not a message") };
        assert_eq!(read.cause, Some(envelope.id));
        assert_eq!(read.correlation, envelope.correlation);
        let mut expected = sent.0.clone();
        let mut media = content(&read_body.0);
        let outcome = media.clone();
        (media.reading, media.file) = (None, None);
        expected.content = Content::Media(media);
        assert_eq!(expected, sent.0, "nothing else of it has changed");
        outcome
    }

    /// What comes of all of them, sent at once, in whatever order.
    pub(crate) async fn reads_all(&self, sent: Vec<Media>) -> Vec<Media> {
        for media in &sent {
            self.publish(&received(media.clone(), NOW)).await;
        }
        let mut read = Vec::new();
        while read.len() < sent.len() {
            let Body::MessageReceived(body) = self.next().await.body else { unreachable!() };
            read.push(content(&body.0));
        }
        read
    }

    /// Where what is kept of a message can be had.
    pub(crate) async fn kept(&self, media: &Media) -> Bytes {
        let key = media.file.as_deref().expect("it is kept");
        self.files.get(key).await.unwrap().expect("it is there")
    }

    async fn publish(&self, envelope: &Envelope) {
        let publication = Publication {
            id: envelope.id.as_uuid(),
            topic: envelope.kind().as_str().to_owned(),
            body: envelope.encode().unwrap().into(),
            traceparent: None,
            delay: None,
        };
        self.ports.broker.publish(publication).await.unwrap();
    }

    /// The next message that triage gets, other than what it gets from ingress.
    async fn next(&self) -> Envelope {
        let mut queue = self.read.lock().await;
        let next = async {
            loop {
                let delivery = queue.next().await.unwrap();
                let envelope = Envelope::decode(&delivery.body).unwrap();
                delivery.ack().await.unwrap();
                if matches!(envelope.body, Body::MessageReceived(_)) {
                    return envelope;
                }
            }
        };
        tokio::time::timeout(SOON, next).await.expect("it comes back")
    }
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.lifecycle.stop();
    }
}

/// What was made of a file.
pub(crate) fn reading(media: &Media) -> &Reading {
    media.reading.as_ref().expect("somebody has looked")
}

fn content(inbound: &Inbound) -> Media {
    let Content::Media(media) = &inbound.content else { panic!("not a file") };
    media.clone()
}

/// A customer's file, as the ingress publishes it.
fn received(media: Media, at: Timestamp) -> Envelope {
    let business = BusinessId::new(BUSINESS);
    let customer = Customer::with_phone(ANA);
    let id = MessageId::of_provider(&business, Channel::Whatsapp, "in", &media.id);
    let conversation = ConversationId::of(&business, Channel::Whatsapp, &customer);
    let inbound = Inbound {
        provider_id: format!("wamid.{}", media.id),
        sent_at: at,
        arrived_at: None,
        customer,
        address: Options::example().phone_number_id,
        content: Content::Media(media),
        context: None,
    };
    Envelope::from_outside(id, business, conversation, at, Body::from(MediaReceived(inbound)))
}

fn whatsapp(sandbox: &Sandbox) -> WhatsApp {
    WhatsApp::new(whatsapp::Options {
        api_url: sandbox.url(),
        version: "v25.0".to_owned(),
        access_token: SecretString::from(sandbox.options().access_token.clone()),
        timeout: Duration::from_secs(2),
    })
    .unwrap()
}

fn model(sandbox: &Sandbox) -> Model {
    Model::new(model::Options {
        base_url: sandbox.openai_url(),
        api_key: Some(SecretString::from(sandbox.options().openai_key.clone())),
        chat_model: "sees".to_owned(),
        transcription_model: "hears".to_owned(),
        embedding_model: None,
        timeout: Duration::from_secs(5),
        media_timeout: Duration::from_secs(5),
        retries: 0,
    })
    .unwrap()
}

/// Everything embedded in this folder, with one business.
fn settings(dir: &Path, rules: &str) -> Settings {
    let business = dir.join(BUSINESS);
    std::fs::create_dir_all(&business).unwrap();
    let file = format!("name = 'Shop'\n[media]\n{rules}");
    std::fs::write(business.join("business.toml"), file).unwrap();
    let dir = dir.to_str().unwrap();
    Settings::read(&|name| match name {
        "RELEVO_DATA_DIR" | "RELEVO_BUSINESS_DIR" => Some(dir.to_owned()),
        "WHATSAPP_ACCESS_TOKEN"
        | "WHATSAPP_APP_SECRET"
        | "WHATSAPP_VERIFY_TOKEN"
        | "WHATSAPP_PHONE_NUMBER_ID" => Some("1".to_owned()),
        _ => None,
    })
    .unwrap()
}
