//! What Relevo speaks to: WhatsApp, Notion, the store of files and the language model.

use bytes::Bytes;
use clients::files::Files;
use clients::whatsapp::{Class, SendError, WhatsApp};
use runtime::settings::FilePlace;
use runtime::{Business, Clock, Settings, chain};

use super::{Finding, model};
use crate::{desk, means, templates};

/// Signatures and the 24-hour window don't mind less.
const CLOCK_OFF_SECONDS: i64 = 30;

pub(super) async fn check(settings: &Settings, clock: &Clock) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, business) in settings.businesses.iter().enumerate() {
        match means::channel(settings, business) {
            Ok(whatsapp) => {
                if index == 0 {
                    findings.push(time(&whatsapp, clock).await);
                }
                findings.extend(channel(settings, business, &whatsapp).await);
            }
            Err(error) => findings.push(Finding::failed(
                format!("whatsapp {}", business.id),
                format!("{error:#}"),
                "see WHATSAPP_API_URL and the access token",
            )),
        }
    }
    for business in settings.businesses.iter() {
        findings.push(people(settings, business).await);
    }
    findings.push(files(settings).await);
    findings.extend(model::check(settings).await);
    findings
}

async fn time(whatsapp: &WhatsApp, clock: &Clock) -> Finding {
    const CHECK: &str = "clock";
    match whatsapp.seconds_there().await {
        Ok(Some(there)) => {
            let off = clock.now().as_millis() / 1000 - there;
            let says = format!("{} s from WhatsApp's", off.abs());
            if off.abs() <= CLOCK_OFF_SECONDS {
                Finding::well(CHECK, says)
            } else {
                let remedy = "set this machine's clock, and keep it right with NTP";
                Finding::failed(CHECK, says, remedy)
            }
        }
        Ok(None) => Finding::warning(
            CHECK,
            "WhatsApp tells no time",
            "compare this machine's clock yourself: `timedatectl`",
        ),
        Err(error) => Finding::failed(CHECK, chain(&error), REACH),
    }
}

const REACH: &str = "see that this machine reaches WHATSAPP_API_URL: name server, firewall, proxy";

async fn channel(settings: &Settings, business: &Business, whatsapp: &WhatsApp) -> Vec<Finding> {
    let mut findings = Vec::new();
    for number in &business.whatsapp.phone_number_ids {
        findings.push(phone(business, whatsapp, number).await);
    }
    let check = |what: &str| format!("{what} {}", business.id);
    let Some(account) = business.whatsapp.business_account_id.as_deref() else {
        findings.push(Finding::warning(
            check("webhook"),
            "without the account's id neither the subscription nor the templates can be looked at",
            "set WHATSAPP_BUSINESS_ACCOUNT_ID, or whatsapp.business_account_id in business.toml",
        ));
        return findings;
    };
    findings.push(match whatsapp.subscribed_apps(account).await {
        Ok(apps) if apps.is_empty() => Finding::failed(
            check("webhook"),
            "no app is subscribed to the account: no message will come",
            "subscribe your app to the account in the Meta app's WhatsApp configuration, with the \
             field `messages`",
        ),
        Ok(apps) => Finding::well(check("webhook"), format!("subscribed: {}", apps.join(", "))),
        Err(error) => refused(check("webhook"), &error),
    });
    findings.push(match templates::unusable(settings, business).await {
        Ok(unusable) if unusable.is_empty() && business.whatsapp.templates.is_empty() => {
            Finding::warning(
                check("templates"),
                "business.toml names none: a customer who has been silent for a day can't be \
                 written to",
                "docs/business.md shows how to name one",
            )
        }
        Ok(unusable) if unusable.is_empty() => Finding::well(check("templates"), "approved"),
        Ok(unusable) => Finding::failed(
            check("templates"),
            unusable.join("; "),
            "`relevo templates submit` hands in what is missing",
        ),
        Err(error) => Finding::failed(
            check("templates"),
            format!("{error:#}"),
            "the token needs whatsapp_business_management",
        ),
    });
    findings
}

async fn phone(business: &Business, whatsapp: &WhatsApp, number: &str) -> Finding {
    let check = format!("whatsapp {}", business.id);
    match whatsapp.phone_number(number).await {
        Err(error) => refused(check, &error),
        Ok(phone) => {
            let shown = phone.display_phone_number.unwrap_or_else(|| number.to_owned());
            let quality = phone.quality_rating.unwrap_or_else(|| "unknown".to_owned());
            let says = format!("{shown}, quality {}", quality.to_lowercase());
            if quality == "RED" {
                let remedy = "customers block or report it: send less that nobody asked for, or \
                              WhatsApp limits the number";
                return Finding::warning(check, says, remedy);
            }
            Finding::well(check, says)
        }
    }
}

/// What an error of WhatsApp's asks of the operator.
fn refused(check: String, error: &SendError) -> Finding {
    let remedy = match error.class() {
        Class::Account => {
            "the token is wrong, expired or may not do this: make a permanent one for a system \
             user with whatsapp_business_messaging and whatsapp_business_management, and set \
             WHATSAPP_ACCESS_TOKEN"
        }
        Class::Transient | Class::Throttled { .. } => REACH,
        _ => "see that WHATSAPP_PHONE_NUMBER_ID and WHATSAPP_BUSINESS_ACCOUNT_ID are this token's",
    };
    Finding::failed(check, chain(error), remedy)
}

/// Where people answer.
async fn people(settings: &Settings, business: &Business) -> Finding {
    let check = format!("desk {}", business.id);
    if business.notion.is_none() {
        return Finding::well(check, "on the terminal: `relevo tickets list`");
    }
    match desk::lacks(settings, business).await {
        Ok(lacking) if lacking.is_empty() => {
            Finding::well(check, "Notion: the key works, the database is complete")
        }
        Ok(lacking) => Finding::failed(
            check,
            format!("the database lacks, or has otherwise: {}", lacking.join(", ")),
            "`relevo notion setup` adds what is missing and names what has the wrong type",
        ),
        Err(error) => Finding::failed(
            check,
            format!("{error:#}"),
            "see NOTION_API_KEY and NOTION_DATABASE_ID, and that the page is shared with the \
             connection; `relevo notion setup` makes a database",
        ),
    }
}

/// Where customers' files are kept: whether one can be put there, is there then, and goes again.
async fn files(settings: &Settings) -> Finding {
    const CHECK: &str = "files";
    if let FilePlace::Embedded = settings.storage.place {
        return Finding::well(CHECK, "in RELEVO_DATA_DIR");
    }
    let remedy = "see RELEVO_MEDIA_URL, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: this key must \
                  be allowed to put, get, list and delete in the bucket. Files of customers are \
                  read meanwhile, and not kept";
    match means::files(settings) {
        Err(error) => Finding::failed(CHECK, format!("{error:#}"), remedy),
        Ok(files) => match kept(&files).await {
            Ok(true) => Finding::well(CHECK, "the bucket keeps what is put there"),
            Ok(false) => Finding::failed(CHECK, "what was put there is not there", remedy),
            Err(error) => Finding::failed(CHECK, chain(&error), remedy),
        },
    }
}

async fn kept(files: &Files) -> Result<bool, clients::files::Error> {
    const KEY: &str = "doctor/trial.txt";
    let trial = Bytes::from_static(b"put here by relevo doctor");
    files.put(KEY, trial.clone(), "text/plain").await?;
    let found = files.get(KEY).await?;
    files.delete(KEY).await?;
    Ok(found == Some(trial))
}
