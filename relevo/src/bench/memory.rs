//! What `relevo serve` holds: idle, and with many conversations known.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use domain::{BusinessId, Channel, ConversationId, Customer};
use futures::{StreamExt as _, stream};
use sandbox::Sandbox;
use store::State;
use store::state::Commit;
use tokio::time::sleep;
use uuid::Uuid;

use super::Bench;
use super::figure::{Figure, Section};
use super::pipeline::{NAME, turns};
use super::subject::{Places, Subject};
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
    bench.sandbox.reset();
    let phones: Vec<String> = (0..known).map(|number| format!("5197{number:07}")).collect();
    turns(&bench.sandbox, &phones[..1], 1).await?;
    sleep(REST).await;
    drop(embedded);

    eprintln!("memory: {known} conversations");
    fill(&folder, &bench.sandbox, &phones).await.context("store conversations")?;
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
        table: None,
    })
}

/// Stores a conversation for each of these customers: as the first one's is, which has had a turn.
async fn fill(folder: &Path, sandbox: &Sandbox, phones: &[String]) -> anyhow::Result<()> {
    let file = embedded::File::open(folder).await?;
    let state = State::embedded(file.clone()).await?;
    let (first, others) = phones.split_first().context("know a customer")?;
    let first = Known::of(sandbox, first);
    let pattern = state.load(first.conversation, None).await?;
    let pattern = pattern.document.context("find the conversation that had a turn")?;
    let mut storing = stream::iter(others)
        .map(async |phone| {
            let other = Known::of(sandbox, phone);
            let document = pattern
                .replace(&first.conversation.to_string(), &other.conversation.to_string())
                .replace(&first.user_id, &other.user_id)
                .replace(&first.phone, &other.phone);
            let conversation = other.conversation;
            let document = Some(document.as_str());
            state.commit(Commit { conversation, expected: 0, document, effects: None }).await
        })
        .buffer_unordered(256);
    while let Some(stored) = storing.next().await {
        stored?;
    }
    drop(storing);
    file.close().await;
    Ok(())
}

/// A customer by every name.
struct Known {
    phone: String,
    user_id: String,
    conversation: Uuid,
}

impl Known {
    fn of(sandbox: &Sandbox, phone: &str) -> Self {
        let user_id = sandbox.customer(phone, NAME).user_id();
        let customer = Customer {
            user_id: Some(user_id.clone()),
            phone: Some(phone.to_owned()),
            ..Customer::default()
        };
        let business = BusinessId::new(BUSINESS_ID);
        let conversation = ConversationId::of(&business, Channel::Whatsapp, &customer).as_uuid();
        Self { phone: phone.to_owned(), user_id, conversation }
    }
}
