//! Whole conversations as transcripts; `story.rs` says how to read and to write them. What they
//! tell is the same on every installation.

mod play;
mod story;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use futures::future::join_all;
use relevo::installation::{Installation, LanguageModel, Plan};
use runtime::lifecycle::Ended;
use runtime::topology::LANES;

use crate::servers::Servers;
use crate::{BUSINESS, until};
use play::Player;
use story::Story;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn transcripts_hold_on_the_embedded_default() {
    hold(BTreeMap::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn transcripts_hold_on_rabbitmq_redis_postgresql() {
    let servers = Servers::start().await;
    hold(servers.environment()).await;
}

/// Plays all stories, those that need the same installation at once.
async fn hold(environment: BTreeMap<String, String>) {
    let stories = stories();
    // Records that outlive an installation count on.
    let mut written = 0;
    for model in [LanguageModel::None, LanguageModel::Scripted] {
        let plan = Plan {
            environment: environment.clone(),
            business: BUSINESS.to_owned(),
            model,
            ..Plan::default()
        };
        let installation = Installation::start(plan).await.unwrap();
        let mut players: Vec<Player<'_>> = stories
            .iter()
            .enumerate()
            .filter(|(_, story)| story.model == model)
            .map(|(number, story)| Player::new(&installation, story, number))
            .collect();
        let played = join_all(players.iter_mut().map(Player::play)).await;
        let mut problems: Vec<_> = played.into_iter().filter_map(Result::err).collect();
        if problems.is_empty() {
            comes_to_rest(&installation).await;
            for player in &players {
                match player.end() {
                    Ok(messages) => written += i64::try_from(messages).unwrap(),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        let problems: Vec<String> = problems.iter().map(|problem| format!("{problem:#}")).collect();
        assert!(problems.is_empty(), "{}", problems.join("\n\n"));
        let counts = installation.app.ports.records.counts().await.unwrap();
        assert_eq!((counts.inbound, counts.unreceived), (written, 0), "{counts:?}");
        drop(players);
        assert_eq!(installation.stop().await, Ended::Cleanly);
        if environment.is_empty() {
            written = 0;
        }
    }
}

/// Nothing is under way, every message has its outcome, and nothing has died.
async fn comes_to_rest(installation: &Installation) {
    let ports = &installation.app.ports;
    until("everything has come to rest", PATIENCE, async || {
        let mut waiting = 0;
        for lane in LANES {
            waiting += ports.broker.depth(lane.queue).await.unwrap().ready;
        }
        let unsettled = ports.records.counts().await.unwrap().unsettled;
        waiting == 0 && unsettled == 0 && installation.sandbox.webhooks_under_way() == 0
    })
    .await;
    for lane in LANES {
        let dead = ports.broker.dead(lane.queue, 10).await.unwrap();
        assert!(dead.is_empty(), "{:?}", dead[0]);
    }
}

fn stories() -> Vec<Story> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let name = file.file_name().unwrap().to_string_lossy();
            Story::parse(&name, &std::fs::read_to_string(file).unwrap())
        })
        .collect()
}
