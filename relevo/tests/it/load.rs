//! `relevo bench sending`, for a few seconds: its limits are rules that must hold.

use std::collections::BTreeMap;

use relevo::installation::LanguageModel;

use crate::process::Stage;
use crate::servers::Servers;

#[tokio::test(flavor = "multi_thread")]
async fn sending_keeps_its_rules_under_load() {
    let servers = Servers::start().await;
    let environment = servers.environment();
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let arguments = ["bench", "sending", "--seconds", "12", "--conversations", "100"];
    let places = [
        ("--amqp", "RELEVO_BROKER_URL"),
        ("--redis", "RELEVO_STATE_URL"),
        ("--postgres", "RELEVO_DATABASE_URL"),
    ];
    let places = places.iter().flat_map(|(option, name)| [*option, environment[*name].as_str()]);
    let run = stage.run(&arguments.into_iter().chain(places).collect::<Vec<_>>()).await;
    let (figures, said) =
        (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    println!("{figures}");
    assert_eq!(run.status.code(), Some(0), "{said}\n{figures}");
}
