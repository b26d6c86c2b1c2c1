//! `relevo costs`: what answering costs. WhatsApp charges for each delivered message, so an
//! ordinary turn should take one.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use runtime::{Clock, Settings, Visit};
use serde_json::{Map, json};
use store::records::{CostFilter, Costs};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only of this business, by its folder's name
    #[arg(long)]
    business: Option<String>,
    /// Of so many days up to now
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// As JSON, a line for each business
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let now = Clock::system().now();
        let records = Visit::new(settings, Visit::LIMIT).records().await?;
        let filter = CostFilter {
            business: options.business.clone(),
            since_ms: (now - DAY * options.days).as_millis(),
            until_ms: now.as_millis(),
        };
        let all = records.costs(filter).await?;
        if all.is_empty() && !options.json {
            println!("nothing was answered in the last {} days", options.days);
        }
        for costs in &all {
            println!("{}", if options.json { json(costs) } else { table(costs, options.days) });
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn table(costs: &Costs, days: u32) -> String {
    let Costs { business, turns, messages, sent, delivered, failed, billable } = costs;
    let charged: Vec<String> =
        billable.iter().map(|(category, count)| format!("{count} {category}")).collect();
    let charged = if charged.is_empty() { "none".to_owned() } else { charged.join(", ") };
    format!(
        "{business}, the last {days} days\n\
         \x20 turns answered or handed off   {turns}\n\
         \x20 messages sent for them         {messages}\n\
         \x20 messages for each turn         {}\n\
         \x20 messages sent in all           {sent}\n\
         \x20 delivered                      {delivered}\n\
         \x20 failed                         {failed}\n\
         \x20 charged                        {charged}",
        each(costs).map_or("-".to_owned(), |each| format!("{each:.2}"))
    )
}

fn each(costs: &Costs) -> Option<f64> {
    (costs.turns > 0).then(|| costs.messages as f64 / costs.turns as f64)
}

fn json(costs: &Costs) -> String {
    let billable: Map<_, _> =
        costs.billable.iter().map(|(category, count)| (category.clone(), json!(count))).collect();
    json!({
        "business": costs.business,
        "turns": costs.turns,
        "messages": costs.messages,
        "messages_per_turn": each(costs),
        "sent": costs.sent,
        "delivered": costs.delivered,
        "failed": costs.failed,
        "billable": billable,
    })
    .to_string()
}
