//! What a question would be answered with.

use std::io::{BufRead as _, Write as _};

use anyhow::{Context as _, bail};
use clap::Args;
use domain::BusinessId;
use knowledge::{Band, Base};
use serde_json::{Value, json};
use store::Records;
use uuid::Uuid;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// As a customer would ask it
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin")]
    question: Option<String>,
    /// Read questions from the standard input, a line each
    #[arg(long)]
    stdin: bool,
    /// As JSON, a line for each question
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(
    records: &Records,
    business: &BusinessId,
    options: &Options,
) -> anyhow::Result<bool> {
    let base = Base::new(business.clone());
    base.renew(records).await?;
    if base.is_empty() && !options.json {
        bail!("{business} knows nothing yet; relevo knowledge import reads its folder");
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut tell = |question: &str| {
        let line =
            if options.json { as_json(&base, question).to_string() } else { text(&base, question) };
        writeln!(out, "{line}").context("print what was found")
    };
    match &options.question {
        Some(question) => tell(question)?,
        None => {
            // Bytes, since one odd character must not end the reading. A line for each line, also
            // for an empty one.
            for line in std::io::stdin().lock().split(b'\n') {
                let line = line.context("read a question")?;
                tell(String::from_utf8_lossy(&line).trim_end_matches('\r'))?;
            }
        }
    }
    out.flush().context("print what was found")?;
    Ok(true)
}

fn as_json(base: &Base, question: &str) -> Value {
    let judgement = base.judge(question);
    let hits: Vec<Value> = judgement
        .hits
        .iter()
        .map(|hit| json!({ "entry": hit.id, "score": rounded(hit.score) }))
        .collect();
    json!({
        "question": question,
        "band": band(judgement.band),
        "confidence": rounded(judgement.confidence),
        "hits": hits,
    })
}

fn text(base: &Base, question: &str) -> String {
    let judgement = base.judge(question);
    let mut text = format!("{} (confidence {:.2})", band(judgement.band), judgement.confidence);
    for hit in &judgement.hits {
        let Some(entry) = Uuid::parse_str(&hit.id).ok().and_then(|id| base.entry(id)) else {
            continue;
        };
        let name = super::name(&entry);
        text += &format!("\n{:>6.2}  {}  {}: {name}", hit.score, entry.id, entry.source);
    }
    text
}

fn band(band: Band) -> &'static str {
    match band {
        Band::Answer => "answer",
        Band::Offer => "offer",
        Band::HandOff => "hand_off",
    }
}

/// Without the digits that a small number does not have.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 10_000.0).round() / 10_000.0
}
