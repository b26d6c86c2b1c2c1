//! Every kind of bubble on the phone page, for whoever works on it: `cargo run -p sandbox --example phone`.

use std::time::Duration;

use sandbox::{Fault, Operation, Options, Sandbox, Sender, Statuses, Template, sample};
use serde_json::{Value, json};

const ANA: &str = "34600000001";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let templates = vec![
        Template::approved("cita", "es", "Hola, {{1}}: ¿confirmas tu cita de mañana a las 10:00?")
            .with_quick_replies(&["Confirmo", "Cambiar"]),
    ];
    let statuses = Statuses::quick();
    let sandbox = Sandbox::start(Options { templates, statuses, ..Options::example() }).await?;
    sandbox.faults().add(Fault::on(Operation::Webhook).never_comes());
    let ana = sandbox.customer(ANA, "Ana");
    let business = Business { sandbox: &sandbox, http: reqwest::Client::new() };

    ana.answers_ad("Zapatillas rojas, -20 %", "Hola, ¿las tenéis en el 42?").await;
    ana.sends_photo(sample::photo(), "Estas de aquí").await;
    business.reads_all().await?;
    let list = business
        .says(
            "interactive",
            json!({ "type": "list", "body": { "text": "Sí, *en dos tiendas*. ¿Cuál te va mejor?" },
                "action": { "button": "Ver tiendas", "sections": [{ "title": "Madrid", "rows": [
                    { "id": "sol", "title": "Sol", "description": "Abierto hasta las 21:00" },
                    { "id": "norte", "title": "Norte" }] }] } }),
        )
        .await?;
    ana.taps("sol").await?;
    ana.reacts(&list, "👍").await;
    let place = json!({ "latitude": 40.41678, "longitude": -3.70379, "name": "Tienda Sol",
        "address": "Puerta del Sol 1" });
    business.says("location", place).await?;
    let voice = ana.speaks("¿Y cuánto tarda un envío a Sevilla?").await;
    let quoted = json!({ "body": "Entre 24 y 48 horas 🚚\nhttps://example.org/envios" });
    business.replies(&voice, quoted).await?;
    let edited = ana.says("Vale, me llevo dos pares").await;
    ana.edits(&edited, "Vale, me llevo tres pares").await;
    let deleted = ana.says("mi clave es 1234").await;
    ana.deletes(&deleted).await;
    ana.orders(&[("zapatilla-roja-42", 3, 59.9), ("calcetines", 1, 7.5)], "Para regalo").await;
    ana.shares_contact("Luis García", "+34 600 000 002").await;
    ana.sends_document("factura.pdf", "application/pdf", sample::pdf(&["Factura 42"]), "").await;
    ana.sends_sticker(sample::sticker()).await;
    ana.sends_unsupported("poll_creation").await;
    sandbox.business_phone_says(ANA, "Hola, soy Marta. Te lo preparo ahora mismo.").await;
    let buttons = ["Sí", "No"]
        .map(|title| json!({ "type": "reply", "reply": { "id": title, "title": title } }));
    business
        .says(
            "interactive",
            json!({ "type": "button", "body": { "text": "¿Lo recoges hoy?" },
                "action": { "buttons": buttons } }),
        )
        .await?;
    let name = json!([{ "type": "body", "parameters": [{ "type": "text", "text": "Ana" }] }]);
    let template = json!({ "name": "cita", "language": { "code": "es" }, "components": name });
    business.says("template", template).await?;
    sandbox.settled(Duration::from_secs(5)).await?;
    sandbox.advance_window(Duration::from_secs(24 * 60 * 60));
    business.says("text", json!({ "body": "¿Sigues ahí?" })).await?;
    sandbox.settled(Duration::from_secs(5)).await?;
    ana.says("Sí, aquí sigo").await;
    business.reads_all().await?;

    println!("{}/?phone={ANA}&name=Ana", sandbox.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// A business that writes through the API.
struct Business<'a> {
    sandbox: &'a Sandbox,
    http: reqwest::Client,
}

impl Business<'_> {
    async fn says(&self, kind: &str, content: Value) -> anyhow::Result<String> {
        self.post(json!({ "to": ANA, "type": kind, kind: content })).await
    }

    async fn replies(&self, wamid: &str, text: Value) -> anyhow::Result<String> {
        let context = json!({ "message_id": wamid });
        self.post(json!({ "to": ANA, "type": "text", "text": text, "context": context })).await
    }

    /// Marks all as read and starts typing.
    async fn reads_all(&self) -> anyhow::Result<()> {
        let last = self.sandbox.transcript(ANA).into_iter().rfind(|b| b.from == Sender::Customer);
        if let Some(last) = last {
            self.post(json!({ "status": "read", "message_id": last.wamid,
                "typing_indicator": { "type": "text" } }))
                .await?;
        }
        Ok(())
    }

    async fn post(&self, mut body: Value) -> anyhow::Result<String> {
        body["messaging_product"] = "whatsapp".into();
        let Options { phone_number_id, access_token, .. } = self.sandbox.options();
        let url = format!("{}/v25.0/{phone_number_id}/messages", self.sandbox.url());
        let request = self.http.post(url).bearer_auth(access_token).json(&body);
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        Ok(answer["messages"][0]["id"].as_str().unwrap_or_default().to_owned())
    }
}
