//! What vectors add to the words.

use anyhow::{Context as _, anyhow};
use knowledge::Measured;
use runtime::settings::ModelSettings;
use serde_json::{Value, json};

use retrieval::quality::Set;

use super::report::{Report, rounded};
use crate::means;

/// Asks the configured endpoint for the vectors of every list. The weight that vectors get is
/// chosen on the same questions, so that what it says is the most that they can add.
pub(super) fn measure(
    set: &Set,
    report: &mut Report,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> anyhow::Result<()> {
    let settings = ModelSettings::read(lookup)
        .map_err(|problems| {
            anyhow!("{}", problems.first().map(ToString::to_string).unwrap_or_default())
        })?
        .filter(|settings| settings.embedding_model.is_some())
        .context(
            "--with-model needs OPENAI_EMBEDDING_MODEL, and OPENAI_API_KEY or OPENAI_BASE_URL",
        )?;
    let model = means::model_of(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        for (business, measured) in set.businesses.iter().zip(&mut report.businesses) {
            let asked = knowledge::measure(&model, &business.faq).await;
            measured.meaning = Some(asked.context("ask the endpoint for vectors")?);
        }
        Ok(())
    })
}

pub(super) fn json_of(measured: &Measured) -> Value {
    let share = |right: usize| rounded(right as f32 / measured.probes.max(1) as f32);
    json!({
        "n": measured.probes,
        "r1_words": share(measured.by_words),
        "r1_vectors": share(measured.by_vectors),
        "r1": share(measured.with_weight),
        "weight": rounded(measured.weight),
    })
}
