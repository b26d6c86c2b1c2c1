//! One customer under all names, and nobody else.

use std::collections::BTreeSet;

use domain::message::Inbound;
use domain::{
    BusinessId, Channel, Content, Conversation, ConversationId, Customer, MessageId, Rules,
    Timestamp,
};
use runtime::customer::{Known, Name, find};
use store::state::Commit;
use store::{Records, State};
use tempfile::TempDir;
use uuid::Uuid;

const PHONE: &str = "51912345678";
const ANA: &str = "PE.1";
const LUIS: &str = "PE.2";
const AT: Timestamp = Timestamp::from_secs(1_795_000_000);

struct Town {
    state: State,
    records: Records,
    business: BusinessId,
    _dir: TempDir,
}

impl Town {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let file = embedded::File::open(dir.path()).await.unwrap();
        let state = State::embedded(file.clone()).await.unwrap();
        let records = Records::embedded(file);
        records.migrate().await.unwrap();
        Self { state, records, business: BusinessId::new("shop"), _dir: dir }
    }

    fn id(&self, names: &Customer) -> ConversationId {
        ConversationId::of(&self.business, Channel::Whatsapp, names)
    }

    /// A conversation in which somebody of these names wrote.
    async fn conversation(&self, id: ConversationId, names: Customer) -> Conversation {
        let mut conversation = Conversation::new(id, self.business.clone());
        let inbound = Inbound {
            provider_id: Uuid::new_v4().to_string(),
            sent_at: AT,
            arrived_at: None,
            customer: names,
            address: "1".to_owned(),
            content: Content::text("hola"),
            context: None,
        };
        let message = MessageId::from_uuid(Uuid::new_v4());
        conversation.receive(message, &inbound, AT, &Rules::default());
        self.store(&conversation).await;
        conversation
    }

    async fn store(&self, conversation: &Conversation) {
        let id = conversation.id().as_uuid();
        let expected = self.state.load(id, None).await.unwrap().version;
        let text = serde_json::to_string(conversation).unwrap();
        let document = Some(text.as_str());
        let commit = Commit { conversation: id, expected, document, effects: None };
        self.state.commit(commit).await.unwrap();
    }

    async fn alias(&self, of: ConversationId, to: ConversationId) {
        self.state.put_alias(of.as_uuid(), to.as_uuid()).await.unwrap();
    }

    async fn recorded(&self, conversation: ConversationId, name: &str) {
        let inbound = store::records::Inbound {
            id: Uuid::new_v4(),
            business: self.business.to_string(),
            conversation: conversation.as_uuid(),
            channel: "whatsapp".to_owned(),
            provider_id: "wamid.1".to_owned(),
            customer: name.to_owned(),
            kind: "text".to_owned(),
            text: None,
            envelope: "{}".to_owned(),
            received_ms: 1,
        };
        self.records.record_inbound(&inbound).await.unwrap();
    }

    async fn finds(&self, name: &str) -> Known {
        let name = Name::parse(name).unwrap();
        find(&self.state, &self.records, &self.business, name).await.unwrap()
    }
}

fn user(id: &str) -> Customer {
    Customer { user_id: Some(id.to_owned()), ..Customer::default() }
}

fn phone() -> Customer {
    Customer::with_phone(PHONE)
}

fn both(id: &str) -> Customer {
    Customer { phone: Some(PHONE.to_owned()), ..user(id) }
}

fn names(known: &Known) -> Vec<&str> {
    known.names.iter().map(Name::as_str).collect()
}

fn conversations(known: &Known) -> BTreeSet<ConversationId> {
    known.conversations.keys().copied().collect()
}

#[tokio::test]
async fn either_name_leads_to_everything_that_was_joined() {
    let town = Town::new().await;
    let (home, first) = (town.id(&user(ANA)), town.id(&phone()));
    let mut gone = town.conversation(first, phone()).await;
    let mut stays = town.conversation(home, both(ANA)).await;
    gone.move_to(home);
    stays.absorb(&gone);
    town.store(&gone).await;
    town.store(&stays).await;
    town.alias(first, home).await;
    // A name of years ago, which only the records remember.
    town.recorded(home, "PE.0").await;
    for name in [PHONE, "+51 912 345 678", ANA, "PE.0"] {
        let known = town.finds(name).await;
        assert_eq!(names(&known), ["PE.0", ANA, PHONE], "{name}");
        let expected = BTreeSet::from([home, first, town.id(&user("PE.0"))]);
        assert_eq!(conversations(&known), expected, "{name}");
        assert_eq!(known.aliases().collect::<Vec<_>>(), [first], "{name}");
        let order = known.to_forget();
        assert_eq!(order.last(), Some(&home), "what leads to the rest goes last");
        assert_eq!(order.len(), 3);
    }
    let nobody = town.finds("51999999999").await;
    assert!(nobody.conversations.values().all(Option::is_none));
    assert_eq!(names(&nobody), ["51999999999"]);
}

#[tokio::test]
async fn a_number_that_changed_hands_leads_to_whoever_has_it_now() {
    let town = Town::new().await;
    // Ana wrote first with the number, and it is Luis's now.
    let (old, new) = (town.id(&phone()), town.id(&user(LUIS)));
    town.conversation(old, both(ANA)).await;
    town.conversation(new, both(LUIS)).await;
    town.alias(town.id(&user(ANA)), old).await;
    town.alias(old, new).await;
    town.recorded(old, ANA).await;
    town.recorded(new, LUIS).await;
    town.recorded(old, PHONE).await;
    for name in [PHONE, LUIS] {
        let known = town.finds(name).await;
        assert_eq!(names(&known), [LUIS, PHONE], "{name}");
        assert_eq!(conversations(&known), BTreeSet::from([new]), "{name}");
        assert_eq!(known.aliases().count(), 0, "{name}");
    }
    let known = town.finds(ANA).await;
    assert_eq!(conversations(&known), BTreeSet::from([old, town.id(&user(ANA))]));
    assert!(!names(&known).contains(&LUIS));
    // What leads to Luis stays.
    assert_eq!(known.aliases().collect::<Vec<_>>(), [town.id(&user(ANA))]);
}

#[tokio::test]
async fn what_only_the_records_remember_is_found() {
    let town = Town::new().await;
    let home = town.id(&user(ANA));
    town.recorded(home, ANA).await;
    town.recorded(home, PHONE).await;
    for name in [PHONE, ANA] {
        let known = town.finds(name).await;
        assert_eq!(names(&known), [ANA, PHONE], "{name}");
        assert!(conversations(&known).contains(&home), "{name}");
    }
}
