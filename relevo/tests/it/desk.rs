//! The desk: what people do in Notion or on the terminal, through real HTTP and real processes.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use relevo::installation::{DeskPlace, Installation, LanguageModel, Plan};
use runtime::lifecycle::Ended;
use sandbox::{Customer, Fault, NotionOptions, Operation, Sandbox, Sender, Ticket};
use uuid::Uuid;

use crate::process::Stage;
use crate::{BUSINESS, until};

const LIMIT: Duration = Duration::from_secs(40);
const QUESTION: &str = "quiero hablar con una persona sobre mi reclamo";

fn plan() -> Plan {
    let business = format!("{BUSINESS}\n[notion]\npoll_seconds = 1\n");
    Plan { business, desk: DeskPlace::Notion, ..Plan::default() }
}

/// What the business said, in its order; each with its mark once.
fn said(sandbox: &Sandbox, phone: &str) -> Vec<String> {
    let bubbles = sandbox.transcript(phone);
    let of_business = bubbles.into_iter().filter(|bubble| bubble.from == Sender::Business);
    of_business.map(|bubble| bubble.text).collect()
}

fn times(sandbox: &Sandbox, phone: &str, text: &str) -> usize {
    said(sandbox, phone).iter().filter(|said| said.contains(text)).count()
}

async fn hears(sandbox: &Sandbox, phone: &str, text: &str) {
    until(&format!("{text} is heard"), LIMIT, async || times(sandbox, phone, text) > 0).await;
}

/// The customer asks for a person, and the ticket is there.
async fn ticket(sandbox: &Sandbox, customer: &Customer) -> Ticket {
    customer.says(QUESTION).await;
    hears(sandbox, customer.phone(), "una persona de nuestro equipo").await;
    let phone = format!("+{}", customer.phone());
    sandbox.desk().sees(LIMIT, |ticket| ticket.text("Celular") == phone).await.unwrap()
}

async fn shows(sandbox: &Sandbox, ticket: Uuid, property: &str, text: &str) {
    let is = |one: &Ticket| one.id == ticket && one.text(property).contains(text);
    let seen = sandbox.desk().sees(LIMIT, is).await;
    let now = sandbox.desk().ticket(ticket).map(|one| one.text(property).to_owned());
    assert!(seen.is_ok(), "{property} is {now:?} and not {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_specialists_answer_reaches_the_customer_and_the_bot_knows_its_place() {
    let installation = Installation::start(plan()).await.unwrap();
    let sandbox = &installation.sandbox;
    let ana = sandbox.customer("51997000001", "Ana");
    ana.says("hola").await;
    ana.hears(LIMIT).await.unwrap();
    let ticket = ticket(sandbox, &ana).await;
    assert_eq!(ticket.text("Estado"), "Nuevo");
    assert_eq!(ticket.text("Motivo"), "Pide una persona");
    assert!(ticket.text("Pregunta").contains("reclamo"));
    let id: Uuid = ticket.text("ID").parse().unwrap();
    shows(sandbox, ticket.id, "Conversación", "hola").await;

    // A greeting gets an honest word, and no fresh offer of help.
    ana.says("hola?").await;
    hears(sandbox, ana.phone(), "sigue con nuestro equipo").await;

    // Half-typed text never leaves.
    let luis = sandbox.desk().specialist("Luis");
    luis.types(ticket.id, "Respuesta", "Su reclamo está").unwrap();
    luis.assigns(ticket.id, "Asignado", &["Luis"]).unwrap();
    shows(sandbox, ticket.id, "Estado", "En curso").await;
    assert_eq!(times(sandbox, ana.phone(), "Su reclamo"), 0);
    luis.writes(ticket.id, "Respuesta", "Tu reclamo está **resuelto**.").unwrap();
    luis.attaches(
        ticket.id,
        "Adjuntos",
        "nota.pdf",
        "application/pdf",
        Bytes::from_static(b"%PDF-1.4 nota"),
    )
    .unwrap();
    assert_eq!(luis.presses_send(ticket.id).await.unwrap(), Some(200));
    hears(sandbox, ana.phone(), "Tu reclamo está *resuelto*.").await;
    shows(sandbox, ticket.id, "Estado", "Enviado").await;
    shows(sandbox, ticket.id, "Entrega", "✓").await;

    // The same again is not sent again, and a correction is.
    luis.presses_send(ticket.id).await.unwrap();
    shows(sandbox, ticket.id, "Estado", "Enviado").await;
    luis.types(ticket.id, "Respuesta", "Corrijo: se resuelve el lunes.").unwrap();
    luis.presses_send(ticket.id).await.unwrap();
    hears(sandbox, ana.phone(), "Corrijo").await;
    assert_eq!(times(sandbox, ana.phone(), "resuelto"), 1);

    // The bot is silent until the ticket is closed.
    let before = said(sandbox, ana.phone()).len();
    ana.says("¿y el recibo?").await;
    shows(sandbox, ticket.id, "Estado", "En curso").await;
    assert_eq!(said(sandbox, ana.phone()).len(), before);
    luis.sets(ticket.id, "Estado", "Cerrado").unwrap();
    let records = &installation.app.ports().records;
    until("it is closed", LIMIT, async || {
        records.ticket(id).await.unwrap().is_some_and(|ticket| ticket.state == "closed")
    })
    .await;
    ana.says("buenas tardes").await;
    hears(sandbox, ana.phone(), "Soy el asistente").await;

    // What is learned of it was offered.
    let blocks = sandbox.desk().ticket(ticket.id).unwrap();
    assert!(blocks.body.iter().any(|line| line.contains("¿y el recibo?")), "{blocks:?}");
    assert_eq!(sandbox.desk().tickets().len(), 1);
    assert_eq!(installation.stop().await, Ended::Cleanly);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ticket_and_one_answer_whatever_notion_does() {
    let mut plan = plan();
    plan.sandbox.notion = NotionOptions { rate: None, ..NotionOptions::example() };
    let installation = Installation::start(plan).await.unwrap();
    let sandbox = &installation.sandbox;
    let faults = sandbox.faults();
    for (operation, seed) in [
        (Operation::NotionPageCreate, 1),
        (Operation::NotionPageUpdate, 2),
        (Operation::NotionBlockAppend, 3),
    ] {
        faults.add(Fault::on(operation).loses_the_answer().share(0.3, seed));
    }
    for (code, seed) in [(429, 4), (500, 5), (529, 6)] {
        faults.add(Fault::on(Operation::Notion).refuses(code).share(0.08, seed));
    }
    faults.add(Fault::on(Operation::NotionWebhook).never_comes().share(0.4, 7));
    faults.add(Fault::on(Operation::NotionWebhook).duplicates(2).share(0.4, 8));

    let customers: Vec<Customer> =
        (0..6).map(|n| sandbox.customer(&format!("5199710000{n}"), "Ana")).collect();
    let luis = sandbox.desk().specialist("Luis");
    for customer in &customers {
        customer.says(QUESTION).await;
    }
    let mut tickets = Vec::new();
    for (number, customer) in customers.iter().enumerate() {
        let phone = format!("+{}", customer.phone());
        let limit = LIMIT * 3;
        let ticket = sandbox.desk().sees(limit, |one| one.text("Celular") == phone).await.unwrap();
        luis.types(ticket.id, "Respuesta", &format!("Respuesta {number}")).unwrap();
        luis.presses_send(ticket.id).await.ok();
        tickets.push(ticket);
    }
    for (number, customer) in customers.iter().enumerate() {
        let text = format!("Respuesta {number}");
        let is = async || times(sandbox, customer.phone(), &text) > 0;
        until("the answer is heard", LIMIT * 3, is).await;
    }
    faults.clear();
    for ticket in &tickets {
        shows(sandbox, ticket.id, "Estado", "Enviado").await;
    }
    assert_eq!(sandbox.desk().tickets().len(), customers.len(), "one page for each");
    for (number, customer) in customers.iter().enumerate() {
        assert_eq!(times(sandbox, customer.phone(), &format!("Respuesta {number}")), 1);
    }
    assert_eq!(installation.stop().await, Ended::Cleanly);
}

/// Where handoff is when it dies.
#[derive(Debug, Clone, Copy)]
enum Step {
    BeforeThePage,
    WhenThePageIsMade,
    WhenLinesAreWritten,
    WhenThePageIsRead,
    WhenTheStateIsWritten,
}

#[tokio::test(flavor = "multi_thread")]
async fn handoff_killed_at_any_step_makes_one_page_and_sends_one_answer() {
    let business = format!("{BUSINESS}\n[notion]\npoll_seconds = 1\n");
    let first = Plan { business, ..Plan::default() };
    let stage = Stage::with_desk(first).await;
    let mut relevo = stage.serve("");
    relevo.ready().await;
    let sandbox = &stage.sandbox;
    let luis = sandbox.desk().specialist("Luis");
    let steps = [
        (Step::BeforeThePage, Operation::NotionPageCreate),
        (Step::WhenThePageIsMade, Operation::NotionPageCreate),
        (Step::WhenLinesAreWritten, Operation::NotionBlockAppend),
        (Step::WhenThePageIsRead, Operation::NotionPageRetrieve),
        (Step::WhenTheStateIsWritten, Operation::NotionPageUpdate),
    ];
    for (number, (step, operation)) in steps.into_iter().enumerate() {
        let customer = sandbox.customer(&format!("5199720000{number}"), "Ana");
        let fault = Fault::on(operation);
        let fault = match step {
            Step::BeforeThePage | Step::WhenThePageIsRead => fault.hangs(),
            _ => fault.hangs_after(),
        };
        let before = sandbox.journal_of(operation).len();
        let came = move |sandbox: &Sandbox| sandbox.journal_of(operation).len() > before;
        let of_answer = matches!(step, Step::WhenThePageIsRead | Step::WhenTheStateIsWritten);
        if !of_answer {
            sandbox.faults().add(fault.clone().times(1));
            customer.says(QUESTION).await;
            sandbox.wait_until(came, LIMIT).await.unwrap();
            relevo.kill();
            relevo.start_again();
            relevo.ready().await;
        } else {
            customer.says(QUESTION).await;
        }
        let phone = format!("+{}", customer.phone());
        let ticket =
            sandbox.desk().sees(LIMIT * 2, |one| one.text("Celular") == phone).await.unwrap();
        if of_answer {
            shows(sandbox, ticket.id, "Conversación", "persona").await;
        }
        luis.types(ticket.id, "Respuesta", &format!("Respuesta {number}")).unwrap();
        if of_answer {
            let before = sandbox.journal_of(operation).len();
            let came = move |sandbox: &Sandbox| sandbox.journal_of(operation).len() > before;
            sandbox.faults().add(fault.clone().times(1));
            luis.sets(ticket.id, "Estado", "Enviar").unwrap();
            sandbox.wait_until(came, LIMIT).await.unwrap();
            relevo.kill();
            relevo.start_again();
            relevo.ready().await;
        } else {
            luis.sets(ticket.id, "Estado", "Enviar").unwrap();
        }
        let text = format!("Respuesta {number}");
        let is = async || times(sandbox, customer.phone(), &text) > 0;
        until(&format!("{step:?}: the answer is heard"), LIMIT * 3, is).await;
        shows(sandbox, ticket.id, "Estado", "Enviado").await;
        assert_eq!(times(sandbox, customer.phone(), &text), 1, "{step:?}");
        let pages = sandbox.desk().tickets();
        let own = pages.iter().filter(|one| one.text("Celular") == phone).count();
        assert_eq!(own, 1, "{step:?}: one page");
        let lines = || {
            let body = sandbox.desk().ticket(ticket.id).unwrap().body;
            body.iter().filter(|text| text.contains("reclamo")).count()
        };
        until(&format!("{step:?}: what was said is shown"), LIMIT, async || lines() > 0).await;
        assert_eq!(lines(), 1, "{step:?}: each line once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_notion_the_terminal_is_the_desk() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let relevo = stage.serve("");
    relevo.ready().await;
    let ana = stage.sandbox.customer("51997300001", "Ana");
    ana.says(QUESTION).await;
    hears(&stage.sandbox, ana.phone(), "una persona de nuestro equipo").await;
    let run = async |arguments: &[&str]| {
        let output = stage.run(arguments).await;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{arguments:?}: {text} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    };
    until("the ticket is listed", LIMIT, async || {
        run(&["tickets", "list"]).await.contains("1 open")
    })
    .await;
    let list = run(&["tickets", "list"]).await;
    let id = list.split_whitespace().next().unwrap().to_owned();
    assert!(list.contains("waiting"), "{list}");
    assert!(run(&["tickets", "show", &id]).await.contains("reclamo"));
    run(&["tickets", "take", &id, "--by", "Luis"]).await;
    until("it is taken", LIMIT, async || {
        run(&["conversation", "show", ana.phone()]).await.contains("owner         a person")
    })
    .await;
    run(&["tickets", "answer", &id, "Ya está resuelto", "--close"]).await;
    hears(&stage.sandbox, ana.phone(), "Ya está resuelto").await;
    until("the wait is measured", LIMIT, async || {
        let shown = relevo.asks("/metrics").await.unwrap().1;
        shown.contains("\nrelevo_person_answer_seconds_count 1\n")
    })
    .await;
    until("it is closed", LIMIT, async || {
        run(&["tickets", "show", &id]).await.contains("state         closed")
    })
    .await;
    assert!(run(&["conversation", "show", ana.phone()]).await.contains("owner         the bot"));
    run(&["conversation", "take", ana.phone()]).await;
    until("it is taken", LIMIT, async || {
        run(&["conversation", "show", ana.phone()]).await.contains("owner         a person")
    })
    .await;
    run(&["conversation", "release", ana.phone()]).await;
    until("it is released", LIMIT, async || {
        run(&["conversation", "show", ana.phone()]).await.contains("owner         the bot")
    })
    .await;
    assert_eq!(times(&stage.sandbox, ana.phone(), "Ya está resuelto"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_made_completed_and_checked_by_commands() {
    let stage = Stage::set(BTreeMap::new(), LanguageModel::None).await;
    let options = &stage.sandbox.options().notion;
    let mut environment = BTreeMap::from([
        ("NOTION_API_URL".to_owned(), stage.sandbox.notion_url()),
        ("NOTION_API_KEY".to_owned(), options.token.clone()),
    ]);
    let parent = options.page_id.to_string();
    let (code, text) =
        stage.run_with(&environment, &["notion", "setup", "--parent", &parent]).await;
    assert_eq!(code, Some(0), "{text}");
    let id = text.split("NOTION_DATABASE_ID=").nth(1).unwrap().split_whitespace().next().unwrap();
    environment.insert("NOTION_DATABASE_ID".to_owned(), id.to_owned());
    let (code, text) = stage.run_with(&environment, &["notion", "check"]).await;
    assert_eq!(code, Some(0), "{text}");
    environment.insert("NOTION_API_KEY".to_owned(), "wrong".to_owned());
    let (code, text) = stage.run_with(&environment, &["notion", "check"]).await;
    assert_eq!(code, Some(1), "{text}");
    assert!(!text.contains(&options.token));
}
