//! Roles in processes of their own.

use std::time::Duration;

use relevo::installation::LanguageModel;
use sandbox::Operation;

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
