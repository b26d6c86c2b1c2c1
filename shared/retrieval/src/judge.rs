//! Three bands: answer, offer choices, hand off.

use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::confidence::Features;
use crate::entry::Hit;
use crate::index::Index;
use crate::query::Query;
use crate::reuse::{Reuse, reuse};
use crate::search::{Found, Near, Nearness};

/// How many choices are offered.
const CHOICES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// The first hit answers the question.
    Answer,
    /// One of the hits may: let the customer choose.
    Offer,
    HandOff,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    pub band: Band,
    /// How likely the first hit answers the question, between 0 and 1. It is comparable within a
    /// business: what it promises there is for [`Calibration`] to say.
    pub confidence: f32,
    /// Up to three, the best first.
    pub hits: Vec<Hit>,
}

impl Index {
    /// Whether a question can be answered from this index.
    pub fn judge(&self, query: &str, calibration: &Calibration) -> Judgement {
        self.judged(query, None, calibration)
    }

    /// The same with the query's vector; see [`search_with`](Index::search_with).
    pub fn judge_with(
        &self,
        query: &str,
        vector: &[f32],
        weight: f32,
        calibration: &Calibration,
    ) -> Judgement {
        self.judge_near(query, Some(Nearness { of: Near::Vector(vector), weight }), calibration)
    }

    /// The same with what is known of the nearness, if anything.
    pub fn judge_near(
        &self,
        query: &str,
        nearness: Option<Nearness<'_>>,
        calibration: &Calibration,
    ) -> Judgement {
        self.judged(query, nearness, calibration)
    }

    /// What the confidence in the first hit is made of; `None` when nothing was found. For
    /// training it.
    pub fn features(&self, query: &str) -> Option<(String, Features)> {
        let query = Query::read(self, query);
        let found = self.find(&query, None);
        let best = found.first().filter(|best| best.score > 0.0)?;
        let id = self.doc(best.slot)?.id.clone();
        Some((id, Features::of(self, &query, &found)?))
    }

    fn judged(
        &self,
        query: &str,
        nearness: Option<Nearness<'_>>,
        calibration: &Calibration,
    ) -> Judgement {
        let weighed = self.weigh(query, nearness);
        let band = weighed.band(calibration);
        Judgement { band, confidence: weighed.confidence, hits: weighed.hits }
    }

    pub(crate) fn weigh(&self, query: &str, nearness: Option<Nearness<'_>>) -> Weighed {
        let query = Query::read(self, query);
        let found = self.find(&query, nearness);
        let hits = self.hits(&found, CHOICES);
        let features = Features::of(self, &query, &found).filter(|_| !hits.is_empty());
        let confidence = features.map_or(0.0, |features| features.confidence());
        Weighed { hits, confidence, reuse: self.reuse(&query, &found) }
    }

    fn reuse(&self, query: &Query, found: &[Found]) -> Reuse {
        let doc = found.first().and_then(|best| self.doc(best.slot));
        doc.map_or(Reuse::Refused, |doc| reuse(self, query, doc))
    }
}

/// What is known of a question before it is known how sure an answer must be.
pub(crate) struct Weighed {
    pub(crate) hits: Vec<Hit>,
    pub(crate) confidence: f32,
    reuse: Reuse,
}

impl Weighed {
    pub(crate) fn band(&self, calibration: &Calibration) -> Band {
        if self.hits.is_empty() {
            return Band::HandOff;
        }
        match self.reuse {
            Reuse::Same => Band::Answer,
            Reuse::Open if calibration.cut.is_some_and(|cut| self.confidence >= cut) => {
                Band::Answer
            }
            _ if self.confidence >= calibration.offer => Band::Offer,
            _ => Band::HandOff,
        }
    }
}
