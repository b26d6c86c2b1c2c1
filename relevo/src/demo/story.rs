//! The story that the demo tells. Each scene checks what it shows.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use sandbox::{Bubble, Customer, Sandbox, Sender, Ticket};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::installation::Installation;

/// Longer than any turn of the story takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough for an answer that should not come.
const QUIET: Duration = Duration::from_secs(4);
/// Every worker has read by then what was published.
const IN_FORCE: Duration = Duration::from_secs(2);

pub(super) async fn tell(installation: &Installation) -> anyhow::Result<()> {
    let sandbox = &installation.sandbox;
    greeting(sandbox).await.context("the greeting")?;
    burst(sandbox).await.context("the burst of fragments")?;
    known(sandbox).await.context("the question with an answer")?;
    vague(sandbox).await.context("the question with choices")?;
    in_part(sandbox).await.context("the question with half an answer")?;
    unknown(sandbox).await.context("the question that nobody can answer")?;
    person(sandbox).await.context("the wish for a person")?;
    desk(sandbox).await.context("the specialist's answer")?;
    voice_note(sandbox).await.context("the voice note")?;
    second_thoughts(sandbox).await.context("the deleted message")?;
    repeated_webhook(sandbox).await.context("the repeated webhook")?;
    every_message_has_an_outcome(installation).await.context("the count")
}

async fn greeting(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene("Somebody says hello and is answered at once");
    let ana = sandbox.customer("51999000001", "Ana");
    let answer = converse(&ana, &["hola, buenas tardes"]).await?;
    ensure!(answer.contains("Ferretería Andina"), "the greeting does not name the business");
    Ok(())
}

async fn burst(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene("Five fragments in quick succession are one question and get one answer");
    let luis = sandbox.customer("51999000002", "Luis");
    let fragments = ["oye", "una consulta", "el taladro bosch", "ese de 650w", "trae maletín?"];
    converse(&luis, &fragments).await?;
    only_answers(sandbox, &luis, 1).await
}

async fn known(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene(
        "A question that the business has answered before is answered in the business's own words",
    );
    let diego = sandbox.customer("51999000007", "Diego");
    let answer = converse(&diego, &["Tienen tienda en Trujillo?"]).await?;
    ensure!(answer.contains("Av. España 2110"), "the answer is not the one that was written");
    Ok(())
}

async fn vague(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene("A question that could mean several gets them to choose from, and a tap its answer");
    let elena = sandbox.customer("51999000008", "Elena");
    said(&elena, "una consulta sobre el envío");
    elena.says("una consulta sobre el envío").await;
    let offered = listen(&elena, Instant::now()).await?.offers;
    for offer in &offered {
        println!("              [{}]", offer.title);
    }
    let cost = offered.iter().find(|offer| offer.title.starts_with("Cuesta"));
    let cost = cost.context("the price of a delivery is not offered")?;
    said(&elena, &format!("[taps] {}", cost.title));
    let began = Instant::now();
    elena.taps(&cost.id).await?;
    let answer = heard(&elena, began).await?;
    ensure!(answer.contains("10 soles"), "the tap was not understood");
    Ok(())
}

async fn in_part(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene("Of two questions one is known: it is answered, the other is named and goes to a person");
    let flor = sandbox.customer("51999000010", "Flor");
    let question = "¿Dónde queda la tienda principal? ¿Venden cemento blanco?";
    let answer = converse(&flor, &[question]).await?;
    ensure!(answer.contains("Av. Los Próceres 1420"), "what is known was not said");
    ensure!(answer.contains("«Venden cemento blanco»"), "what is missing was not named");
    ensure!(answer.contains("una persona de nuestro equipo"), "the rest was not handed off");
    Ok(())
}

async fn unknown(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene("A question that nothing written answers goes to a person, and nothing is made up");
    let bruno = sandbox.customer("51999000009", "Bruno");
    let answer = converse(&bruno, &["quién ganó el mundial de fútbol?"]).await?;
    ensure!(answer.contains("una persona de nuestro equipo"), "it was not handed off");
    Ok(())
}

async fn person(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene("Somebody wants a person and is told honestly that one will answer");
    let rosa = sandbox.customer("51999000003", "Rosa");
    let answer = converse(&rosa, &["quiero hablar con una persona por favor"]).await?;
    ensure!(answer.contains("persona"), "the answer does not speak of a person");
    Ok(())
}

async fn desk(sandbox: &Sandbox) -> anyhow::Result<()> {
    const ANSWER: &str = "Sí, alquilamos andamios por semana: 25 soles el cuerpo, con ruedas.";
    scene(
        "What nobody has written down a specialist answers in Notion, and the next customer is \
         answered at once",
    );
    let question = "¿alquilan andamios por semana?";
    let marco = sandbox.customer("51999000011", "Marco");
    let answer = converse(&marco, &[question]).await?;
    ensure!(answer.contains("una persona de nuestro equipo"), "it was not handed off");
    let number = format!("+{}", marco.phone());
    let seen = sandbox.desk().sees(PATIENCE, |one| one.text("Celular") == number).await;
    let ticket = seen.context("no ticket came")?.id;
    println!("  {:>11} ← a ticket: {question}", "Notion");
    let marta = sandbox.desk().specialist("Marta");
    marta.writes(ticket, "Respuesta", ANSWER)?;
    let began = Instant::now();
    println!("  {:>11} → {ANSWER}   [Enviar y cerrar]", "Marta");
    marta.sets(ticket, "Estado", "Enviar y cerrar")?;
    ensure!(heard(&marco, began).await? == ANSWER, "the specialist's answer is another");

    let learning = async |state: &str| {
        let is = |one: &Ticket| one.id == ticket && one.text("Aprendizaje") == state;
        sandbox.desk().sees(PATIENCE, is).await.with_context(|| format!("it is not {state}"))
    };
    let proposed = learning("Propuesto").await?;
    println!("  {:>11} ← may this be kept? {}", "Notion", proposed.text("Propuesta"));
    println!("  {:>11} → [Aprobar]", "Marta");
    marta.sets(ticket, "Aprendizaje", "Aprobar")?;
    learning("Publicado").await?;
    sleep(IN_FORCE).await;
    let next = sandbox.customer("51999000012", "Nora");
    let answer = converse(&next, &["alquilan andamios x semana?"]).await?;
    ensure!(answer.contains("25 soles"), "it was not learned");
    Ok(())
}

async fn voice_note(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene("A voice note is fetched, heard and answered (the sandbox plays the one who listens)");
    let carmen = sandbox.customer("51999000005", "Carmen");
    let words = "buenas, me pasas con un vendedor por favor";
    said(&carmen, &format!("🎤 “{words}”"));
    let began = Instant::now();
    carmen.speaks(words).await;
    let answer = heard(&carmen, began).await?;
    ensure!(answer.contains("persona"), "the voice note was not understood");
    Ok(())
}

async fn second_thoughts(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene(
        "Somebody corrects one message and deletes another before the answer: one answer, to what stands",
    );
    let pablo = sandbox.customer("51999000006", "Pablo");
    said(&pablo, "una consulta sobre taladros");
    let question = pablo.says("una consulta sobre taladros").await;
    said(&pablo, "me puede llamar alguien?");
    let deleted = pablo.says("me puede llamar alguien?").await;
    said(&pablo, "[edits the first] muchas gracias");
    pablo.edits(&question, "muchas gracias").await;
    said(&pablo, "[deletes the second]");
    let began = Instant::now();
    pablo.deletes(&deleted).await;
    let answer = heard(&pablo, began).await?;
    ensure!(!answer.contains("persona"), "what was deleted was answered");
    only_answers(sandbox, &pablo, 1).await
}

async fn repeated_webhook(sandbox: &Sandbox) -> anyhow::Result<()> {
    scene("WhatsApp delivers the same webhook three times; the customer is answered once");
    let jose = sandbox.customer("51999000004", "José");
    said(&jose, "muchas gracias");
    let text = json!({ "type": "text", "text": { "body": "muchas gracias" } });
    let began = Instant::now();
    sandbox.delivers([jose.composes(text)]).copies(2).goes_out().await;
    heard(&jose, began).await?;
    only_answers(sandbox, &jose, 1).await
}

async fn every_message_has_an_outcome(installation: &Installation) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let counts = installation.app.ports().records.counts().await?;
        if counts.inbound > 0 && counts.unsettled == 0 {
            println!("\n{} messages came in; every one has its outcome:", counts.inbound);
            for (outcome, count) in counts.outcomes {
                println!("  {count:>3} {outcome}");
            }
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "{} of {} messages have no outcome",
            counts.unsettled,
            counts.inbound
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The customer writes all of it; returns the next answer.
async fn converse(customer: &Customer, texts: &[&str]) -> anyhow::Result<String> {
    for text in texts {
        said(customer, text);
        customer.says(text).await;
    }
    heard(customer, Instant::now()).await
}

async fn heard(customer: &Customer, since: Instant) -> anyhow::Result<String> {
    Ok(listen(customer, since).await?.text)
}

async fn listen(customer: &Customer, since: Instant) -> anyhow::Result<Bubble> {
    let answer = customer.hears(PATIENCE).await.context("no answer came")?;
    let took = since.elapsed().as_secs_f32();
    println!("  {:>11} ← {}   ({took:.1} s)", "Relevo", answer.text);
    Ok(answer)
}

/// Waits a moment for an answer too many.
async fn only_answers(
    sandbox: &Sandbox,
    customer: &Customer,
    expected: usize,
) -> anyhow::Result<()> {
    tokio::time::sleep(QUIET).await;
    let answers = sandbox
        .transcript(customer.phone())
        .iter()
        .filter(|bubble| bubble.from == Sender::Business)
        .count();
    ensure!(answers == expected, "{answers} answers instead of {expected}");
    println!("              {expected} answer, as it should be");
    Ok(())
}

fn scene(title: &str) {
    println!("\n{title}");
}

fn said(customer: &Customer, text: &str) {
    println!("  {:>11} → {text}", customer.phone());
}
