//! Whatever a customer is called, there is one conversation.

use std::sync::Arc;

use domain::message::{Inbound, MessageReceived, TurnGathered};
use domain::{
    Body, BusinessId, Channel, Content, Conversation, ConversationId, Customer, Effect, Envelope,
    MessageId, Rules, Timestamp, TurnId,
};
use runtime::{Context, Effects, Failure, Handler};
use serde_json::json;
use uuid::Uuid;

use crate::stand::{LANE, Stand};

/// Hears customers as triage does, and answers none.
struct Listener;

impl Handler for Listener {
    const WORKER: &'static str = "listener";

    async fn handle(&self, envelope: &Envelope, context: &Context<'_>) -> Result<Effects, Failure> {
        let Body::MessageReceived(MessageReceived(inbound)) = envelope.body.clone() else {
            return Ok(Effects::none());
        };
        let (id, now) = (envelope.correlation, context.now());
        Ok(Effects::change(move |conversation| {
            conversation.receive(id, &inbound, now, &Rules::default());
            // The stand sees it when what was heard is stored.
            vec![Effect::now(TurnGathered { turn: TurnId(1) })]
        }))
    }
}

/// A customer's names, new in each test.
struct Names {
    user_id: String,
    phone: String,
}

impl Names {
    fn new() -> Self {
        let random = Uuid::new_v4().as_u128() % 100_000_000;
        Self { user_id: format!("ES.{random}"), phone: format!("346{random:08}") }
    }

    fn both(&self) -> Customer {
        Customer { phone: Some(self.phone.clone()), ..self.by_user_id() }
    }

    fn by_user_id(&self) -> Customer {
        Customer { user_id: Some(self.user_id.clone()), ..Customer::default() }
    }

    fn by_phone(&self) -> Customer {
        Customer::with_phone(&self.phone)
    }
}

struct Town {
    stand: Stand,
    at: Timestamp,
}

impl Town {
    async fn new(stand: impl AsyncFn() -> Stand) -> Self {
        let stand = stand().await;
        stand.ports.records.migrate().await.unwrap();
        stand.work(&Arc::new(Listener), LANE);
        Self { at: stand.ports.clock.now(), stand }
    }

    async fn says(&self, customer: Customer, words: &str) {
        self.sends(customer, Content::text(words)).await;
    }

    /// Sends it and waits until it is handled.
    async fn sends(&self, customer: Customer, content: Content) {
        let business = BusinessId::new("example");
        let conversation = ConversationId::of(&business, Channel::Whatsapp, &customer);
        let inbound = Inbound {
            provider_id: Uuid::new_v4().to_string(),
            sent_at: self.at,
            arrived_at: None,
            customer,
            address: "100000000000001".to_owned(),
            content,
            context: None,
        };
        let id = MessageId::from_uuid(Uuid::new_v4());
        let received = MessageReceived(inbound);
        let envelope = Envelope::from_outside(id, business, conversation, self.at, received);
        self.stand.publish(&envelope).await;
        self.stand.seen().await;
    }

    /// The conversation that these names lead to.
    async fn conversation(&self, customer: Customer) -> Conversation {
        let state = &self.stand.ports.state;
        let named = ConversationId::of(&BusinessId::new("example"), Channel::Whatsapp, &customer);
        let mut id = named.as_uuid();
        // A number is whoever's was seen with it last.
        if customer.user_id.is_none()
            && let Some(owner) = state.alias(id).await.unwrap()
        {
            id = owner;
        }
        loop {
            let loaded = state.load(id, None).await.unwrap();
            id = match loaded.document {
                None => state.alias(id).await.unwrap().expect("a conversation or an alias"),
                Some(document) => {
                    let conversation: Conversation = serde_json::from_str(&document).unwrap();
                    match conversation.moved_to() {
                        Some(moved) => moved.as_uuid(),
                        None => return conversation,
                    }
                }
            };
        }
    }

    async fn hears(&self, customer: Customer) -> Vec<String> {
        let conversation = self.conversation(customer).await;
        let turn = conversation.turn().expect("an open turn");
        let words = turn.messages.iter().filter_map(|heard| heard.content.words());
        words.map(str::to_owned).collect()
    }
}

macro_rules! on_every_port {
    ($($test:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test] async fn $test() {
                super::$test(crate::stand::Stand::embedded).await;
            })+
        }
        mod servers {
            $(#[tokio::test] async fn $test() {
                super::$test(crate::stand::Stand::servers).await;
            })+
        }
    };
}

on_every_port! {
    whichever_name_comes_first_the_conversation_is_one,
    two_histories_become_one_when_both_names_come_together,
    a_number_that_changed_hands_joins_nobody,
    a_new_number_leads_to_the_old_conversation,
    a_new_number_that_wrote_before_its_notice_is_joined,
    a_rotated_user_id_leads_to_the_old_conversation,
    a_number_whose_history_is_anothers_leads_to_whoever_has_it_now,
    a_notice_without_a_user_id_leads_to_the_old_conversation,
}

async fn a_number_whose_history_is_anothers_leads_to_whoever_has_it_now(
    stand: impl AsyncFn() -> Stand,
) {
    let town = Town::new(stand).await;
    let old = Names::new();
    let new = Names { phone: old.phone.clone(), ..Names::new() };
    town.says(old.by_phone(), "mine").await;
    town.says(old.both(), "mine too").await;
    town.says(new.both(), "hers").await;
    town.says(new.by_phone(), "hers too").await;
    assert_eq!(town.hears(new.by_user_id()).await, ["hers", "hers too"]);
    assert_eq!(town.hears(old.by_user_id()).await, ["mine", "mine too"]);
    town.stand.ends_clean().await;
}

async fn a_notice_without_a_user_id_leads_to_the_old_conversation(stand: impl AsyncFn() -> Stand) {
    let town = Town::new(stand).await;
    let (old, new) = (Names::new(), Names::new());
    town.says(old.both(), "one").await;
    let details = json!({ "type": "user_changed_number", "wa_id": new.phone });
    let event = "user_changed_number".to_owned();
    town.sends(old.both(), Content::System { event, details }).await;
    town.says(new.both(), "two").await;
    assert_eq!(town.hears(new.by_user_id()).await, ["one", "two"]);
    assert_eq!(town.hears(old.by_user_id()).await, ["one", "two"]);
    town.stand.ends_clean().await;
}

async fn whichever_name_comes_first_the_conversation_is_one(stand: impl AsyncFn() -> Stand) {
    let town = Town::new(stand).await;
    let ana = Names::new();
    town.says(ana.by_phone(), "one").await;
    town.says(ana.both(), "two").await;
    town.says(ana.by_user_id(), "three").await;
    for names in [ana.by_phone(), ana.by_user_id(), ana.both()] {
        assert_eq!(town.hears(names).await, ["one", "two", "three"]);
    }

    let luis = Names::new();
    town.says(luis.both(), "one").await;
    town.says(luis.by_phone(), "two").await;
    town.says(luis.by_user_id(), "three").await;
    assert_eq!(town.hears(luis.by_user_id()).await, ["one", "two", "three"]);
    town.stand.ends_clean().await;
}

async fn two_histories_become_one_when_both_names_come_together(stand: impl AsyncFn() -> Stand) {
    let town = Town::new(stand).await;
    let ana = Names::new();
    town.says(ana.by_phone(), "one").await;
    town.says(ana.by_user_id(), "two").await;
    assert_eq!(town.hears(ana.by_phone()).await, ["one"]);
    assert_eq!(town.hears(ana.by_user_id()).await, ["two"]);
    town.says(ana.both(), "three").await;
    town.says(ana.by_phone(), "four").await;
    // What waits from the other conversation opens no turn while one is open.
    let whole = town.conversation(ana.by_user_id()).await;
    assert_eq!(whole.waiting(), 1);
    assert_eq!(whole.id(), town.conversation(ana.by_phone()).await.id());
    let heard = town.hears(ana.by_user_id()).await;
    assert!(heard.ends_with(&["three".to_owned(), "four".to_owned()]), "{heard:?}");
    town.stand.ends_clean().await;
}

async fn a_number_that_changed_hands_joins_nobody(stand: impl AsyncFn() -> Stand) {
    let town = Town::new(stand).await;
    let (old, new) = (Names::new(), Names::new());
    let new = Names { phone: old.phone.clone(), ..new };
    town.says(old.both(), "mine").await;
    town.says(new.both(), "hers").await;
    assert_eq!(town.hears(old.by_user_id()).await, ["mine"]);
    assert_eq!(town.hears(new.by_user_id()).await, ["hers"]);
    // The number alone is whoever's had it last.
    town.says(new.by_phone(), "hers too").await;
    assert_eq!(town.hears(new.by_user_id()).await, ["hers", "hers too"]);
    town.stand.ends_clean().await;
}

fn renamed(event: &str, names: &Names) -> Content {
    let details = json!({ "type": event, "wa_id": names.phone, "user_id": names.user_id });
    Content::System { event: event.to_owned(), details }
}

async fn a_new_number_leads_to_the_old_conversation(stand: impl AsyncFn() -> Stand) {
    let town = Town::new(stand).await;
    let (old, new) = (Names::new(), Names::new());
    town.says(old.both(), "one").await;
    town.sends(old.both(), renamed("user_changed_number", &new)).await;
    town.says(new.both(), "two").await;
    town.says(new.by_phone(), "three").await;
    assert_eq!(town.hears(old.by_user_id()).await, ["one", "two", "three"]);
    let customer = town.conversation(old.by_user_id()).await.customer().clone();
    assert_eq!(customer, new.both(), "answers go to the new names");
    town.stand.ends_clean().await;
}

async fn a_new_number_that_wrote_before_its_notice_is_joined(stand: impl AsyncFn() -> Stand) {
    let town = Town::new(stand).await;
    let (old, new) = (Names::new(), Names::new());
    town.says(old.both(), "one").await;
    town.says(new.both(), "two").await;
    town.sends(old.both(), renamed("user_changed_number", &new)).await;
    town.says(new.both(), "three").await;
    let whole = town.conversation(old.by_user_id()).await;
    assert_eq!(whole.id(), town.conversation(new.by_user_id()).await.id());
    assert_eq!(whole.waiting(), 1);
    assert_eq!(town.hears(old.by_user_id()).await.last().unwrap(), "three");
    town.stand.ends_clean().await;
}

async fn a_rotated_user_id_leads_to_the_old_conversation(stand: impl AsyncFn() -> Stand) {
    let town = Town::new(stand).await;
    let old = Names::new();
    let new = Names { phone: old.phone.clone(), ..Names::new() };
    town.says(old.both(), "one").await;
    town.sends(old.by_user_id(), renamed("user_changed_user_id", &new)).await;
    town.says(new.by_user_id(), "two").await;
    assert_eq!(town.hears(old.by_user_id()).await, ["one", "two"]);
    town.stand.ends_clean().await;
}
