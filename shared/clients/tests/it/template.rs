//! Templates and the state of a phone number.

use clients::whatsapp::{Class, NewTemplate, Template};
use serde_json::{Value, json};

use crate::server::{Server, json};
use crate::whatsapp::{NUMBER, client};

const ACCOUNT: &str = "102290129340398";

fn listed(id: &str, more: &Value) -> Value {
    let mut template = json!({
        "id": id,
        "name": "follow_up",
        "language": "es",
        "status": "APPROVED",
        "category": "UTILITY",
        "components": [
            { "type": "HEADER", "format": "TEXT", "text": "H" },
            { "type": "BODY", "text": "Hola {{1}}", "example": { "body_text": [["Ana"]] } },
            { "type": "BUTTONS", "buttons": [{ "type": "QUICK_REPLY", "text": "Sí" }] },
        ],
        "rejected_reason": "NONE",
        "quality_score": { "score": "GREEN" },
    });
    template.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    template
}

#[tokio::test]
async fn all_pages_of_templates_are_read_from_the_configured_host() {
    let elsewhere = Server::playing([json(200, &json!({ "data": [] }))]).await;
    let rejected = json!({ "status": "REJECTED", "rejected_reason": "SCAM", "components": [] });
    let bare = json!({ "id": "3", "name": "old", "language": "en_US" });
    let first = json!({
        "data": [listed("1", &json!({})), listed("2", &rejected)],
        "paging": { "cursors": { "before": "a", "after": "b" }, "next": elsewhere.url },
    });
    let last = json!({ "data": [bare], "paging": { "cursors": { "before": "b", "after": "c" } } });
    let server = Server::playing([json(200, &first), json(200, &last)]).await;
    let templates = client(&server.url).templates(ACCOUNT).await.unwrap();

    let approved = Template {
        id: "1".to_owned(),
        name: "follow_up".to_owned(),
        language: "es".to_owned(),
        status: "APPROVED".to_owned(),
        category: "UTILITY".to_owned(),
        body: Some("Hola {{1}}".to_owned()),
        rejected_reason: None,
        quality: Some("GREEN".to_owned()),
    };
    let rejected = Template {
        id: "2".to_owned(),
        status: "REJECTED".to_owned(),
        body: None,
        rejected_reason: Some("SCAM".to_owned()),
        ..approved.clone()
    };
    let bare = Template {
        id: "3".to_owned(),
        name: "old".to_owned(),
        language: "en_US".to_owned(),
        status: String::new(),
        category: String::new(),
        body: None,
        rejected_reason: None,
        quality: None,
    };
    assert_eq!(templates, [approved, rejected, bare]);
    let requests = server.requests();
    let fields = "fields=name%2Clanguage%2Cstatus%2Ccategory%2Ccomponents%2Crejected_reason%2Cquality_score&limit=100";
    let queries: Vec<_> = requests.iter().map(|request| &*request.query).collect();
    assert_eq!(queries, [fields, &format!("{fields}&after=b")]);
    assert!(requests.iter().all(|r| r.path == "/v25.0/102290129340398/message_templates"));
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_list_of_templates_that_never_ends_is_left() {
    let page = json!({ "data": [], "paging": { "cursors": { "after": "a" }, "next": "n" } });
    let server = Server::playing([json(200, &page)]).await;
    client(&server.url).templates(ACCOUNT).await.unwrap();
    assert_eq!(server.requests().len(), 100);
}

fn new_template() -> NewTemplate {
    NewTemplate {
        name: "follow_up".to_owned(),
        language: "es".to_owned(),
        category: "UTILITY".to_owned(),
        body: "Hola {{1}}".to_owned(),
        examples: vec!["Ana".to_owned()],
    }
}

#[tokio::test]
async fn a_template_is_handed_in_for_review() {
    let reply = json!({ "id": "77", "status": "PENDING", "category": "UTILITY" });
    let server = Server::playing([json(200, &reply)]).await;
    let client = client(&server.url);
    let submitted = client.submit_template(ACCOUNT, &new_template()).await.unwrap();
    assert_eq!((&*submitted.id, &*submitted.status), ("77", "PENDING"));
    let request = server.request();
    assert_eq!(request.path, "/v25.0/102290129340398/message_templates");
    assert_eq!(
        request.body,
        json!({
            "name": "follow_up",
            "language": "es",
            "category": "UTILITY",
            "components": [{
                "type": "BODY",
                "text": "Hola {{1}}",
                "example": { "body_text": [["Ana"]] },
            }],
        })
    );
    let plain = NewTemplate { body: "Hola".to_owned(), examples: Vec::new(), ..new_template() };
    client.submit_template(ACCOUNT, &plain).await.unwrap();
    let component = &server.request().body["components"][0];
    assert_eq!(*component, json!({ "type": "BODY", "text": "Hola" }));
}

#[tokio::test]
async fn a_refused_template_says_why_and_a_wrong_one_costs_no_request() {
    let reason = "Content in this language already exists";
    let refused = json!({ "error": {
        "message": "Invalid parameter", "code": 100, "error_subcode": 2_388_024,
        "error_user_msg": reason,
    } });
    let server = Server::playing([json(400, &refused)]).await;
    let client = client(&server.url);
    let error = client.submit_template(ACCOUNT, &new_template()).await.unwrap_err();
    assert_eq!((error.class(), error.details()), (Class::Ours, Some(reason)));
    server.requests();

    let table = [
        (NewTemplate { name: "Follow-up".to_owned(), ..new_template() }, "the template's name has"),
        (
            NewTemplate { name: String::new(), ..new_template() },
            "the length of the template's name",
        ),
        (
            NewTemplate { body: "x".repeat(1025), ..new_template() },
            "the length of the template's body",
        ),
    ];
    for (template, expected) in table {
        let error = client.submit_template(ACCOUNT, &template).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn the_state_of_a_number_is_read_and_the_number_not_shown() {
    let reply = json!({
        "display_phone_number": "+34 911 111 111",
        "verified_name": "Muebles Luz",
        "quality_rating": "GREEN",
        "throughput": { "level": "STANDARD" },
        "platform_type": "CLOUD_API",
        "id": NUMBER,
    });
    let server = Server::playing([json(200, &reply), json(200, &json!({ "id": NUMBER }))]).await;
    let client = client(&server.url);
    let number = client.phone_number(NUMBER).await.unwrap();
    assert_eq!(number.display_phone_number.as_deref(), Some("+34 911 111 111"));
    assert_eq!(number.verified_name.as_deref(), Some("Muebles Luz"));
    assert_eq!(number.throughput.as_ref().unwrap().level.as_deref(), Some("STANDARD"));
    assert!(!format!("{number:?}").contains("911"), "{number:?}");
    assert_eq!(server.request().path, format!("/v25.0/{NUMBER}"));
    assert_eq!(client.phone_number(NUMBER).await.unwrap().quality_rating, None);
}
