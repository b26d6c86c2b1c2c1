//! The commands that containers need.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use relevo::installation::LanguageModel;
use sandbox::Sandbox;

use crate::commands::text;
use crate::deployment::{read, settings_in};
use crate::process::{BINARY, Stage};

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_tells_whether_a_process_lives_and_can_work() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let mut relevo = stage.serve("");
    relevo.ready().await;
    let ready = relevo.run(&["probe"]).await;
    assert_eq!(ready.status.code(), Some(0), "{}", text(&ready));
    assert!(text(&ready).starts_with("200 {") && text(&ready).contains("broker"), "{ready:?}");
    let alive = relevo.run(&["probe", "--alive"]).await;
    assert_eq!((alive.status.code(), text(&alive).as_str()), (Some(0), "200 ok\n"));

    // Something that answers, and not with success.
    let nowhere = format!("{}/control/nowhere", stage.sandbox.url());
    let refused = relevo.run(&["probe", &nowhere]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));

    relevo.kill();
    let silent = relevo.run(&["probe"]).await;
    assert_eq!(silent.status.code(), Some(1), "{}", text(&silent));
    assert!(text(&silent).contains("connect"), "{}", text(&silent));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_alone_prints_the_environment_that_compose_gives_to_relevo() {
    let expected = settings_in(&read("sandbox/sandbox.env"));
    let lines = expected.len() + 1;
    let printed = tokio::task::spawn_blocking(move || {
        let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--url", "http://sandbox:8090/"];
        let mut command = Command::new(BINARY);
        command.args(arguments).env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        let mut sandbox = command.spawn().unwrap();
        let out = BufReader::new(sandbox.stdout.take().unwrap());
        // It does not end by itself: its first line is the phone's address.
        let printed: Vec<String> = out.lines().take(lines).map(Result::unwrap).collect();
        sandbox.kill().unwrap();
        sandbox.wait().unwrap();
        printed
    })
    .await
    .unwrap();
    assert!(printed[0].contains("http://sandbox:8090"), "{printed:?}");
    assert_eq!(settings_in(&printed.join("\n")), expected);
}

#[tokio::test]
async fn a_sandbox_behind_another_address_gives_out_that_one() {
    let public_url = Some("http://sandbox:8090".to_owned());
    let options = sandbox::Options { public_url, ..sandbox::Options::example() };
    let sandbox = Sandbox::start(options).await.unwrap();
    assert_eq!(sandbox.url(), "http://sandbox:8090");
    assert_eq!(sandbox.openai_url(), "http://sandbox:8090/openai/v1");
    tokio::time::timeout(Duration::from_secs(10), sandbox.stop()).await.unwrap();
}
