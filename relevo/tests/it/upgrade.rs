//! A deploy that rolls: the version before and this one side by side while customers write.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::{join, join_all};
use relevo::installation::{LanguageModel, free_address};
use tokio::time::sleep;

use crate::chaos::{Dice, GRACE, MESSAGES, accounted_for, write};
use crate::echo;
use crate::process::{Process, Stage};
use crate::servers::Servers;

const CUSTOMERS: usize = 30;
/// How long both versions of a role compete for its messages.
const TOGETHER: Duration = Duration::from_secs(3);
const ROLES: [&str; 7] =
    ["ledger", "triage", "media", "knowledge", "handoff", "outbound", "ingress"];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the program of the version before: scripts/test-upgrade"]
async fn a_deploy_that_rolls_forward_and_back_loses_and_doubles_nothing() {
    #[expect(clippy::disallowed_methods, reason = "only the script knows where it is")]
    let previous = PathBuf::from(std::env::var("RELEVO_TEST_PREVIOUS").unwrap());
    let this = Path::new(crate::process::BINARY);
    let servers = Servers::start().await;
    let stage = Stage::set(servers.environment(), LanguageModel::Scripted).await;
    echo::script(&stage.sandbox, Duration::from_millis(200));
    let mut processes: Vec<Process> = ROLES
        .iter()
        .map(|role| stage.serve_by(&previous, role, &stage.environment["RELEVO_LISTEN"]))
        .collect();
    join_all(processes.iter().map(Process::ready)).await;

    let phones: Vec<String> = (0..CUSTOMERS).map(|number| format!("5196{number:07}")).collect();
    let rolling = TOGETHER * u32::try_from(ROLES.len() * 2).unwrap();
    let customers = join_all(phones.iter().enumerate().map(|(number, phone)| {
        write(&stage.sandbox, number, phone, Dice::new(number as u64), rolling)
    }));
    let deploys = async {
        for version in [this, &previous] {
            for (role, process) in ROLES.iter().zip(&mut processes) {
                *process = replaced(&stage, version, role, process).await;
            }
        }
    };
    join(customers, deploys).await;
    let written = CUSTOMERS * MESSAGES;
    let (counts, heard) = accounted_for(&stage, &phones, written).await;
    println!("{written} messages: {:?}, {} replies", counts.outcomes, heard.replies);
    assert_eq!(heard.again, 0, "nothing was killed, so everybody knows what was sent");
}

/// As a rolling update does it: the new one first, then the old one is told to stop.
async fn replaced(stage: &Stage, program: &Path, role: &str, old: &mut Process) -> Process {
    let listen = free_address().to_string();
    let new = stage.serve_by(program, role, &listen);
    new.ready().await;
    if role == "ingress" {
        stage.sandbox.set_webhook_url(&format!("http://{listen}/webhooks/whatsapp")).unwrap();
    }
    sleep(TOGETHER).await;
    old.terminate();
    assert!(old.ended(GRACE).await.success(), "{role} ends well: {}", old.log());
    new
}
