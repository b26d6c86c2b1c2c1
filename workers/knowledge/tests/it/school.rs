//! The worker with a specialist, reviewers and customers around it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use broker::{Consumer, Queue};
use domain::message::{
    AlertRaised, AnswerLearned, AnswerReviewed, HandoffReason, HandoffRequested, Inbound,
    LearningChanged, LearningState, MessageReceived, TurnClosed,
};
use domain::{
    Body, BusinessId, Content, ConversationId, Customer, Envelope, Kind, Language, MessageId,
    Outcome, Timestamp, TurnId,
};
use runtime::Clock;
use store::records::{Use, UseOutcome};
use tokio::time::Instant;
use uuid::Uuid;

use crate::stand::{SHOP, SOON, Stand, asked};

const CHANGES: &str = "test.changes";
const TOPICS: &[&str] = &[Kind::LearningChanged.as_str(), Kind::AlertRaised.as_str()];
/// When the tests begin, in milliseconds.
pub(crate) const BEGIN: i64 = 1_800_000_000_000;

pub(crate) struct School {
    pub(crate) stand: Stand,
    now: Arc<AtomicI64>,
    changes: Consumer,
    messages: u128,
}

impl School {
    pub(crate) async fn open() -> Self {
        let now = Arc::new(AtomicI64::new(BEGIN));
        let clock = Arc::clone(&now);
        let clock = Clock::new(move || Timestamp::from_millis(clock.load(Ordering::Relaxed)));
        let stand = Stand::prepare_at(clock).await;
        let queues: Vec<Queue> = runtime::topology::queues()
            .into_iter()
            .chain([Queue { name: CHANGES, topics: TOPICS }])
            .collect();
        stand.ports.broker.declare(&queues).await.unwrap();
        let changes = stand.ports.broker.consume(CHANGES, 64).await.unwrap();
        stand.work();
        Self { stand, now, changes, messages: 1 << 64 }
    }

    pub(crate) fn later(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.now.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    /// A message of its own in a conversation.
    pub(crate) fn message(
        &mut self,
        business: &str,
        conversation: u128,
        at_ms: i64,
        body: impl Into<Body>,
    ) -> Envelope {
        self.messages += 1;
        let id = MessageId::from_uuid(Uuid::from_u128(self.messages));
        let conversation = ConversationId::from_uuid(Uuid::from_u128(conversation));
        let at = Timestamp::from_millis(at_ms);
        Envelope::from_outside(id, BusinessId::new(business), conversation, at, body)
    }

    /// A specialist answers; the message, to be sent again.
    pub(crate) async fn teaches(
        &mut self,
        business: &str,
        question: &str,
        answer: &str,
    ) -> Envelope {
        let learned = AnswerLearned {
            ticket: "t1".to_owned(),
            question: question.to_owned(),
            answer: answer.to_owned(),
            language: Language::Es,
        };
        let message = self.message(business, 7, self.now(), learned);
        self.stand.publish(&message).await;
        message
    }

    /// Teaches and waits for what comes of it.
    pub(crate) async fn taught(
        &mut self,
        business: &str,
        question: &str,
        answer: &str,
    ) -> LearningChanged {
        self.teaches(business, question, answer).await;
        self.change().await
    }

    pub(crate) async fn reviews(
        &mut self,
        business: &str,
        candidate: Uuid,
        approved: bool,
    ) -> Envelope {
        let now = self.now() + 1;
        let review = AnswerReviewed { candidate, approved };
        let message = self.message(business, 7, now, review);
        self.stand.publish(&message).await;
        message
    }

    /// Teaches something to the shop and has it approved.
    pub(crate) async fn knows(&mut self, question: &str, answer: &str) -> LearningChanged {
        let proposed = self.taught(SHOP, question, answer).await;
        assert_eq!(proposed.state, LearningState::Proposed, "{question}: {:?}", proposed.why);
        self.reviews(SHOP, proposed.candidate, true).await;
        let published = self.change().await;
        assert_eq!(published.state, LearningState::Published, "{question}: {:?}", published.why);
        published
    }

    /// The next change of a candidate that somebody is told of.
    pub(crate) async fn change(&mut self) -> LearningChanged {
        match self.told().await {
            Body::LearningChanged(changed) => changed,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn alert(&mut self) -> AlertRaised {
        match self.told().await {
            Body::AlertRaised(alert) => alert,
            other => panic!("{other:?}"),
        }
    }

    async fn told(&mut self) -> Body {
        let delivery = tokio::time::timeout(SOON, self.changes.next()).await.unwrap().unwrap();
        let envelope = Envelope::decode(&delivery.body).unwrap();
        delivery.ack().await.unwrap();
        envelope.body
    }

    /// Asks the shop until it comes out as wanted; how long that took.
    pub(crate) async fn asks_until(
        &mut self,
        question: &str,
        wanted: impl Fn(&Body) -> bool,
    ) -> Duration {
        self.stand.asks_until(question, wanted).await
    }

    /// A customer asks in a turn and gets the answer; what was used.
    pub(crate) async fn asks(&mut self, customer: u128, turn: u64, question: &str) -> Body {
        let at = at(turn);
        let message = self.message(SHOP, customer, at, asked(turn, question));
        let told = self.stand.is_told(message).await;
        let closed = TurnClosed {
            turn: Some(TurnId(turn)),
            outcome: Outcome::Answered,
            messages: Vec::new(),
            sent: Vec::new(),
            error_code: None,
        };
        if matches!(told, Body::ReplyReady(_)) {
            let closed = self.message(SHOP, customer, at + 2_000, closed);
            self.stand.publish(&closed).await;
        }
        told
    }

    /// A customer writes something before a turn is opened for it.
    pub(crate) async fn writes(&mut self, customer: u128, turn: u64, words: &str) {
        let inbound = Inbound {
            provider_id: format!("wamid.{customer}.{turn}"),
            sent_at: Timestamp::from_millis(at(turn) - 3_000),
            arrived_at: None,
            customer: Customer::default(),
            address: SHOP.to_owned(),
            content: Content::text(words),
            context: None,
        };
        let message = self.message(SHOP, customer, at(turn), MessageReceived(inbound));
        self.stand.publish(&message).await;
    }

    pub(crate) async fn wishes_a_person(&mut self, customer: u128, turn: u64) {
        let wished = HandoffRequested {
            turn: TurnId(turn),
            epoch: 1,
            reason: HandoffReason::Wished,
            language: Language::Es,
            summary: "una persona".to_owned(),
            partial: None,
        };
        let message = self.message(SHOP, customer, at(turn), wished);
        // It is on its way to the desk, which is listened to here.
        self.stand.is_told(message).await;
    }

    pub(crate) async fn uses(&self, entry: Uuid) -> Vec<(Use, Option<UseOutcome>)> {
        self.stand.ports.records.uses_of(SHOP, entry).await.unwrap()
    }

    /// Waits for the outcomes of an entry's uses, the newest first.
    pub(crate) async fn outcomes(&self, entry: Uuid, expected: &[Option<UseOutcome>]) {
        let began = Instant::now();
        loop {
            let found: Vec<_> =
                self.uses(entry).await.into_iter().map(|(_, outcome)| outcome).collect();
            if found == expected {
                return;
            }
            assert!(began.elapsed() < SOON, "{found:?} never became {expected:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn close(self) {
        self.stand.stop().await;
    }
}

/// When a turn's question is asked.
pub(crate) fn at(turn: u64) -> i64 {
    BEGIN + i64::try_from(turn).unwrap() * 60_000
}

pub(crate) fn answers(body: &Body, text: &str) -> bool {
    matches!(body, Body::ReplyReady(reply) if reply.choices.is_empty() && reply.text.contains(text))
}

/// Whether the customer is told no entry: choices are none.
pub(crate) fn is_not_answered(body: &Body) -> bool {
    !matches!(body, Body::ReplyReady(reply) if reply.choices.is_empty())
}
