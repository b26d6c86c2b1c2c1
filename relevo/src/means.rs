//! The clients of outside systems that the roles of a process share.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context as _;
use clients::files::{Bounds, Files, S3Options};
use clients::model::Model;
use clients::whatsapp::WhatsApp;
use domain::BusinessId;
use runtime::settings::FilePlace;
use runtime::{Business, Settings};
use secrecy::SecretString;

/// Shorter than a claim is held for unknown, so that nobody sends while another still waits.
const CHANNEL_TIME_OUT: Duration = Duration::from_secs(10);
const MODEL_TIME_OUT: Duration = Duration::from_secs(20);
/// Hearing a voice note takes longer; its turn does not wait longer than its business allows.
const MEDIA_TIME_OUT: Duration = Duration::from_secs(30);
const MODEL_RETRIES: u32 = 2;

#[derive(Debug, Clone)]
pub(crate) struct Means {
    pub(crate) model: Option<Model>,
    /// Its id, at the model's endpoint.
    pub(crate) vector_store: Option<String>,
    pub(crate) channels: BTreeMap<BusinessId, WhatsApp>,
    pub(crate) files: Files,
}

impl Means {
    pub(crate) fn prepare(settings: &Settings) -> anyhow::Result<Self> {
        let channels = settings
            .businesses
            .iter()
            .map(|business| Ok((business.id.clone(), channel(settings, business)?)))
            .collect::<anyhow::Result<_>>()?;
        let vector_store = settings.model.as_ref().and_then(|model| model.vector_store.clone());
        Ok(Self { model: model(settings)?, vector_store, channels, files: files(settings)? })
    }
}

pub(crate) fn channel(settings: &Settings, business: &Business) -> anyhow::Result<WhatsApp> {
    let options = clients::whatsapp::Options {
        api_url: settings.whatsapp_api_url.clone(),
        version: settings.whatsapp_api_version.clone(),
        access_token: business.whatsapp.access_token.clone(),
        timeout: CHANNEL_TIME_OUT,
    };
    WhatsApp::new(options)
        .with_context(|| format!("prepare the WhatsApp client of {}", business.id))
}

pub(crate) fn model(settings: &Settings) -> anyhow::Result<Option<Model>> {
    let Some(model) = &settings.model else { return Ok(None) };
    let options = clients::model::Options {
        base_url: model.base_url.clone(),
        api_key: model.api_key.clone(),
        chat_model: model.chat_model.clone(),
        transcription_model: model.transcription_model.clone(),
        embedding_model: model.embedding_model.clone(),
        timeout: MODEL_TIME_OUT,
        media_timeout: MEDIA_TIME_OUT,
        retries: MODEL_RETRIES,
    };
    Ok(Some(Model::new(options).context("prepare the language model's client")?))
}

pub(crate) fn files(settings: &Settings) -> anyhow::Result<Files> {
    let storage = &settings.storage;
    let bounds = Bounds {
        at_most_bytes: u64::from(storage.at_most_mb) * 1024 * 1024,
        keep: Duration::from_secs(u64::from(storage.keep_days) * 24 * 60 * 60),
    };
    let files = match &storage.place {
        FilePlace::Embedded => Files::folder(settings.data_dir.join("media"), bounds),
        FilePlace::Bucket(bucket) => {
            let options = S3Options {
                endpoint: bucket.endpoint.clone(),
                bucket: bucket.name.clone(),
                region: bucket.region.clone(),
                prefix: bucket.prefix.clone(),
                access_key_id: storage.access_key_id.clone().unwrap_or_default(),
                secret_access_key: storage
                    .secret_access_key
                    .clone()
                    .unwrap_or_else(|| SecretString::from("")),
                // Amazon's own names hold for both ways; the others know this one.
                path_style: true,
            };
            Files::s3(options, bounds)
        }
    };
    files.context("prepare the store of files")
}
