//! Whole conversations as transcripts; `story.rs` says how to read and to write them. What they
//! tell is the same on every installation.

mod message;
mod play;
mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use futures::future::join_all;
use relevo::installation::{Installation, KNOWLEDGE, Plan};
use runtime::lifecycle::Ended;
use runtime::topology::LANES;
use sandbox::{Limits, Template};

use crate::servers::Servers;
use crate::{BUSINESS, until};
use play::Player;
use story::{Setting, Story};

const PATIENCE: Duration = Duration::from_secs(60);

const MORE: &str = r#"
[media]
file_mb = 1

[whatsapp]
automatic_texts = ["¡Gracias por escribir! En este momento no estamos."]
"#;

pub(crate) const TEMPLATE: &str = r#"
[[whatsapp.templates]]
purpose = "reopen"
name = "aviso"
language = "es"
body = "Hola, {{1}}: tenemos una respuesta para ti."
"#;

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
    // Records and dead letters that outlive an installation count on.
    let (mut written, mut dead) = (0, 0);
    let mut problems = Vec::new();
    let settings: BTreeSet<&Setting> = stories.iter().map(|story| &story.setting).collect();
    for setting in settings {
        let installation = Installation::start(plan(setting, &environment)).await.unwrap();
        let mut players: Vec<Player<'_>> = stories
            .iter()
            .enumerate()
            .filter(|(_, story)| story.setting == *setting)
            .map(|(number, story)| Player::new(&installation, story, number))
            .collect();
        let played = join_all(players.iter_mut().map(Player::play)).await;
        let failed: Vec<_> = played.into_iter().filter_map(Result::err).collect();
        problems.extend(failed);
        let all_is_well = problems.is_empty();
        let own = stories.iter().filter(|story| story.setting == *setting);
        dead += own.map(|story| story.dead).sum::<usize>();
        if all_is_well {
            comes_to_rest(&installation, dead).await;
            for player in &players {
                match player.end() {
                    Ok(messages) => written += i64::try_from(messages).unwrap(),
                    Err(problem) => problems.push(problem),
                }
            }
            let counts = installation.app.ports().records.counts().await.unwrap();
            if (counts.inbound, counts.unreceived) != (written, 0) {
                problems.push(anyhow::anyhow!("{written} messages were written: {counts:?}"));
            }
        }
        drop(players);
        assert_eq!(installation.stop().await, Ended::Cleanly);
        if environment.is_empty() {
            (written, dead) = (0, 0);
        }
    }
    let problems: Vec<String> = problems.iter().map(|problem| format!("{problem:#}")).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

fn plan(setting: &Setting, environment: &BTreeMap<String, String>) -> Plan {
    let mut plan = Plan {
        environment: environment.clone(),
        business: format!("{BUSINESS}{MORE}{}", if setting.template { TEMPLATE } else { "" }),
        knowledge: if setting.knowledge { KNOWLEDGE } else { &[] },
        model: setting.model,
        ..Plan::default()
    };
    // Everybody's stories at once are more than a business has in a second.
    plan.sandbox.limits = Limits { number: None, ..Limits::platform() };
    let template = Template::approved("aviso", "es", "Hola, {{1}}: tenemos una respuesta para ti.");
    plan.sandbox.templates = vec![template.with_quick_replies(&["Sí, cuéntame"])];
    plan
}

/// Nothing is under way, every message has its outcome, and nothing has died but what should.
async fn comes_to_rest(installation: &Installation, dead: usize) {
    let ports = installation.app.ports();
    until("everything has come to rest", PATIENCE, async || {
        let mut waiting = 0;
        for lane in LANES {
            waiting += ports.broker.depth(lane.queue).await.unwrap().ready;
        }
        let unsettled = ports.records.counts().await.unwrap().unsettled;
        waiting == 0 && unsettled == 0 && installation.sandbox.webhooks_under_way() == 0
    })
    .await;
    let mut letters = Vec::new();
    for lane in LANES {
        letters.extend(ports.broker.dead(lane.queue, 10).await.unwrap());
    }
    assert_eq!(letters.len(), dead, "{letters:?}");
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
