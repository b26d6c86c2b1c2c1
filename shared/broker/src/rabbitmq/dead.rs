//! Looking at the dead and moving them. AMQP can't look into a queue, so letters are taken on a
//! channel of their own and what is not settled there goes back when it closes.

use std::time::Duration;

use lapin::Channel;
use lapin::options::{BasicAckOptions, BasicGetOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use tokio::time::sleep;
use uuid::Uuid;

use super::link::{Session, answer, close};
use super::{RECONNECTION, RabbitMq, properties};
use crate::{DeadLetter, Depth, Error};

pub(super) async fn depth(rabbitmq: &RabbitMq, queue: &str) -> Result<Depth, Error> {
    let session = rabbitmq.publishing.session(RECONNECTION).await?;
    Ok(Depth {
        ready: count(&session, queue, rabbitmq.topology.queue(queue)).await?,
        dead: count(&session, queue, rabbitmq.topology.dead(queue)).await?,
    })
}

pub(super) async fn look(
    rabbitmq: &RabbitMq,
    queue: &str,
    limit: usize,
) -> Result<Vec<DeadLetter>, Error> {
    let mut letters = Vec::new();
    for_each_dead(rabbitmq, queue, limit, async |_, letter| {
        letters.push(letter);
        Ok(Fate::Stays)
    })
    .await?;
    // Letters that were looked at before may have gone back in another order.
    letters.sort_by_key(|letter| letter.died_ms);
    Ok(letters)
}

pub(super) async fn redrive(
    rabbitmq: &RabbitMq,
    queue: &str,
    ids: Option<&[Uuid]>,
) -> Result<usize, Error> {
    send_back(rabbitmq, queue, ids, None).await
}

pub(super) async fn redrive_as(
    rabbitmq: &RabbitMq,
    queue: &str,
    id: Uuid,
    body: &[u8],
) -> Result<bool, Error> {
    Ok(send_back(rabbitmq, queue, Some(&[id]), Some(body)).await? > 0)
}

async fn send_back(
    rabbitmq: &RabbitMq,
    queue: &str,
    ids: Option<&[Uuid]>,
    body: Option<&[u8]>,
) -> Result<usize, Error> {
    let target = rabbitmq.topology.queue(queue);
    for_each_dead(rabbitmq, queue, usize::MAX, async |session, letter| {
        if !chosen(ids, letter.id) {
            return Ok(Fate::Stays);
        }
        let properties = properties::of_redriven(&letter);
        session.publish("", &target, body.unwrap_or(&letter.body), properties).await?;
        Ok(Fate::Goes)
    })
    .await
}

pub(super) async fn discard(
    rabbitmq: &RabbitMq,
    queue: &str,
    ids: Option<&[Uuid]>,
) -> Result<usize, Error> {
    for_each_dead(rabbitmq, queue, usize::MAX, async |_, letter| {
        Ok(if chosen(ids, letter.id) { Fate::Goes } else { Fate::Stays })
    })
    .await
}

fn chosen(ids: Option<&[Uuid]>, id: Uuid) -> bool {
    ids.is_none_or(|ids| ids.contains(&id))
}

enum Fate {
    Stays,
    Goes,
}

/// Shows each of the dead that there are now to `decide`; returns how many went.
async fn for_each_dead(
    rabbitmq: &RabbitMq,
    queue: &str,
    limit: usize,
    decide: impl AsyncFnMut(&Session, DeadLetter) -> Result<Fate, Error>,
) -> Result<usize, Error> {
    let session = rabbitmq.publishing.session(RECONNECTION).await?;
    let name = rabbitmq.topology.dead(queue);
    // Those that die meanwhile are not counted in, or a redriven message that dies at once would
    // go round for ever.
    let all = count(&session, queue, name.clone()).await?;
    let there = usize::try_from(all).unwrap_or(usize::MAX).min(limit);
    let channel = session.channel().await?;
    let gone = take(&session, &channel, queue, &name, there, decide).await;
    close(&channel).await;
    let gone = gone?;
    back_again(&session, queue, &name, all - gone as u64).await;
    Ok(gone)
}

/// What was not settled is on its way back; whoever looks next should find it. Not waited for in
/// vain for long: somebody else may have taken letters meanwhile.
async fn back_again(session: &Session, queue: &str, name: &str, expected: u64) {
    for _ in 0..50 {
        match count(session, queue, name.to_owned()).await {
            Ok(there) if there < expected => sleep(Duration::from_millis(20)).await,
            _ => return,
        }
    }
}

async fn take(
    session: &Session,
    channel: &Channel,
    queue: &str,
    name: &str,
    limit: usize,
    mut decide: impl AsyncFnMut(&Session, DeadLetter) -> Result<Fate, Error>,
) -> Result<usize, Error> {
    let mut gone = 0;
    for _ in 0..limit {
        let get = channel.basic_get(name.into(), BasicGetOptions::default());
        let Some(message) = answer("take a dead letter", get).await? else {
            break;
        };
        let acker = message.delivery.acker.clone();
        let letter = properties::dead_letter(queue, message.delivery);
        if let Fate::Goes = decide(session, letter).await? {
            let ack = acker.ack(BasicAckOptions::default());
            answer("acknowledge a dead letter", ack).await?;
            gone += 1;
        }
    }
    Ok(gone)
}

async fn count(session: &Session, queue: &str, name: String) -> Result<u64, Error> {
    let declared = session
        .aside("count messages", async |channel| {
            let passive = QueueDeclareOptions::durable().passive();
            channel.queue_declare(name.into(), passive, FieldTable::default()).await
        })
        .await;
    match declared {
        Ok(declared) => Ok(declared.message_count().into()),
        Err(Error::Refused { .. }) => Err(Error::UnknownQueue { queue: queue.to_owned() }),
        Err(error) => Err(error),
    }
}
