//! Templates: listed, submitted, reviewed, sent.

use reqwest::Method;
use sandbox::{Category, Options, Template, TemplateStatus};
use serde_json::{Value, json};

use crate::{ANA, Bench, SOON, read};

async fn call(bench: &Bench, method: Method, query: &str, body: Option<Value>) -> (u16, Value) {
    let options = bench.sandbox.options();
    let url = format!("{}/v25.0/{}/message_templates{query}", bench.sandbox.url(), options.waba_id);
    let mut request = bench.http.request(method, url).bearer_auth(&options.access_token);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let (status, answer) = read(request.send().await.unwrap()).await;
    (status.as_u16(), answer)
}

fn template_to(to: &Value, name: &str, parameters: &[&str]) -> Value {
    let parameters: Vec<Value> =
        parameters.iter().map(|text| json!({ "type": "text", "text": text })).collect();
    let mut template = json!({ "name": name, "language": { "code": "es" } });
    if !parameters.is_empty() {
        template["components"] = json!([{ "type": "body", "parameters": parameters }]);
    }
    let mut body =
        json!({ "messaging_product": "whatsapp", "type": "template", "template": template });
    body.as_object_mut().unwrap().extend(to.as_object().unwrap().clone());
    body
}

#[tokio::test]
async fn templates_are_listed_in_pages() {
    let templates =
        (0..5).map(|n| Template::approved(&format!("aviso_{n}"), "es", "Hola")).collect();
    let bench = Bench::with(Options { templates, ..Options::example() }).await;
    let (_, first) = call(&bench, Method::GET, "?limit=2&fields=name,status", None).await;
    let template = &first["data"][0];
    assert_eq!((&template["name"], &template["status"]), (&json!("aviso_0"), &json!("APPROVED")));
    assert!(template["id"].is_string() && template.get("components").is_none());
    let mut names = Vec::new();
    let mut page = first;
    loop {
        names.extend(page["data"].as_array().unwrap().iter().map(|t| t["name"].clone()));
        let Some(next) = page["paging"]["next"].as_str() else { break };
        let token = &bench.sandbox.options().access_token;
        page = read(bench.http.get(next).bearer_auth(token).send().await.unwrap()).await.1;
    }
    assert_eq!(names, ["aviso_0", "aviso_1", "aviso_2", "aviso_3", "aviso_4"]);
    let (_, whole) = call(&bench, Method::GET, "?name=aviso_3", None).await;
    assert_eq!(whole["data"][0]["components"][0]["text"], "Hola");
    assert_eq!(call(&bench, Method::GET, "?limit=0", None).await.1["error"]["code"], 100);
    assert_eq!(call(&bench, Method::GET, "?after=x", None).await.1["error"]["code"], 100);
}

#[tokio::test]
async fn a_template_is_submitted_reviewed_sent_and_deleted() {
    let bench = Bench::new().await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let new = json!({ "name": "pedido", "language": "es", "category": "MARKETING", "components": [
        { "type": "BODY", "text": "Tu pedido {{1}} llega {{2}}.", "example": { "body_text": [["42", "hoy"]] } } ] });
    let (status, answer) = call(&bench, Method::POST, "", Some(new.clone())).await;
    assert_eq!((status, &answer["status"]), (200, &json!("PENDING")), "{answer}");
    let sent = template_to(&json!({ "to": ANA }), "pedido", &["42", "hoy"]);
    assert_eq!(bench.send(sent.clone()).await.1["error"]["code"], 132_001);
    assert_eq!(call(&bench, Method::POST, "", Some(new)).await.1["error"]["code"], 100);

    let review = async |status, reason: &str| {
        bench.sandbox.reviews_template("pedido", "es", status, reason).await;
        bench.receiver.hooks().pop().unwrap()
    };
    let told = review(TemplateStatus::Rejected, "INVALID_FORMAT").await;
    assert_eq!(told.json["entry"][0]["changes"][0]["field"], "message_template_status_update");
    assert_eq!(told.value()["event"], "REJECTED");
    assert_eq!(told.value()["reason"], "INVALID_FORMAT");
    assert_eq!(told.value()["message_template_id"].to_string(), answer["id"].as_str().unwrap());
    assert_eq!(bench.send(sent.clone()).await.1["error"]["code"], 132_001);
    review(TemplateStatus::Paused, "NONE").await;
    assert_eq!(bench.send(sent.clone()).await.1["error"]["code"], 132_015);
    review(TemplateStatus::Disabled, "NONE").await;
    assert_eq!(bench.send(sent.clone()).await.1["error"]["code"], 132_016);

    review(TemplateStatus::Approved, "NONE").await;
    let (_, answer) = bench.send(sent).await;
    assert_eq!(answer["messages"][0]["message_status"], "accepted", "{answer}");
    assert_eq!(ana.hears(SOON).await.unwrap().text, "Tu pedido 42 llega hoy.");
    bench.settle().await;
    assert_eq!(bench.receiver.statuses()[0]["pricing"]["category"], "marketing");
    assert_eq!(call(&bench, Method::DELETE, "?name=pedido", None).await.1["success"], true);
    assert_eq!(call(&bench, Method::DELETE, "?name=pedido", None).await.0, 400);
}

#[tokio::test]
async fn a_submission_that_breaks_the_rules_is_refused() {
    let bench = Bench::new().await;
    let with = |key: &str, value: Value| {
        let mut body = json!({ "name": "pedido", "language": "es", "category": "UTILITY",
            "components": [{ "type": "BODY", "text": "Hola" }] });
        body[key] = value;
        body
    };
    let rows = [
        (with("name", json!("Pedido")), 100),
        (with("language", json!("")), 131_008),
        (with("category", json!("SPAM")), 100),
        (with("components", json!([])), 131_008),
        (with("components", json!([{ "type": "BODY", "text": "Hola {{1}}" }])), 100),
        (with("components", json!([{ "type": "BODY", "text": "x".repeat(1025) }])), 100),
    ];
    for (body, code) in rows {
        let (status, answer) = call(&bench, Method::POST, "", Some(body.clone())).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{body}");
    }
    assert_eq!(bench.sandbox.templates().len(), 1);
}

#[tokio::test]
async fn a_template_is_sent_with_as_many_values_as_it_has_variables() {
    let templates = vec![
        Template::approved("aviso", "es", "Hola, {{1}}"),
        Template::approved("clave", "es", "Tu clave es {{1}}")
            .of_category(Category::Authentication),
    ];
    let bench = Bench::with(Options { templates, ..Options::example() }).await;
    let ana = bench.sandbox.customer(ANA, "Ana");
    let (to, user) = (json!({ "to": ANA }), json!({ "recipient": ana.user_id() }));
    let rows = [
        (template_to(&to, "aviso", &["Ana"]), None),
        (template_to(&user, "aviso", &["Ana"]), None),
        (template_to(&to, "aviso", &[]), Some((400, 132_000))),
        (template_to(&to, "aviso", &["Ana", "Luis"]), Some((400, 132_000))),
        (template_to(&to, "aviso", &[""]), Some((400, 131_008))),
        (template_to(&to, "nada", &[]), Some((404, 132_001))),
        (template_to(&to, "clave", &["1"]), None),
        (template_to(&user, "clave", &["1"]), Some((400, 131_062))),
    ];
    for (body, refused) in rows {
        let (status, answer) = bench.send(body.clone()).await;
        let got =
            (status != 200).then(|| (status.as_u16(), answer["error"]["code"].as_i64().unwrap()));
        assert_eq!(got, refused, "{body}");
    }
}
