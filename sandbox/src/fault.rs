//! Faults on demand: which requests and webhooks go wrong, and how.

use std::sync::Mutex;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::graph::GraphError;
use crate::lock;
use crate::notion::NotionError;
use crate::operation::Operation;

/// A rule: this operation goes wrong in this way, for so many times or for a share of the cases.
///
/// ```
/// use sandbox::{Fault, Operation};
/// // The next send is delivered, but its answer is lost.
/// let fault = Fault::on(Operation::Send).loses_the_answer().times(1);
/// // A tenth of all webhooks comes twice, the same tenth in every run.
/// let fault = Fault::on(Operation::Webhook).duplicates(1).share(0.1, 42);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub operation: Operation,
    pub effect: Effect,
    /// How many matches it still falls on; without it, all.
    #[serde(default)]
    pub times: Option<u32>,
    /// The share of matches it falls on, 0.0 to 1.0, drawn from `seed`; without it, all.
    #[serde(default)]
    pub share: Option<f64>,
    #[serde(default)]
    pub seed: u64,
    /// Only for this customer, by phone number; a webhook batch counts for its first customer.
    #[serde(default)]
    pub customer: Option<String>,
    /// How long it falls, counted from when it was added; without it, until it is cleared.
    #[serde(default)]
    pub for_ms: Option<u64>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// Slower. Of any operation; adds to other faults.
    Latency { ms: u64 },
    /// An error answer: of WhatsApp a code with its real body and HTTP status; of the model and of
    /// Notion an HTTP status.
    Refuse {
        code: u32,
        #[serde(default)]
        retry_after_s: Option<u32>,
    },
    /// A send is accepted, and a `failed` status with this code follows.
    FailLater { code: u32 },
    /// Nothing is done, and no answer comes until the client gives up.
    Hang,
    /// It is done, and no answer comes until the client gives up.
    HangAfter,
    /// Nothing is done, and the connection closes without an answer.
    Lose,
    /// It is done, and the connection closes without an answer.
    LoseAnswer,
    /// The address of a file is dead already: 404 with an empty body. Of WhatsApp's downloads only.
    Expire,
    /// A webhook comes again so many times.
    Duplicate { copies: u32 },
    /// A webhook is held back for a random time, so that later ones overtake it.
    Shuffle { within_ms: u64 },
    /// A webhook never comes.
    Drop,
    /// A webhook is signed with another secret, or carries one. It is not repeated when it is refused.
    WrongSignature,
}

impl Effect {
    fn fits(&self, operation: Operation) -> bool {
        match self {
            Self::Latency { .. } => true,
            Self::Refuse { .. } | Self::Hang | Self::HangAfter | Self::Lose | Self::LoseAnswer => {
                !operation.is_webhook()
            }
            Self::FailLater { .. } => operation == Operation::Send,
            Self::Expire => operation == Operation::MediaDownload,
            Self::Duplicate { .. } | Self::Shuffle { .. } | Self::Drop | Self::WrongSignature => {
                operation.is_webhook()
            }
        }
    }
}

/// A fault without its effect yet.
#[derive(Clone, Copy, Debug)]
pub struct FaultOn(Operation);

impl FaultOn {
    fn with(self, effect: Effect) -> Fault {
        Fault {
            operation: self.0,
            effect,
            times: None,
            share: None,
            seed: 0,
            customer: None,
            for_ms: None,
        }
    }

    #[must_use]
    pub fn is_slow(self, by: Duration) -> Fault {
        self.with(Effect::Latency { ms: millis(by) })
    }

    /// See [`Effect::Refuse`].
    #[must_use]
    pub fn refuses(self, code: u32) -> Fault {
        self.with(Effect::Refuse { code, retry_after_s: None })
    }

    #[must_use]
    pub fn refuses_for(self, code: u32, retry_after_s: u32) -> Fault {
        self.with(Effect::Refuse { code, retry_after_s: Some(retry_after_s) })
    }

    /// See [`Effect::FailLater`].
    #[must_use]
    pub fn fails_later(self, code: u32) -> Fault {
        self.with(Effect::FailLater { code })
    }

    /// See [`Effect::Hang`].
    #[must_use]
    pub fn hangs(self) -> Fault {
        self.with(Effect::Hang)
    }

    /// See [`Effect::HangAfter`].
    #[must_use]
    pub fn hangs_after(self) -> Fault {
        self.with(Effect::HangAfter)
    }

    /// See [`Effect::Lose`].
    #[must_use]
    pub fn is_lost(self) -> Fault {
        self.with(Effect::Lose)
    }

    /// See [`Effect::LoseAnswer`].
    #[must_use]
    pub fn loses_the_answer(self) -> Fault {
        self.with(Effect::LoseAnswer)
    }

    /// See [`Effect::Expire`].
    #[must_use]
    pub fn has_expired(self) -> Fault {
        self.with(Effect::Expire)
    }

    #[must_use]
    pub fn duplicates(self, copies: u32) -> Fault {
        self.with(Effect::Duplicate { copies })
    }

    #[must_use]
    pub fn shuffles(self, within: Duration) -> Fault {
        self.with(Effect::Shuffle { within_ms: millis(within) })
    }

    #[must_use]
    pub fn never_comes(self) -> Fault {
        self.with(Effect::Drop)
    }

    #[must_use]
    pub fn is_signed_wrongly(self) -> Fault {
        self.with(Effect::WrongSignature)
    }
}

impl Fault {
    #[must_use]
    pub fn on(operation: Operation) -> FaultOn {
        FaultOn(operation)
    }

    /// Falls on the next so many matches only.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Falls on this share of the matches; the same seed draws the same ones, as
    /// `a_share_is_the_same_for_the_same_seed` holds.
    #[must_use]
    pub fn share(mut self, share: f64, seed: u64) -> Self {
        self.share = Some(share);
        self.seed = seed;
        self
    }

    /// Falls for so long only: a system that is away for a while.
    #[must_use]
    pub fn lasting(mut self, time: Duration) -> Self {
        self.for_ms = Some(millis(time));
        self
    }

    /// Falls on this customer only.
    #[must_use]
    pub fn for_customer(mut self, phone: &str) -> Self {
        self.customer = Some(crate::chat::digits(phone));
        self
    }

    /// Why this rule could never fall, in words for whoever wrote it.
    pub(crate) fn problem(&self) -> Option<String> {
        if !self.effect.fits(self.operation) {
            return Some(format!("{:?} cannot happen to {:?}", self.effect, self.operation));
        }
        if self.share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Some("share must be between 0 and 1".into());
        }
        match self.effect {
            Effect::Refuse { code, .. } if self.operation.is_model() => (!(400..600)
                .contains(&code))
            .then(|| format!("{code} is not an HTTP status of an error")),
            Effect::Refuse { code, .. } if self.operation.is_notion() => {
                (!NotionError::has_status(code)).then(|| format!("Notion has no error {code}"))
            }
            Effect::Refuse { code, .. } | Effect::FailLater { code } => {
                GraphError::known(code).is_none().then(|| format!("WhatsApp has no error {code}"))
            }
            _ => None,
        }
    }
}

/// The faults of one sandbox.
#[derive(Debug, Default)]
pub struct Faults(Mutex<Vec<Active>>);

#[derive(Debug)]
struct Active {
    fault: Fault,
    dice: Dice,
    until: Option<Instant>,
}

impl Active {
    fn can_fall(&self) -> bool {
        self.fault.times != Some(0) && self.until.is_none_or(|until| Instant::now() < until)
    }
}

impl Faults {
    /// From now on, after the faults that are already there.
    ///
    /// # Panics
    /// When the effect cannot happen to the operation, or the error code does not exist: a test that
    /// asks for it would prove nothing.
    pub fn add(&self, fault: Fault) {
        if let Some(problem) = fault.problem() {
            panic!("not a fault: {problem}");
        }
        let dice = Dice(fault.seed);
        let until = fault.for_ms.map(|ms| Instant::now() + Duration::from_millis(ms));
        lock(&self.0).push(Active { fault, dice, until });
    }

    /// Everything works again.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// The rules that can still fall.
    #[must_use]
    pub fn active(&self) -> Vec<Fault> {
        lock(&self.0)
            .iter()
            .filter(|active| active.can_fall())
            .map(|active| active.fault.clone())
            .collect()
    }

    /// Draws what happens to one request or webhook, and counts it.
    pub(crate) fn draw(&self, operation: Operation, customer: Option<&str>) -> Plan {
        let mut plan = Plan::default();
        for active in lock(&self.0).iter_mut().filter(|active| active.can_fall()) {
            let Active { fault, dice, .. } = active;
            let falls = fault.operation.covers(operation)
                && fault.customer.as_deref().is_none_or(|only| customer == Some(only))
                && fault.share.is_none_or(|share| dice.roll() < share);
            if falls && plan.take(&fault.effect, dice) {
                fault.times = fault.times.map(|times| times - 1);
            }
        }
        plan
    }
}

/// What happens to one request or webhook.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) latency: Duration,
    pub(crate) outcome: Outcome,
    pub(crate) copies: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    #[default]
    AsItShould,
    Fault(Effect),
}

impl Plan {
    /// Adds an effect. `false` when an earlier rule has already decided, so that this one is not used up.
    fn take(&mut self, effect: &Effect, dice: &mut Dice) -> bool {
        match effect {
            Effect::Latency { ms } => self.latency += Duration::from_millis(*ms),
            Effect::Shuffle { within_ms } => {
                self.latency += Duration::from_millis(*within_ms).mul_f64(dice.roll());
            }
            Effect::Duplicate { copies } => self.copies += copies,
            _ if self.outcome != Outcome::AsItShould => return false,
            decisive => self.outcome = Outcome::Fault(decisive.clone()),
        }
        true
    }
}

/// SplitMix64: small, and the same on every machine, which is what a seed is for.
#[derive(Debug)]
struct Dice(u64);

impl Dice {
    /// A number from 0.0 up to 1.0.
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        // 53 bits are what a f64 holds exactly.
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
