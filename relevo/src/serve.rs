//! `relevo serve`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use runtime::lifecycle::{Ended, signal};
use runtime::settings::{Place, Problem};
use runtime::{Clock, Settings, metrics};
use tracing::info;

use crate::app::App;
use crate::role::Role;

/// How long what is in hand may take once the process was told to stop.
const GRACE: Duration = Duration::from_secs(25);

/// What keeps these roles from working with the others, which then run in other processes: what is
/// embedded is seen by one process alone (test
/// `a_role_by_itself_is_refused_what_no_other_process_would_see`).
pub(crate) fn check(settings: &Settings, roles: &[Role]) -> Vec<Problem> {
    if Role::ALL.iter().all(|role| roles.contains(role)) {
        return Vec::new();
    }
    let is_used = |name| !Role::take_only_webhooks(roles) || name == "RELEVO_BROKER_URL";
    let places = settings.places().into_iter();
    let unseen = places.filter(|(name, place)| matches!(place, Place::Embedded) && is_used(*name));
    unseen
        .map(|(name, _)| Problem {
            subject: name.to_owned(),
            advice: "is embedded, which no other process sees: name a server that all share, or \
                     run every role in this process, without --only"
                .to_owned(),
        })
        .collect()
}

pub(crate) fn run(settings: Settings, roles: &[Role]) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (asked, ended) = runtime.block_on(async {
        // From here on: whoever stops a process that is only just starting means it to end decently.
        let told = signal();
        let app = App::start(settings, roles, Clock::system(), metrics::install())
            .await
            .context("start")?;
        info!(webhooks = ?app.listen, admin = %app.admin, "ready");
        let asked = tokio::select! {
            () = told => true,
            () = app.lifecycle.stopping() => false,
        };
        app.lifecycle.stop();
        anyhow::Ok((asked, app.finish(GRACE, signal()).await))
    })?;
    // A process that nobody told to stop could not go on.
    let well = asked && ended == Ended::Cleanly;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
