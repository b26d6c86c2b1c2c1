//! A customer whom WhatsApp names by a user id here and by a number there.

use std::time::Duration;

use domain::conversation::Owner;
use domain::{BusinessId, Channel, Conversation, ConversationId, Customer};
use relevo::installation::{BUSINESS_ID, Installation, Plan};
use runtime::lifecycle::Ended;
use sandbox::Sender;
use serde_json::json;

use crate::{BUSINESS, all_settled, until};

const PHONE: &str = "51990000001";
const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_answers_to_the_number_alone_silences_the_bot() {
    let plan = Plan { business: BUSINESS.to_owned(), ..Plan::default() };
    let installation = Installation::start(plan).await.unwrap();
    let sandbox = &installation.sandbox;
    let ana = sandbox.customer(PHONE, "Ana");
    ana.says("hola").await;
    ana.hears(LIMIT).await.unwrap();

    let listen = installation.app.listen.unwrap();
    let echo = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{
        "field": "smb_message_echoes",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": { "phone_number_id": sandbox.options().phone_number_id },
            "message_echoes": [{
                "from": "34911111111", "to": PHONE, "id": "wamid.echo", "timestamp": "1795000040",
                "type": "text", "text": { "body": "te atiendo yo" }
            }]
        }
    }] }] });
    let body = echo.to_string();
    let answer = reqwest::Client::new()
        .post(format!("http://{listen}/webhooks/whatsapp"))
        .header("x-hub-signature-256", sandbox.sign(body.as_bytes()))
        .body(body)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let customer = Customer { user_id: Some(ana.user_id()), ..Customer::default() };
    let business = BusinessId::new(BUSINESS_ID);
    let conversation = ConversationId::of(&business, Channel::Whatsapp, &customer).as_uuid();
    let state = &installation.app.ports().state;
    until("the person owns the conversation", LIMIT, async || {
        let document = state.load(conversation, None).await.unwrap().document.unwrap();
        let conversation: Conversation = serde_json::from_str(&document).unwrap();
        matches!(conversation.owner(), Owner::Person { .. })
    })
    .await;

    ana.says("gracias").await;
    let counts = all_settled(&installation.app.ports().records, 2).await;
    let expected = [("answered".to_owned(), 1), ("with_person".to_owned(), 1)];
    assert_eq!(counts.outcomes, expected);
    let said = sandbox.transcript(PHONE);
    assert_eq!(said.iter().filter(|bubble| bubble.from == Sender::Business).count(), 1);
    assert_eq!(installation.stop().await, Ended::Cleanly);
}
