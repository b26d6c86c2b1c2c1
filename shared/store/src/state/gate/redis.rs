//! Gates in Redis: one hash and one round trip each, under the clock of Redis.

use std::time::Duration;

use super::super::redis::{Redis, read};
use super::{Block, Blocked, Error, Limit, Pass, duration, micros};

impl Redis {
    pub(super) async fn pass(
        &self,
        key: &str,
        limit: Limit,
        patience: Duration,
    ) -> Result<Pass, Error> {
        const OPERATION: &str = "pass a gate";
        let numbers = [micros(limit.every), limit.depth(), micros(patience)];
        let answer = self.gate(OPERATION, key, "pass", &numbers.map(|n| n.to_string())).await?;
        let (word, wait, ticket): (String, i64, u64) = read(OPERATION, answer)?;
        let wait = duration(wait);
        match word.as_str() {
            "granted" => Ok(Pass::Granted { after: wait, ticket }),
            "early" => Ok(Pass::Wait { until_free: wait, blocked: false }),
            "blocked" => Ok(Pass::Wait { until_free: wait, blocked: true }),
            _ => Err(Error::Foreign { operation: OPERATION }),
        }
    }

    pub(super) async fn give_back(&self, key: &str, ticket: u64) -> Result<(), Error> {
        let ticket = ticket.to_string();
        self.gate("give a place back at a gate", key, "give_back", &[ticket]).await.map(drop)
    }

    pub(super) async fn block(&self, key: &str, block: Block) -> Result<Blocked, Error> {
        const OPERATION: &str = "block a gate";
        let numbers = [
            micros(block.base).to_string(),
            block.factor.max(1).to_string(),
            micros(block.longest).to_string(),
            micros(block.at_least).to_string(),
            block.chance().to_string(),
            u8::from(block.probe).to_string(),
            block.ticket.map_or_else(|| "-1".to_owned(), |ticket| ticket.to_string()),
        ];
        let answer = self.gate(OPERATION, key, "block", &numbers).await?;
        let (for_, strikes, newly): (i64, u32, bool) = read(OPERATION, answer)?;
        Ok(Blocked { for_: duration(for_), strikes, newly })
    }

    pub(super) async fn unblock(&self, key: &str, ticket: u64) -> Result<bool, Error> {
        const OPERATION: &str = "unblock a gate";
        let answer = self.gate(OPERATION, key, "unblock", &[ticket.to_string()]).await?;
        read(OPERATION, answer)
    }

    pub(super) async fn blocked(&self, key: &str) -> Result<Option<Duration>, Error> {
        const OPERATION: &str = "look at a gate";
        let wait: i64 = read(OPERATION, self.gate(OPERATION, key, "blocked", &[]).await?)?;
        Ok((wait > 0).then(|| duration(wait)))
    }
}
