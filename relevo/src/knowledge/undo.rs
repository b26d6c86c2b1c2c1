//! Takes back what was learned, and says who was told it.

use anyhow::Context as _;
use domain::Timestamp;
use knowledge::learn::review::undo;
use runtime::{Business, Clock};
use store::Records;
use uuid::Uuid;

use super::review::{line, named};

/// By the id of the entry or, as the review shows it, of a candidate.
pub(super) async fn run(records: &Records, business: &Business, id: &str) -> anyhow::Result<bool> {
    let all = records.candidates(business.id.as_str()).await?;
    let entry = Uuid::parse_str(id).ok().filter(|id| all.iter().any(|one| one.entry == Some(*id)));
    let id = entry.map_or_else(|| named(&all, id), Ok)?;
    let undone = undo(records, business, id, Clock::system().now())
        .await
        .context("take back what was learned")?;
    for candidate in &undone.candidates {
        println!("taken back  {}", line(candidate));
    }
    for (used, outcome) in &undone.uses {
        println!(
            "used in     {}  turn {}  {:<8}  {:<4}  {}",
            used.conversation,
            used.turn,
            used.kind.name(),
            outcome.map_or("-", store::records::UseOutcome::name),
            minutes_ago(used.at_ms),
        );
    }
    println!("{} taken back, used {} times", undone.candidates.len(), undone.uses.len());
    Ok(true)
}

fn minutes_ago(at_ms: i64) -> String {
    let age = Clock::system().now().since(Timestamp::from_millis(at_ms));
    let minutes = age.as_secs() / 60;
    match minutes {
        0..60 => format!("{minutes} min ago"),
        60..2880 => format!("{} h ago", minutes / 60),
        _ => format!("{} days ago", minutes / 1440),
    }
}
