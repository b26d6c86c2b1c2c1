//! `relevo templates`: the messages that WhatsApp must approve before they are needed.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use clients::whatsapp::{NewTemplate, Template, WhatsApp};
use runtime::business::TemplateSpec;
use runtime::{Business, Settings};

use crate::businesses::for_each;
use crate::means;

const APPROVED: &str = "APPROVED";

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
    /// Only of this business, by its folder's name
    #[arg(long, global = true)]
    business: Option<String>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// All templates that WhatsApp has of the account
    List,
    /// Compare those that business.toml names with WhatsApp's; exits with 1 if one can't be used
    Check,
    /// Hand in for review what business.toml names and WhatsApp does not have
    Submit,
}

pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let does = async |business: &Business| done(settings, business, options.command).await;
    runtime.block_on(for_each(settings, options.business.as_deref(), does))
}

async fn done(settings: &Settings, business: &Business, command: Command) -> anyhow::Result<bool> {
    let account = Account::open(settings, business)?;
    match command {
        Command::List => account.list().await,
        Command::Check => account.check().await,
        Command::Submit => account.submit().await,
    }
}

/// Those of the business's templates that can't be used, with what to do about each.
pub(crate) async fn unusable(
    settings: &Settings,
    business: &Business,
) -> anyhow::Result<Vec<String>> {
    Account::open(settings, business)?.unusable().await
}

/// A business's account with WhatsApp.
struct Account<'a> {
    business: &'a Business,
    whatsapp: WhatsApp,
    id: &'a str,
}

impl<'a> Account<'a> {
    fn open(settings: &Settings, business: &'a Business) -> anyhow::Result<Self> {
        let id = business.whatsapp.business_account_id.as_deref().with_context(|| {
            format!(
                "{} has no WhatsApp Business account; set WHATSAPP_BUSINESS_ACCOUNT_ID, or \
                 whatsapp.business_account_id in its business.toml",
                business.id
            )
        })?;
        Ok(Self { business, whatsapp: means::channel(settings, business)?, id })
    }

    async fn known(&self) -> anyhow::Result<Vec<Template>> {
        self.whatsapp.templates(self.id).await.context("ask WhatsApp for the templates")
    }

    async fn list(&self) -> anyhow::Result<bool> {
        let known = self.known().await?;
        for template in &known {
            println!(
                "  {:<32} {:<6} {:<10} {:<10} {}",
                template.name,
                template.language,
                template.category,
                template.status,
                template.rejected_reason.as_deref().unwrap_or_default()
            );
        }
        println!("  {} in all", known.len());
        Ok(true)
    }

    /// Those that business.toml names.
    fn wanted(&self) -> &[TemplateSpec] {
        let specs = &self.business.whatsapp.templates;
        if specs.is_empty() {
            println!(
                "  business.toml names none: a customer who has been silent for a day can't be \
                 written to; docs/business.md shows how to name one"
            );
        }
        specs
    }

    async fn check(&self) -> anyhow::Result<bool> {
        let known = self.known().await?;
        let mut well = true;
        for spec in self.wanted() {
            let state = State::of(spec, &known);
            well &= state.is_usable();
            println!("  {:<32} {:<6} {}", spec.name, spec.language, state.advice());
        }
        Ok(well)
    }

    /// The templates that can't be used, each with what to do about it.
    async fn unusable(&self) -> anyhow::Result<Vec<String>> {
        let known = self.known().await?;
        let specs = self.business.whatsapp.templates.iter();
        let states = specs.map(|spec| (spec, State::of(spec, &known)));
        Ok(states
            .filter(|(_, state)| !state.is_usable())
            .map(|(spec, state)| format!("{} ({}): {}", spec.name, spec.language, state.advice()))
            .collect())
    }

    async fn submit(&self) -> anyhow::Result<bool> {
        let known = self.known().await?;
        let mut well = true;
        for spec in self.wanted() {
            let state = State::of(spec, &known);
            if state != State::Missing {
                println!("  {:<32} {:<6} {}", spec.name, spec.language, state.advice());
                continue;
            }
            let template = NewTemplate {
                name: spec.name.clone(),
                language: spec.language.clone(),
                category: spec.category.clone(),
                body: spec.body.clone(),
                examples: spec.parameters(&self.business.name),
            };
            match self.whatsapp.submit_template(self.id, &template).await {
                Ok(submitted) => println!(
                    "  {:<32} {:<6} handed in: {}",
                    spec.name, spec.language, submitted.status
                ),
                Err(error) => {
                    well = false;
                    println!("  {:<32} {:<6} refused: {error}", spec.name, spec.language);
                }
            }
        }
        Ok(well)
    }
}

/// What WhatsApp has of a template that the business needs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Usable,
    /// WhatsApp has given it this category, and so its price.
    Recategorized(String),
    Missing,
    /// It has another body than business.toml says.
    Different,
    /// In WhatsApp's words, with the reason.
    NotApproved(String, Option<String>),
}

impl State {
    fn of(spec: &TemplateSpec, known: &[Template]) -> Self {
        let is_it = |one: &&Template| one.name == spec.name && one.language == spec.language;
        let Some(template) = known.iter().find(is_it) else { return Self::Missing };
        if template.status != APPROVED {
            return Self::NotApproved(template.status.clone(), template.rejected_reason.clone());
        }
        match &template.body {
            Some(body) if body.trim() != spec.body.trim() => Self::Different,
            _ if template.category != spec.category => {
                Self::Recategorized(template.category.clone())
            }
            _ => Self::Usable,
        }
    }

    fn is_usable(&self) -> bool {
        matches!(self, Self::Usable | Self::Recategorized(_))
    }

    fn advice(&self) -> String {
        match self {
            Self::Usable => "approved".to_owned(),
            Self::Recategorized(category) => format!(
                "approved as {category}, and so at its price: write that into business.toml, or \
                 ask for a review in WhatsApp Manager"
            ),
            Self::Missing => "missing: hand it in with relevo templates submit".to_owned(),
            Self::Different => {
                "approved with another body: write WhatsApp's into business.toml, or a new name"
                    .to_owned()
            }
            Self::NotApproved(status, reason) => {
                let reason = reason.as_deref().map(|reason| format!(" ({reason})"));
                format!("{}{}: it can't be used", status.to_lowercase(), reason.unwrap_or_default())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use runtime::business::Purpose;

    use super::*;

    #[test]
    fn a_template_is_usable_when_it_is_approved_as_the_business_wrote_it() {
        let spec = TemplateSpec {
            purpose: Purpose::Reopen,
            name: "seguimiento".to_owned(),
            language: "es".to_owned(),
            category: "UTILITY".to_owned(),
            body: "Hola de {{1}}".to_owned(),
        };
        let template = |language: &str, status: &str, body: &str| Template {
            id: "1".to_owned(),
            name: "seguimiento".to_owned(),
            language: language.to_owned(),
            status: status.to_owned(),
            category: "UTILITY".to_owned(),
            body: Some(body.to_owned()),
            rejected_reason: None,
            quality: None,
        };
        for (known, state) in [
            (vec![], State::Missing),
            (vec![template("en", APPROVED, "Hola de {{1}}")], State::Missing),
            (vec![template("es", APPROVED, "Hola de {{1}}")], State::Usable),
            (vec![template("es", APPROVED, "Hola")], State::Different),
            (
                vec![template("es", "PAUSED", "Hola de {{1}}")],
                State::NotApproved("PAUSED".to_owned(), None),
            ),
        ] {
            assert_eq!(State::of(&spec, &known), state);
            assert_eq!(state.is_usable(), state == State::Usable);
        }
        let dearer = Template {
            category: "MARKETING".to_owned(),
            ..template("es", APPROVED, "Hola de {{1}}")
        };
        let state = State::of(&spec, &[dearer]);
        assert_eq!(state, State::Recategorized("MARKETING".to_owned()));
        assert!(state.is_usable() && state.advice().contains("MARKETING"));
    }
}
