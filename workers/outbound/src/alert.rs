//! What the operator is told, once for each trouble and once when it is over.

use domain::message::{AlertRaised, Severity};
use domain::{BusinessId, Timestamp};
use runtime::{Context, Failure, metrics};
use tracing::{error, info};

use crate::gate::{self, Gate, Shut, ToldBy};

/// Tells that nothing can be sent, at each attempt: the records keep it as one, and a process that
/// died before it could tell has lost nothing.
pub(crate) async fn stopped(context: &Context<'_>, shut: Shut, code: Option<i64>) {
    let business = &context.business().id;
    let Some(kind) = kind(shut.gate) else { return };
    metrics::sending_stopped(business, true);
    if shut.newly {
        error!(code, "the account is refused: nothing is sent until it is mended, and all is kept");
    }
    tell(
        context,
        AlertRaised {
            kind: kind.to_owned(),
            severity: Severity::Critical,
            subject: business.to_string(),
            details: format!("{} {}", what_happened(shut.gate, code), what_to_do(code)),
            at: context.now(),
            over: false,
        },
    )
    .await;
}

/// Tells that the account is in order again.
pub(crate) async fn goes_on(context: &Context<'_>, gate: Gate) {
    let Some(kind) = kind(gate) else { return };
    info!("messages get through again: what was kept is sent");
    metrics::sending_stopped(&context.business().id, false);
    let subject = context.business().id.to_string();
    tell(context, over(kind, subject, context.now())).await;
}

/// What an operator learns of a template that the platform does not take, or takes and does not
/// deliver; once.
pub(crate) async fn template_refused(
    context: &Context<'_>,
    (template, told_by, code): (&str, ToldBy, Option<i64>),
) -> Result<Option<AlertRaised>, Failure> {
    error!(template, code, "the template is refused");
    let business = &context.business().id;
    let newly = gate::template_is_refused(context.state(), business, (template, told_by)).await?;
    Ok(newly.then(|| refused(business, (template, code), context.now())))
}

fn refused(
    business: &BusinessId,
    (template, code): (&str, Option<i64>),
    at: Timestamp,
) -> AlertRaised {
    AlertRaised {
        kind: TEMPLATE_REFUSED.to_owned(),
        severity: Severity::Warning,
        subject: subject_of_template(business, template),
        details: format!(
            "WhatsApp refused the template{}. Customers who were silent for more than a day are \
             not written to until it is approved: see it in WhatsApp Manager, and compare its \
             name, language and placeholders with business.toml.",
            in_brackets(code)
        ),
        at,
        over: false,
    }
}

/// Tells that a template is taken again, or delivered, if it was not until now.
pub(crate) async fn template_works(context: &Context<'_>, template: &str, told_by: ToldBy) {
    let business = &context.business().id;
    if gate::template_works(context.state(), business, (template, told_by)).await {
        let subject = subject_of_template(business, template);
        tell(context, over(TEMPLATE_REFUSED, subject, context.now())).await;
    }
}

const TEMPLATE_REFUSED: &str = "template_refused";

fn subject_of_template(business: &BusinessId, template: &str) -> String {
    format!("{business}/{template}")
}

fn over(kind: &str, subject: String, at: Timestamp) -> AlertRaised {
    let (kind, details) = (kind.to_owned(), "Messages get through again.".to_owned());
    AlertRaised { kind, severity: Severity::Info, subject, details, at, over: true }
}

/// An alert must not cost a customer the answer: if it can't be published, the log has it.
async fn tell(context: &Context<'_>, alert: AlertRaised) {
    let (kind, over) = (alert.kind.clone(), alert.over);
    if let Err(failure) = context.tell(alert).await {
        error!(%failure, kind, over, "an alert was not published");
    }
}

fn kind(gate: Gate) -> Option<&'static str> {
    match gate {
        Gate::Account => Some("sending_stopped"),
        Gate::Delivery => Some("delivery_stopped"),
        Gate::Pair | Gate::Number => None,
    }
}

fn what_happened(gate: Gate, code: Option<i64>) -> String {
    let happened = match gate {
        Gate::Delivery => "WhatsApp accepts messages and does not deliver them",
        _ => "WhatsApp refuses every message",
    };
    format!("{happened}{}. Nothing is lost: all is sent when it is mended.", in_brackets(code))
}

fn in_brackets(code: Option<i64>) -> String {
    code.map(|code| format!(" (code {code})")).unwrap_or_default()
}

fn what_to_do(code: Option<i64>) -> &'static str {
    match code {
        None | Some(0 | 190) => {
            "The access token is not valid: make a new one and start Relevo with it as \
             WHATSAPP_ACCESS_TOKEN."
        }
        Some(3 | 10 | 200..=299 | 131_005) => {
            "The access token lacks a permission: give its system user whatsapp_business_messaging \
             for this account, or start Relevo with another WHATSAPP_ACCESS_TOKEN."
        }
        Some(131_042 | 131_044) => {
            "There is a problem with the payment: see the payment method of the WhatsApp Business \
             account in Meta Business Suite."
        }
        Some(131_037 | 131_045) => {
            "The number is not ready: see its display name and its registration in WhatsApp Manager."
        }
        Some(131_048) => {
            "The number is restricted because too many customers reported or blocked it: see its \
             quality in WhatsApp Manager."
        }
        Some(_) => "The account is restricted or locked: see Business Support Home at Meta.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_says_what_the_operator_can_do() {
        for (code, word) in [
            (None, "WHATSAPP_ACCESS_TOKEN"),
            (Some(190), "not valid"),
            (Some(10), "permission"),
            (Some(131_042), "payment"),
            (Some(131_045), "registration"),
            (Some(131_048), "quality"),
            (Some(131_031), "locked"),
            (Some(368), "locked"),
        ] {
            assert!(what_to_do(code).contains(word), "{code:?}");
        }
    }
}
