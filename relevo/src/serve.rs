//! `relevo serve`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use runtime::lifecycle::{Ended, signal};
use runtime::{Clock, Settings, metrics};
use tracing::info;

use crate::app::App;
use crate::role::Role;

/// How long what is in hand may take once the process was told to stop.
const GRACE: Duration = Duration::from_secs(25);

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
