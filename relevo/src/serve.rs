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
    let ended = runtime.block_on(async {
        let app = App::start(settings, roles, Clock::system(), metrics::install())
            .await
            .context("start")?;
        info!(webhooks = ?app.listen, admin = %app.admin, "ready");
        tokio::select! {
            () = signal() => app.lifecycle.stop(),
            () = app.lifecycle.stopping() => {}
        }
        anyhow::Ok(app.finish(GRACE, signal()).await)
    })?;
    Ok(match ended {
        Ended::Cleanly => ExitCode::SUCCESS,
        Ended::Aborted => ExitCode::FAILURE,
    })
}
