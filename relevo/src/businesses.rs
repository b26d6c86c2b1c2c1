//! Which businesses a command is about.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use runtime::{Business, Settings};

/// The business of this name, or the only one.
pub(crate) fn chosen(settings: &Settings, name: Option<&str>) -> anyhow::Result<Arc<Business>> {
    let all: Vec<&Arc<Business>> = settings.businesses.iter().collect();
    let names: Vec<&str> = all.iter().map(|business| business.id.as_str()).collect();
    match (name, &all[..]) {
        (None, [only]) => Ok(Arc::clone(only)),
        (None, _) => bail!("say which business with --business: {}", names.join(", ")),
        (Some(name), _) => {
            let found = all.iter().find(|business| business.id.as_str() == name);
            let found = found.with_context(|| {
                format!("there is no business {name:?}; there is {}", names.join(", "))
            })?;
            Ok(Arc::clone(found))
        }
    }
}

/// Does it for the business of this name, or for all. One's trouble is not the others'.
pub(crate) async fn for_each(
    settings: &Settings,
    name: Option<&str>,
    does: impl AsyncFn(&Business) -> anyhow::Result<bool>,
) -> anyhow::Result<ExitCode> {
    let mut well = true;
    let mut count = 0;
    let is_wanted =
        |business: &&Arc<Business>| name.is_none_or(|name| business.id.as_str() == name);
    for business in settings.businesses.iter().filter(is_wanted) {
        count += 1;
        println!("{}", business.id);
        well &= does(business).await.unwrap_or_else(|error| {
            println!("  {error:#}");
            false
        });
    }
    if count == 0 {
        bail!("there is no such business in RELEVO_BUSINESS_DIR");
    }
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
