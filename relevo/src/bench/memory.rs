//! What `relevo serve` holds: idle, and with many conversations known.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use domain::conversation::{Claim, Decision};
use domain::message::{Inbound, ReplyPart, ReplyReady};
use domain::{
    BusinessId, Channel, Content, Conversation, ConversationId, Customer, MessageId, Outcome,
    Rules, Timestamp,
};
use futures::{StreamExt as _, stream};
use sandbox::Sandbox;
use store::State;
use store::state::{Commit, EffectsKey};
use tokio::time::sleep;
use uuid::Uuid;

use super::figure::{Figure, Section};
use super::pipeline::turns;
use super::subject::{Places, Subject};
use super::{Bench, pipeline};
use crate::installation::BUSINESS_ID;

/// Until a process that has started, or worked, is at rest.
const REST: Duration = Duration::from_secs(5);

pub(super) async fn measure(bench: &Bench) -> anyhow::Result<Section> {
    let (known, writing) = bench.pick((100_000, 2_000), (2_000, 200));
    let places = Places::Servers { amqp: &bench.servers.amqp };
    eprintln!("memory: idle");
    let on_servers = Subject::start(bench, &[], &places).await?;
    sleep(REST).await;
    let idle_on_servers = on_servers.program.memory()?;
    drop(on_servers);

    let folder = bench.folder.path().join("embedded");
    let places = Places::Embedded { folder: folder.clone() };
    let embedded = Subject::start(bench, &[], &places).await?;
    sleep(REST).await;
    let idle = embedded.program.memory()?;
    drop(embedded);

    eprintln!("memory: {known} conversations");
    let business = BusinessId::new(BUSINESS_ID);
    bench.sandbox.reset();
    let phones: Vec<String> = (0..known).map(|number| format!("5197{number:07}")).collect();
    fill(&folder, &business, &bench.sandbox, &phones).await.context("store conversations")?;
    let embedded = Subject::start(bench, &[], &places).await?;
    let every = phones.len() / writing;
    let some: Vec<String> = phones.iter().step_by(every).cloned().collect();
    turns(&bench.sandbox, &some, 16).await?;
    sleep(REST).await;
    let full = embedded.program.memory()?;

    Ok(Section {
        title: "Memory",
        method: format!(
            "Resident memory of `relevo serve` with all roles, {} s after its start; then started \
             on an embedded file with the state of {known} conversations of one turn each, {} of which \
             open another turn, 16 at a time.",
            REST.as_secs(),
            some.len(),
        ),
        figures: vec![
            Figure::new("idle, everything embedded", idle.now, "MB").at_most(60.0),
            Figure::new("idle, on RabbitMQ, Redis and PostgreSQL", idle_on_servers.now, "MB")
                .at_most(60.0),
            Figure::new(format!("{known} conversations known, embedded"), full.now, "MB")
                .at_most(200.0),
            Figure::new("the same at its peak", full.peak, "MB"),
        ],
    })
}

/// Stores a conversation for each of these phones, as one turn leaves it.
async fn fill(
    folder: &Path,
    business: &BusinessId,
    sandbox: &Sandbox,
    phones: &[String],
) -> anyhow::Result<()> {
    let file = embedded::File::open(folder).await?;
    let state = State::embedded(file.clone()).await?;
    let mut storing = stream::iter(phones)
        .map(async |phone| {
            let user_id = sandbox.customer(phone, "Ana Quispe").user_id();
            let customer = Customer {
                user_id: Some(user_id),
                phone: Some(phone.clone()),
                name: Some("Ana Quispe".to_owned()),
            };
            let (message, conversation) = after_a_turn(business, customer)?;
            let document = serde_json::to_string(&conversation)?;
            let effects = EffectsKey { worker: "triage", message: message.as_uuid() };
            state
                .commit(Commit {
                    conversation: conversation.id().as_uuid(),
                    expected: 0,
                    document: Some(&document),
                    effects: Some((effects, "[]")),
                })
                .await?;
            anyhow::Ok(())
        })
        .buffer_unordered(256);
    while let Some(stored) = storing.next().await {
        stored?;
    }
    drop(storing);
    file.close().await;
    Ok(())
}

fn after_a_turn(
    business: &BusinessId,
    customer: Customer,
) -> anyhow::Result<(MessageId, Conversation)> {
    let (now, rules) =
        (Timestamp::from_secs(1_795_000_000), Rules { pause: Duration::ZERO, ..Rules::default() });
    let id = ConversationId::of(business, Channel::Whatsapp, &customer);
    let message = MessageId::from_uuid(Uuid::new_v5(&id.as_uuid(), b"message"));
    let inbound = Inbound {
        provider_id: format!("wamid.{message}"),
        sent_at: now,
        customer,
        address: "100000000000001".to_owned(),
        content: Content::Text { body: pipeline::GREETING.to_owned() },
        context: None,
    };
    let mut conversation = Conversation::new(id, business.clone());
    conversation.receive(message, &inbound, now, &rules);
    let turn = conversation.turn().context("open a turn")?.id;
    let text = "¡Hola! Soy el asistente de la tienda. ¿Qué estás buscando?".to_owned();
    conversation.decide(turn, Decision::Reply { text: text.clone() });
    let epoch = conversation.epoch();
    let reply = ReplyReady { turn, epoch, text: text.clone(), closes_as: Outcome::Answered };
    let part = ReplyPart { reply: message.derive("triage", 0), part: 0 };
    let claim = conversation.claim(part.reply, &reply, (0, 1), &text, now, &rules);
    anyhow::ensure!(claim == Claim::Granted, "a reply was not granted");
    conversation.part_sent(part, "wamid.answer", now);
    Ok((message, conversation))
}
