//! What answering costs. Meta charges for each delivered message, so the figure that matters is
//! how many a turn takes.

use std::collections::BTreeMap;

use super::{Error, Records, read};

/// Which time, and whose.
#[derive(Clone, Debug)]
pub struct CostFilter {
    /// All of them if there is none.
    pub business: Option<String>,
    pub since_ms: i64,
    /// No longer counted.
    pub until_ms: i64,
}

/// What one business did in that time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    pub business: String,
    /// Those that ended: they were answered or handed off.
    pub turns: u64,
    /// Sent for a turn.
    pub messages: u64,
    /// Sent by the bot or a person, for a turn or not.
    pub sent: u64,
    /// Of those that the provider told of.
    pub delivered: u64,
    /// And never delivered.
    pub failed: u64,
    /// Delivered and charged for, by the provider's category.
    pub billable: Vec<(String, u64)>,
}

/// A turn's number is unique in its conversation; zero is no turn.
const TURNS: &str = "SELECT business, COUNT(*) FROM (
        SELECT DISTINCT business, conversation, turn FROM inbound_message
        WHERE ($1 IS NULL OR business = $1) AND settled_ms >= $2 AND settled_ms < $3
            AND outcome IN ('answered', 'handed_off') AND turn <> 0 AND business IS NOT NULL
    ) AS ended GROUP BY business";
const SENT: &str = "SELECT business, COUNT(turn), COUNT(*) FROM outbound_message
    WHERE ($1 IS NULL OR business = $1) AND at_ms >= $2 AND at_ms < $3
        AND provider_id IS NOT NULL
    GROUP BY business";
/// Read implies delivered: a provider does not always tell both.
const TOLD: &str = "SELECT business, delivered, billable, category, COUNT(*) FROM (
        SELECT business,
            COALESCE(delivered_ms, read_ms, played_ms) IS NOT NULL AS delivered,
            COALESCE(delivered_ms, read_ms, played_ms, failed_ms) AS at_ms,
            billable, COALESCE(category, 'unknown') AS category
        FROM delivery WHERE $1 IS NULL OR business = $1
    ) AS told
    WHERE at_ms >= $2 AND at_ms < $3
    GROUP BY business, delivered, billable, category
    ORDER BY category";

impl Records {
    /// By business. Reads every message of that time: for a report, not for every scrape of the
    /// metrics (test `costs_are_counted_by_business`).
    pub async fn costs(&self, filter: CostFilter) -> Result<Vec<Costs>, Error> {
        macro_rules! rows {
            ($statement:expr) => {
                read!(self, "count the costs in", db => {
                    sqlx::query_as($statement)
                        .bind(filter.business.as_deref())
                        .bind(filter.since_ms)
                        .bind(filter.until_ms)
                        .fetch_all(db)
                        .await
                })?
            };
        }
        let turns: Vec<(String, i64)> = rows!(TURNS);
        let sent: Vec<(String, i64, i64)> = rows!(SENT);
        let told: Vec<(String, bool, Option<bool>, String, i64)> = rows!(TOLD);

        let mut costs = BTreeMap::new();
        for (business, turns) in turns {
            of(business, &mut costs).turns = turns.cast_unsigned();
        }
        for (business, messages, sent) in sent {
            let costs = of(business, &mut costs);
            (costs.messages, costs.sent) = (messages.cast_unsigned(), sent.cast_unsigned());
        }
        for (business, delivered, billable, category, count) in told {
            let (costs, count) = (of(business, &mut costs), count.cast_unsigned());
            if !delivered {
                costs.failed += count;
                continue;
            }
            costs.delivered += count;
            if billable == Some(true) {
                costs.billable.push((category, count));
            }
        }
        Ok(costs.into_values().collect())
    }
}

fn of(business: String, costs: &mut BTreeMap<String, Costs>) -> &mut Costs {
    let costs = costs.entry(business);
    costs.or_insert_with_key(|business| Costs { business: business.clone(), ..Costs::default() })
}
