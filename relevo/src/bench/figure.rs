//! Numbers with what they should be.

/// What one measurement found.
pub(super) struct Section {
    pub(super) title: &'static str,
    /// How it was measured, and what has to be known to read it.
    pub(super) method: String,
    pub(super) figures: Vec<Figure>,
    /// What has more sides than one.
    pub(super) table: Option<Table>,
}

/// Numbers side by side; `NaN` where there is none.
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<(String, Vec<f64>)>,
}

impl Table {
    pub(super) fn new(columns: impl IntoIterator<Item = String>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, name: impl Into<String>, values: Vec<f64>) {
        self.rows.push((name.into(), values));
    }
}

pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: Spread,
    pub(super) unit: &'static str,
    pub(super) limit: Option<Limit>,
}

#[derive(Clone, Copy)]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// The same number from several rounds.
#[derive(Clone, Copy)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Figure {
    pub(super) fn new(
        name: impl Into<String>,
        value: impl Into<Spread>,
        unit: &'static str,
    ) -> Self {
        Self { name: name.into(), value: value.into(), unit, limit: None }
    }

    pub(super) fn at_most(self, limit: f64) -> Self {
        Self { limit: Some(Limit::AtMost(limit)), ..self }
    }

    pub(super) fn at_least(self, limit: f64) -> Self {
        Self { limit: Some(Limit::AtLeast(limit)), ..self }
    }

    /// By the median.
    pub(super) fn is_met(&self) -> Option<bool> {
        Some(match self.limit? {
            Limit::AtMost(limit) => self.value.median <= limit,
            Limit::AtLeast(limit) => self.value.median >= limit,
        })
    }
}

impl Spread {
    pub(super) fn of(rounds: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = rounds.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self {
            median: quantile(&sorted, 0.5),
            min: sorted.first().copied().unwrap_or(f64::NAN),
            max: sorted.last().copied().unwrap_or(f64::NAN),
        }
    }

    /// Round by round, so that what slowed both down cancels out.
    pub(super) fn ratio(ours: &[f64], bare: &[f64]) -> Self {
        Self::of(ours.iter().zip(bare).map(|(ours, bare)| ours / bare))
    }
}

impl From<f64> for Spread {
    fn from(value: f64) -> Self {
        Self::of([value])
    }
}

/// The smallest value that at least this share of all does not exceed.
pub(super) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let rank = sorted.iter().zip(1_u32..).find(|(_, rank)| {
        f64::from(*rank) >= share * f64::from(u32::try_from(sorted.len()).unwrap_or(u32::MAX))
    });
    rank.map_or(f64::NAN, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let sorted: Vec<f64> = (1..=200).map(f64::from).collect();
        for (share, value) in [(0.5, 100.0), (0.95, 190.0), (0.99, 198.0), (1.0, 200.0)] {
            assert!((quantile(&sorted, share) - value).abs() < 1e-9, "{share}");
        }
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_limit_is_held_by_the_median() {
        let figure = || Figure::new("", Spread::of([3.0, 1.0, 2.0]), "");
        assert_eq!(figure().is_met(), None);
        assert_eq!(figure().at_most(2.0).is_met(), Some(true));
        assert_eq!(figure().at_least(2.1).is_met(), Some(false));
    }
}
