//! How sure an answer must be, from what became of answers so far.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use knowledge::Base;
use knowledge::calibrate::{Calibrated, Labelled, learn, store};
use runtime::{Business, Clock};
use serde_json::json;
use store::Records;
use uuid::Uuid;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// More labels from a file: lines question|entry, with - where nothing answers it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["show", "reset"])]
    labels: Option<PathBuf>,
    /// The share of answers that should be right
    #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = share)]
    promise: f32,
    /// Show what counts now, and what counted before
    #[arg(long, conflicts_with = "reset")]
    show: bool,
    /// Be as careful again as at the beginning
    #[arg(long)]
    reset: bool,
    /// As JSON, a line
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<f32, String> {
    let share: f32 = text.parse().map_err(|_| "it must be a number such as 0.95".to_owned())?;
    let fits = (0.5..=0.999).contains(&share);
    fits.then_some(share).ok_or_else(|| "it must be between 0.5 and 0.999".to_owned())
}

/// False if no cut keeps the promise.
pub(super) async fn run(
    records: &Records,
    business: &Business,
    options: &Options,
) -> anyhow::Result<bool> {
    let (name, now) = (business.id.as_str(), Clock::system().now().as_millis());
    if options.show {
        show(records, name, options.json).await?;
        return Ok(true);
    }
    if options.reset {
        let nothing = Calibrated { cut: None, labels: 0, right: 0, answered: None, needed: 0 };
        store(records, name, &nothing, options.promise, now).await?;
        println!("only what is asked in an entry's own words is answered now");
        return Ok(true);
    }
    let labelled = options.labels.as_deref().map(read).transpose()?.unwrap_or_default();
    let base = Base::of(business);
    let calibrated = learn(records, &base, &labelled, options.promise).await?;
    let has_cut = records.calibrations(name).await?.first().is_some_and(|one| one.cut.is_some());
    // Without a cut nothing is stored, unless one that no longer holds must go.
    if calibrated.cut.is_some() || has_cut {
        store(records, name, &calibrated, options.promise, now).await?;
    }
    tell(&calibrated, options);
    Ok(calibrated.cut.is_some())
}

fn tell(calibrated: &Calibrated, options: &Options) {
    let Calibrated { cut, labels, right, answered, needed } = calibrated;
    if options.json {
        let line = json!({
            "labels": labels,
            "right": right,
            "promise": options.promise,
            "cut": cut,
            "answered": answered,
            "needed": needed,
        });
        println!("{line}");
        return;
    }
    println!("{labels} labels, {right} of them right; promised: {:.1} %", options.promise * 100.0);
    match (cut, answered) {
        (Some(cut), Some(answered)) => println!(
            "answers from confidence {cut:.3} on: {:.0} % of the questions so far",
            answered * 100.0
        ),
        _ => println!(
            "no cut keeps that promise: it takes at least {needed} right answers in a row. Only \
             what is asked in an entry's own words is answered"
        ),
    }
}

async fn show(records: &Records, business: &str, as_json: bool) -> anyhow::Result<()> {
    let all = records.calibrations(business).await?;
    for one in &all {
        if as_json {
            let line = json!({
                "number": one.number,
                "cut": one.cut,
                "promise": one.promise,
                "labels": one.labels,
                "at_ms": one.at_ms,
            });
            println!("{line}");
            continue;
        }
        let cut = one.cut.map_or("-".to_owned(), |cut| format!("{cut:.3}"));
        println!(
            "{:>4}  cut {cut}  promised {:.1} %  {} labels",
            one.number,
            one.promise * 100.0,
            one.labels
        );
    }
    if all.is_empty() && !as_json {
        println!("never calibrated: only what is asked in an entry's own words is answered");
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<Labelled>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(number, line)| labelled(line).with_context(|| format!("line {number}"))).collect()
}

fn labelled(line: &str) -> anyhow::Result<Labelled> {
    let Some((question, entry)) = line.rsplit_once('|') else {
        bail!("write question|entry, or question|- where nothing answers it");
    };
    let entry = match entry.trim() {
        "-" => None,
        id => Some(Uuid::parse_str(id).context("an entry is named by its id, as search shows it")?),
    };
    Ok((question.trim().to_owned(), entry))
}
