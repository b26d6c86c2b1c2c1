//! Roles in processes of their own.

use std::collections::BTreeMap;
use std::time::Duration;

use relevo::installation::LanguageModel;
use sandbox::Operation;

use crate::commands::text;
use crate::process::Stage;
use crate::servers::Servers;

const LIMIT: Duration = Duration::from_secs(30);
/// Where nobody listens.
const AWAY: [(&str, &str); 2] = [
    ("RELEVO_STATE_URL", "redis://127.0.0.1:9"),
    ("RELEVO_DATABASE_URL", "postgres://nobody@127.0.0.1:9/none"),
];

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_taken_while_redis_and_postgresql_are_away() {
    let servers = Servers::start().await;
    let mut environment = servers.environment();
    environment.extend(AWAY.map(|(name, url)| (name.to_owned(), url.to_owned())));
    let stage = Stage::set(environment, LanguageModel::None).await;
    let ingress = stage.serve("ingress");
    ingress.ready().await;
    let shown = ingress.asks("/readyz").await.unwrap().1;
    assert!(shown.contains("broker") && !shown.contains("records"), "{shown}");
    stage.sandbox.customer("51912345678", "Ana").says("hola").await;
    stage.sandbox.settled(LIMIT).await.unwrap();
    let webhooks = stage.sandbox.journal_of(Operation::Webhook);
    let answers: Vec<_> = webhooks.iter().map(|webhook| webhook.status).collect();
    assert_eq!(answers, [Some(200)], "{}", ingress.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_by_itself_is_refused_what_no_other_process_would_see() {
    let mut stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let refused = async |stage: &Stage, roles: &str, names: &[&str]| {
        for arguments in [&["serve", "--only", roles][..], &["serve", "--check", "--only", roles]] {
            let output = stage.run(arguments).await;
            assert_eq!(output.status.code(), Some(64), "{}", text(&output));
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(told.matches("is embedded").count(), names.len(), "{told}");
            assert!(names.iter().all(|name| told.contains(&format!("{name}: "))), "{told}");
        }
    };
    let all = ["RELEVO_BROKER_URL", "RELEVO_STATE_URL", "RELEVO_DATABASE_URL"];
    refused(&stage, "triage", &all).await;
    refused(&stage, "ingress", &all[..1]).await;
    let broker = ("RELEVO_BROKER_URL".to_owned(), "amqp://127.0.0.1:9".to_owned());
    stage.environment.extend([broker]);
    refused(&stage, "triage,outbound", &all[1..]).await;
    for arguments in [
        &["serve", "--check", "--only", "ingress"][..],
        &["serve", "--check", "--only", "ingress,triage,media,knowledge,handoff,outbound,ledger"],
        &["serve", "--check"],
    ] {
        let right = stage.run(arguments).await;
        assert!(right.status.success(), "{}", text(&right));
    }
}
