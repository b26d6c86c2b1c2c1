//! `relevo quality`: how well questions are answered, measured offline on questions whose right
//! answer is known.

mod lists;
mod meaning;
mod report;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

/// The share of answers that must be right.
const PROMISED: f32 = 0.95;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// As one JSON object
    #[arg(long)]
    json: bool,
    /// Measure a folder: lists in faq-es/, passages in public/xquad-*.json
    #[arg(long, value_name = "DIR", conflicts_with_all = ["faq", "pairs", "intents"])]
    data: Option<PathBuf>,
    /// Also measure what vectors of OPENAI_EMBEDDING_MODEL add, through the configured endpoint
    #[arg(long)]
    with_model: bool,
    /// A business's own: lines F|question|answer, under each what customers asked: -question
    #[arg(long, value_name = "FILE")]
    faq: Option<PathBuf>,
    /// Questions that none of these entries answers: near|question or far|question
    #[arg(long, value_name = "FILE", requires = "faq")]
    unanswerable: Option<PathBuf>,
    /// Questions that look alike and have different answers: question|another question
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// Labelled messages to sort: label|message
    #[arg(long, value_name = "FILE", requires = "intents_train")]
    intents: Option<PathBuf>,
    /// Labelled messages to learn from: label|message
    #[arg(long, value_name = "FILE", requires = "intents")]
    intents_train: Option<PathBuf>,
}

impl Options {
    fn is_own(&self) -> bool {
        self.faq.is_some() || self.pairs.is_some() || self.intents.is_some()
    }
}

pub(crate) fn run(
    options: &Options,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> anyhow::Result<ExitCode> {
    let set = lists::read(options)?;
    let mut report = report::measure(&set);
    if options.with_model {
        meaning::measure(&set, &mut report, lookup)?;
    }
    let text = match (options.json, options.is_own()) {
        (false, _) => table::of(&report),
        (true, true) => report.parts().to_string(),
        (true, false) => report.whole().to_string(),
    };
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}
