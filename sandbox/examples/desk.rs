//! A full board, for whoever works on the desk page: `cargo run -p sandbox --example desk`.

use std::time::Duration;

use sandbox::{NotionOptions, Options, Sandbox, sample};
use serde_json::{Map, Value, json};
use uuid::Uuid;

const STATES: [(&str, &str); 6] = [
    ("Nuevo", "blue"),
    ("En curso", "yellow"),
    ("Enviar", "orange"),
    ("Enviar y cerrar", "orange"),
    ("Enviado", "green"),
    ("Cerrado", "gray"),
];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let notion = NotionOptions { rate: None, ..NotionOptions::example() };
    let sandbox = Sandbox::start(Options { notion, ..Options::example() }).await?;
    let relevo = Relevo { sandbox: &sandbox, http: reqwest::Client::new() };
    let source = relevo.makes_database().await?;
    let desk = sandbox.desk();
    let marta = desk.specialist("Marta");

    let rows = [
        (
            "¿Puedo cambiar unas zapatillas sin la caja original?",
            "+34600000001",
            "No lo sabe",
            "Nuevo",
        ),
        ("Quiero hablar con una persona, por favor", "+34600000002", "Lo pide el cliente", "Nuevo"),
        (
            "Mi pedido 1042 dice entregado y no ha llegado. Ya son tres días y nadie me contesta, ¿qué hago?",
            "+34600000003",
            "Reclamación",
            "En curso",
        ),
        ("¿Hacéis factura a nombre de empresa?", "+34600000004", "No lo sabe", "Enviar"),
        ("¿Abrís el lunes festivo?", "+5215512345678", "No lo sabe", "Enviado"),
        ("Do you ship to Portugal?", "+351910000000", "No lo sabe", "Enviado"),
        ("¿Tenéis tarjetas regalo de 30 €?", "+34600000005", "Sin confianza", "Cerrado"),
    ];
    let mut tickets = Vec::new();
    for (at, (question, phone, reason, state)) in (1..).zip(rows) {
        tickets.push(relevo.opens(&source, at, [question, phone, reason, state]).await?);
        desk.advance_clock(Duration::from_secs(60));
    }
    let late = tickets[2];
    marta.assigns(late, "Asignado", &["Marta", "Luis"])?;
    marta.writes(late, "Respuesta", "Lo siento mucho. **Hoy mismo** lo reclamo al transportista, puedes verlo [aquí](https://example.org/envios/1042).\n- Te escribo antes de las 18:00\n- Si no apar")?;
    marta.inserts_file(late, "albarán.pdf", "application/pdf", sample::pdf(&["Albarán 1042"]))?;
    marta.inserts_file(late, "puerta.jpg", "image/jpeg", sample::photo())?;
    marta.comments(late, "Llamo al transportista y os digo.")?;
    desk.specialist("Luis").comments(late, "Es la segunda vez esta semana con esa ruta.")?;
    let sent = tickets[4];
    marta.types(sent, "Respuesta", "Sí, el lunes abrimos de 10 a 14.")?;
    marta.types(sent, "Entrega", "Leído por el cliente a las 10:42")?;
    marta.types(sent, "Propuesta", "P: ¿Abrís los lunes festivos?\nR: Sí, de 10 a 14.")?;
    marta.sets(sent, "Aprendizaje", "Propuesto")?;
    marta.assigns(sent, "Asignado", &["Carla"])?;

    println!("{0}/desk\n{0}/desk#{late}\n{0}/desk#{sent}\n{0}/both", sandbox.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// What the product does through the API.
struct Relevo<'a> {
    sandbox: &'a Sandbox,
    http: reqwest::Client,
}

impl Relevo<'_> {
    async fn makes_database(&self) -> anyhow::Result<String> {
        let select = |names: &[(&str, &str)]| {
            let options: Vec<Value> =
                names.iter().map(|(name, color)| json!({ "name": name, "color": color })).collect();
            json!({ "select": { "options": options } })
        };
        let reasons = [
            ("No lo sabe", "blue"),
            ("Lo pide el cliente", "purple"),
            ("Reclamación", "red"),
            ("Sin confianza", "brown"),
        ];
        let learning =
            ["Propuesto", "Aprobar", "Descartar", "Publicado", "Descartado", "Rechazado"]
                .map(|name| (name, "green"));
        let mut properties = Map::new();
        properties.insert("Pregunta".into(), json!({ "title": {} }));
        for name in ["Respuesta", "ID", "Resumen", "Entrega", "Propuesta"] {
            properties.insert(name.into(), json!({ "rich_text": {} }));
        }
        properties.insert("Celular".into(), json!({ "phone_number": {} }));
        properties.insert("Estado".into(), select(&STATES));
        properties.insert("Motivo".into(), select(&reasons));
        properties.insert("Aprendizaje".into(), select(&learning));
        properties.insert("Negocio".into(), select(&[("Tienda Relevo", "default")]));
        properties.insert("Conversación".into(), json!({ "url": {} }));
        properties.insert("Asignado".into(), json!({ "people": {} }));
        properties.insert("Ayudó".into(), json!({ "number": {} }));
        let page = self.sandbox.options().notion.page_id;
        let body = json!({
            "parent": { "type": "page_id", "page_id": page },
            "title": [{ "text": { "content": "Mesa de Relevo" } }],
            "initial_data_source": { "properties": properties },
        });
        let database = self.post("databases", &body).await?;
        Ok(database["data_sources"][0]["id"].as_str().unwrap_or_default().to_owned())
    }

    async fn opens(
        &self,
        source: &str,
        at: u32,
        [question, phone, reason, state]: [&str; 4],
    ) -> anyhow::Result<Uuid> {
        let rich = |text: &str| json!([{ "text": { "content": text } }]);
        let line = |kind: &str, text: &str| json!({ kind: { "rich_text": rich(text) } });
        let body = json!({
            "parent": { "data_source_id": source },
            "properties": {
                "Pregunta": { "title": rich(question) },
                "ID": { "rich_text": rich(&format!("t-{at}")) },
                "Celular": { "phone_number": phone },
                "Motivo": { "select": { "name": reason } },
                "Estado": { "select": { "name": state } },
                "Negocio": { "select": { "name": "Tienda Relevo" } },
                "Resumen": { "rich_text": rich("El cliente lo pregunta por segunda vez; el asistente no encontró nada en lo que sabe.") },
                "Conversación": { "url": "https://example.org/conversaciones/1" },
            },
            "children": [
                line("heading_3", "Conversación"),
                line("quote", "Cliente · 10:31: Hola, buenas"),
                line("quote", &format!("Cliente · 10:32: {question}")),
                line("paragraph", "Asistente · 10:32: Se lo pregunto a una persona del equipo."),
                line("heading_3", "Lo que se miró"),
                line("bulleted_list_item", "Política de cambios (0,41)"),
                line("bulleted_list_item", "Horario de las tiendas (0,28)"),
            ],
        });
        let page = self.post("pages", &body).await?;
        Ok(page["id"].as_str().unwrap_or_default().parse()?)
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let url = format!("{}/v1/{path}", self.sandbox.notion_url());
        let request = self
            .http
            .post(url)
            .bearer_auth(&self.sandbox.options().notion.token)
            .header("Notion-Version", "2025-09-03")
            .json(body);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}
