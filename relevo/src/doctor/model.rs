//! The language model: whether it answers, hears, makes vectors and keeps them.

use bytes::Bytes;
use clients::model::{Ask, Error, Model, Role, Utterance};
use knowledge::BUSINESS;
use runtime::settings::ModelSettings;
use runtime::{Settings, chain};
use serde_json::{Value, json};

use super::Finding;
use crate::means;

pub(super) async fn check(settings: &Settings) -> Vec<Finding> {
    const CHECK: &str = "model";
    let Some(used) = &settings.model else {
        return vec![Finding::warning(
            CHECK,
            "none is configured: Relevo answers what it is sure of and hands off the rest",
            "set OPENAI_API_KEY, or OPENAI_BASE_URL for a model of your own",
        )];
    };
    let model = match means::model_of(used) {
        Ok(model) => model,
        Err(error) => {
            return vec![Finding::failed(CHECK, format!("{error:#}"), "see OPENAI_BASE_URL")];
        }
    };
    let mut findings = vec![match asked(&model).await {
        Ok(()) => Finding::well(CHECK, "it answers in the form that it is asked for"),
        Err(error) => Finding::failed(
            CHECK,
            chain(&error),
            "see OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_CHAT_MODEL; the model must know \
             structured output. Customers are answered meanwhile, by rules",
        ),
    }];
    findings.push(hears(&model, used).await);
    findings.extend(embeds(&model, used).await);
    findings.extend(stores(&model, used).await);
    findings
}

async fn asked(model: &Model) -> Result<(), Error> {
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["ok"],
        "properties": { "ok": { "type": "boolean" } }
    });
    let ask = Ask {
        system: "Answer with ok set to true.",
        messages: &[Utterance { role: Role::Customer, text: "Are you there?" }],
        schema_name: "doctor",
        schema: &schema,
        max_output_tokens: 200,
    };
    model.structured::<Value>(&ask).await.map(drop)
}

/// Not every endpoint can, and voice notes are then handed off: no failure.
async fn hears(model: &Model, used: &ModelSettings) -> Finding {
    const CHECK: &str = "transcription";
    match model.transcribe(silence(), "doctor.wav", "audio/wav").await {
        Ok(_) => Finding::well(CHECK, format!("{} takes voice notes", used.transcription_model)),
        Err(error) => Finding::warning(
            CHECK,
            format!("{}: {}", used.transcription_model, chain(&error)),
            "see OPENAI_TRANSCRIPTION_MODEL, and whether this endpoint transcribes. Voice notes are \
             handed off meanwhile",
        ),
    }
}

/// A second of nothing, as a WAV of 8,000 samples of two bytes.
fn silence() -> Bytes {
    const RATE: u32 = 8_000;
    let length = RATE * 2;
    let mut wav = Vec::from(b"RIFF");
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    // PCM, one channel.
    wav.extend([1, 0, 1, 0]);
    wav.extend(RATE.to_le_bytes());
    wav.extend((RATE * 2).to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(length.to_le_bytes());
    wav.resize(wav.len() + length as usize, 0);
    wav.into()
}

async fn embeds(model: &Model, used: &ModelSettings) -> Option<Finding> {
    const CHECK: &str = "embedding";
    let name = used.embedding_model.as_ref()?;
    Some(match model.embed("Are you there?").await {
        Ok(vector) => {
            Finding::well(CHECK, format!("{name} makes vectors of {} numbers", vector.len()))
        }
        Err(error) => Finding::failed(
            CHECK,
            format!("{name}: {}", chain(&error)),
            "see OPENAI_EMBEDDING_MODEL; what is known is searched by words alone meanwhile",
        ),
    })
}

async fn stores(model: &Model, used: &ModelSettings) -> Option<Finding> {
    const CHECK: &str = "vector store";
    let store = used.vector_store.as_ref()?;
    Some(match model.search_store(store, "Are you there?", (BUSINESS, "doctor")).await {
        Ok(_) => Finding::well(CHECK, format!("{store} can be searched")),
        Err(error) => Finding::failed(
            CHECK,
            format!("{store}: {}", chain(&error)),
            "see VECTOR_STORE_ID: it must be this key's; `relevo knowledge push --name NAME` makes \
             one",
        ),
    })
}
