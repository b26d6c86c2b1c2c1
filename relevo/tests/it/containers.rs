//! The commands that containers need.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use relevo::installation::LanguageModel;
use sandbox::Sandbox;
use serde_json::{Value, json};

use crate::commands::text;
use crate::deployment::{read, settings_in};
use crate::process::{BINARY, Stage};
use crate::until;

const LIMIT: Duration = Duration::from_secs(30);

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
    let sandbox = StandIn::start(&["--url", "http://sandbox:8090/"]).await;
    assert!(sandbox.printed.contains("http://sandbox:8090/both"), "{}", sandbox.printed);
    assert_eq!(settings_in(&sandbox.printed), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relevo_that_speaks_to_the_sandbox_alone_is_well_and_has_its_desk_there() {
    let mut stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let webhooks = format!("http://{}", stage.environment["RELEVO_LISTEN"]);
    let sandbox = StandIn::start(&["--webhooks", &webhooks]).await;
    stage.environment.extend(settings_in(&sandbox.printed));
    let relevo = stage.serve("");
    relevo.ready().await;
    let doctor = stage.run(&["doctor"]).await;
    assert!(doctor.status.success(), "{}", text(&doctor));
    for well in ["Notion: the key works, the database is complete", "it answers in the form"] {
        assert!(text(&doctor).contains(well), "{}", text(&doctor));
    }
    let url = &stage.environment["WHATSAPP_API_URL"];
    let client = reqwest::Client::new();
    let says =
        json!({ "phone": "51912345678", "name": "Ana", "text": "quiero hablar con una persona" });
    let said = client.post(format!("{url}/control/messages")).json(&says).send().await.unwrap();
    assert!(said.status().is_success());
    let tickets = async || {
        let tickets = reqwest::get(format!("{url}/control/desk/tickets")).await.unwrap();
        tickets.json::<Value>().await.unwrap()
    };
    until("she has a ticket", LIMIT, async || tickets().await[0]["id"].is_string()).await;
    let ticket = tickets().await[0]["id"].clone();
    let press = json!({ "ticket": ticket, "presses_send": {} });
    let pressed = client.post(format!("{url}/control/desk")).json(&press).send().await.unwrap();
    let pressed: Value = pressed.json().await.unwrap();
    assert_eq!(pressed["webhook_status"], 200, "{pressed}");
}

/// `relevo sandbox`, killed when it is dropped.
struct StandIn {
    child: Child,
    /// All that it says.
    printed: String,
}

impl StandIn {
    async fn start(options: &[&str]) -> Self {
        let lines = settings_in(&read("sandbox/sandbox.env")).len() + 1;
        let mut command = Command::new(BINARY);
        command.args(["sandbox", "--listen", "127.0.0.1:0"]).args(options);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let all = move || out.lines().take(lines).map(Result::unwrap).collect::<Vec<_>>();
        let printed = tokio::task::spawn_blocking(all).await.unwrap().join("\n");
        Self { child, printed }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
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
