//! `relevo conversation`: who has a conversation, and taking it over or handing it back.

use std::process::ExitCode;

use anyhow::{bail, ensure};
use clap::{Args, Subcommand};
use domain::conversation::Owner;
use domain::message::{Act, TicketActed};
use domain::{BusinessId, Channel, Conversation, ConversationId, Customer};
use runtime::{Clock, Ports, Settings};
use store::records::TicketFilter;

use crate::businesses::chosen;
use crate::tickets::tell;

/// More names than a conversation can have had.
const HOPS: usize = 8;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
    /// Of this business, by its folder's name; needed where there are several
    #[arg(long, global = true)]
    business: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List those that are with the desk
    List,
    /// Show who has it, and what was last said
    Show {
        /// A phone number, a user id of WhatsApp's, or the conversation's own id
        who: String,
    },
    /// Take it over: the bot says nothing until it is released
    Take { who: String },
    /// Hand it back to the bot
    Release { who: String },
}

pub(crate) fn run(settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let ports = Ports::visit(settings, Clock::system()).await?;
        let done = run_on(&ports, settings, options).await;
        ports.close().await;
        done
    })
}

async fn run_on(ports: &Ports, settings: &Settings, options: &Options) -> anyhow::Result<ExitCode> {
    let (who, act) = match &options.command {
        Command::List => return list(ports, options).await,
        Command::Show { who } => (who, None),
        Command::Take { who } => (who, Some(Act::Take)),
        Command::Release { who } => (who, Some(Act::HandBack)),
    };
    let business = chosen(settings, options.business.as_deref())?;
    let conversation = find(ports, &business.id, who).await?;
    match act {
        None => show(&conversation),
        Some(act) => {
            let what = act.as_str().replace('_', " ");
            let acted = TicketActed { ticket: None, by: None, act };
            tell(ports, &business.id, conversation.id(), acted).await?;
            println!("{what}: on its way");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(ports: &Ports, options: &Options) -> anyhow::Result<ExitCode> {
    let business = options.business.clone();
    let filter = TicketFilter { business, open_only: true, limit: i64::MAX };
    for ticket in ports.records.tickets(filter).await? {
        let customer = ticket.customer_phone.or(ticket.customer_user).unwrap_or_default();
        println!("{}  {:<8}  {customer}", ticket.conversation, ticket.state);
    }
    Ok(ExitCode::SUCCESS)
}

/// The conversation under whatever name of its customer.
async fn find(ports: &Ports, business: &BusinessId, who: &str) -> anyhow::Result<Conversation> {
    let digits: String = who.chars().filter(char::is_ascii_digit).collect();
    let names = [
        Customer::with_phone(digits),
        Customer { user_id: Some(who.to_owned()), ..Customer::default() },
    ];
    let of = |customer: &Customer| ConversationId::of(business, Channel::Whatsapp, customer);
    let ids = match who.parse() {
        Ok(id) => vec![ConversationId::from_uuid(id)],
        Err(_) => names.iter().map(of).collect(),
    };
    for mut id in ids {
        for _ in 0..HOPS {
            let loaded = ports.state.load(id.as_uuid(), None).await?;
            let next = match loaded.document {
                Some(document) => {
                    let conversation: Conversation = serde_json::from_str(&document)?;
                    match conversation.moved_to() {
                        Some(next) => Some(next),
                        None => {
                            ensure!(
                                conversation.business() == business,
                                "it is another business's"
                            );
                            return Ok(conversation);
                        }
                    }
                }
                None => ports.state.alias(id.as_uuid()).await?.map(ConversationId::from_uuid),
            };
            let Some(next) = next else { break };
            id = next;
        }
    }
    bail!("nobody has written under this name, or not for long");
}

fn show(conversation: &Conversation) {
    let customer = conversation.customer();
    println!("conversation  {}", conversation.id());
    println!(
        "customer      {} {}",
        customer.name.as_deref().unwrap_or("-"),
        customer.phone.as_deref().or(customer.user_id.as_deref()).unwrap_or("-")
    );
    let owner = match conversation.owner() {
        Owner::Bot => "the bot",
        Owner::Person { .. } => "a person",
    };
    println!("owner         {owner}");
    match conversation.ticket() {
        Some(ticket) => println!("ticket        {} {}", ticket.id, ticket.state.as_str()),
        None => println!("ticket        -"),
    }
    for line in conversation.lines() {
        println!("{:<9} {}", format!("{:?}", line.author).to_lowercase(), line.text);
    }
}
