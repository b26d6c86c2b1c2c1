//! What Relevo speaks to: WhatsApp, Notion and the language model.

use clients::model::{Ask, Model, Role, Utterance};
use clients::whatsapp::{Class, SendError, WhatsApp};
use runtime::{Business, Clock, Settings, chain};
use serde_json::{Value, json};

use super::Finding;
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
    findings.push(model(settings).await);
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

async fn model(settings: &Settings) -> Finding {
    const CHECK: &str = "model";
    let model = match means::model(settings) {
        Ok(Some(model)) => model,
        Ok(None) => {
            return Finding::warning(
                CHECK,
                "none is configured: Relevo answers what it is sure of and hands off the rest",
                "set OPENAI_API_KEY, or OPENAI_BASE_URL for a model of your own",
            );
        }
        Err(error) => {
            return Finding::failed(CHECK, format!("{error:#}"), "see OPENAI_BASE_URL");
        }
    };
    match asked(&model).await {
        Ok(()) => Finding::well(CHECK, "it answers in the form that it is asked for"),
        Err(error) => Finding::failed(
            CHECK,
            chain(&error),
            "see OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_CHAT_MODEL; the model must know \
             structured output. Customers are answered meanwhile, by rules",
        ),
    }
}

async fn asked(model: &Model) -> Result<(), clients::model::Error> {
    let schema = json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["ok"],
        "properties": { "ok": { "type": "boolean" } }
    });
    let ask = Ask {
        system: "Answer with ok set to true.",
        messages: &[Utterance { role: Role::Customer, text: "Are you there?" }],
        schema_name: "doctor",
        schema: &schema,
        max_output_tokens: 200,
    };
    model.structured::<Value>(&ask).await.map(drop)
}
