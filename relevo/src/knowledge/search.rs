//! What a question would be answered with.

use std::io::{BufRead as _, Write as _};

use anyhow::{Context as _, bail};
use clap::Args;
use knowledge::{Band, Base, Dense, Judgement, Nearest};
use runtime::Business;
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
    business: &Business,
    dense: &Dense,
    options: &Options,
) -> anyhow::Result<bool> {
    let base = Base::of(business);
    base.renew(records).await?;
    if base.is_empty() && !options.json {
        bail!("{} knows nothing yet; relevo knowledge import reads its folder", business.id);
    }
    dense.visit(&base).await?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match &options.question {
        Some(question) => {
            let line = line(&base, dense, business, question, options.json).await;
            writeln!(out, "{line}").context("print what was found")?;
        }
        None => {
            // Bytes, since one odd character must not end the reading. A line for each line, also
            // for an empty one.
            for question in std::io::stdin().lock().split(b'\n') {
                let question = question.context("read a question")?;
                let question = String::from_utf8_lossy(&question);
                let question = question.trim_end_matches('\r');
                let line = line(&base, dense, business, question, options.json).await;
                writeln!(out, "{line}").context("print what was found")?;
            }
        }
    }
    out.flush().context("print what was found")?;
    Ok(true)
}

async fn line(
    base: &Base,
    dense: &Dense,
    business: &Business,
    question: &str,
    as_json: bool,
) -> String {
    let nearest = dense.nearest(base, question, business.language()).await;
    let judgement = base.judge(question, nearest.as_ref().map(Nearest::as_nearness));
    match as_json {
        true => json_of(question, &judgement).to_string(),
        false => text(base, &judgement),
    }
}

fn json_of(question: &str, judgement: &Judgement) -> Value {
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

fn text(base: &Base, judgement: &Judgement) -> String {
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
