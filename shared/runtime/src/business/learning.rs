//! How a business learns from its specialists' answers.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LearningRules {
    pub publish: Publishing,
    /// For so many days customers are told what speaks of prices, stock, hours or dates.
    pub keep_days: u32,
    /// And for so many what does not; without a number, for good.
    pub keep_other_days: Option<u32>,
}

/// Who decides that customers are told what was learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Publishing {
    /// Somebody who has looked at it.
    #[default]
    Approved,
    /// Nobody, where the guards let it pass and nothing known contradicts it.
    Automatic,
}

impl Default for LearningRules {
    fn default() -> Self {
        Self { publish: Publishing::Approved, keep_days: 30, keep_other_days: None }
    }
}

impl LearningRules {
    pub fn publishes_by_itself(&self) -> bool {
        self.publish == Publishing::Automatic
    }

    /// For how many days customers are told an answer; none for good.
    pub fn days(&self, changes: bool) -> Option<u32> {
        if changes { Some(self.keep_days) } else { self.keep_other_days }
    }

    pub(super) fn problem(&self) -> Option<String> {
        let is_zero = self.keep_days == 0 || self.keep_other_days == Some(0);
        is_zero.then(|| "learning.keep_days and keep_other_days must be at least 1".to_owned())
    }
}
