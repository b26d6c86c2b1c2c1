//! `relevo migrate`.

use std::process::ExitCode;

use runtime::Settings;
use runtime::settings::Place;
use store::Records;

pub(crate) fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let records = match &settings.database {
            Place::Embedded => Records::embedded(embedded::File::open(&settings.data_dir).await?),
            Place::Server(url) => Records::postgres(url.expose()).await?,
        };
        let applied = records.migrate().await?;
        for migration in &applied {
            println!("applied {:04} {}", migration.version, migration.name);
        }
        println!("the records are up to date ({} applied)", applied.len());
        Ok(ExitCode::SUCCESS)
    })
}
