//! What outbound does when the platform refuses.

use std::time::Duration;

use bytes::Bytes;
use domain::content::MediaKind;
use domain::message::{
    AlertRaised, Attachment, Delivery, DeliveryUpdated, Origin, ReplyPart, ReplyReady, Speaker,
    Template,
};
use domain::{Body, Outcome};
use runtime::metrics;

use crate::stand::{Request, Stand};

const JUST_NOW: Duration = Duration::from_secs(60);
const TOO_LONG: Duration = Duration::from_hours(25);

fn text(text: &str) -> ReplyReady {
    ReplyReady::outside(0, text, Outcome::Answered)
}

/// The next alert, whatever else comes before it.
async fn alert(stand: &Stand) -> AlertRaised {
    loop {
        if let Body::AlertRaised(alert) = stand.seen().await {
            return alert;
        }
    }
}

#[tokio::test]
async fn a_throttled_customer_is_written_to_later_and_holds_up_nobody() {
    let stand = Stand::start().await;
    let [one, two] = [stand.customer("1", JUST_NOW).await, stand.customer("2", JUST_NOW).await];
    stand.platform.refuses([(400, 131_056)]);
    stand.say(one, "a", text("uno")).await;
    stand.platform.asked(1).await;
    stand.say(two, "b", text("dos")).await;
    let accepted = stand.platform.accepted(2).await;
    assert_eq!([&*accepted[0].to, &*accepted[1].to], ["2", "1"]);
    assert_eq!(stand.platform.requests().len(), 3);
    stand.stop().await;
}

#[tokio::test]
async fn a_refused_account_stops_everybody_is_told_once_and_goes_on_by_itself() {
    let stand = Stand::start().await;
    let one = stand.customer("1", JUST_NOW).await;
    stand.platform.refuses([(401, 190)]);
    stand.say(one, "a", text("uno")).await;
    let told = alert(&stand).await;
    assert_eq!((&*told.kind, &*told.subject, told.over), ("sending_stopped", "shop", false));
    let refused_at = stand.platform.requests()[0].at;
    for name in ["b", "c", "d"] {
        stand.say(one, name, text(name)).await;
    }
    let accepted = stand.platform.accepted(4).await;
    assert_eq!(stand.platform.requests().len(), 5, "nobody asks while it is refused");
    assert!(accepted[0].at - refused_at > Duration::from_secs(7));
    let over = alert(&stand).await;
    assert_eq!((&*over.kind, over.over), ("sending_stopped", true));
    stand.stop().await;
}

/// A status of the so manieth message that the platform took.
fn status(stand: &Stand, number: usize, code: Option<i64>) -> DeliveryUpdated {
    DeliveryUpdated {
        provider_id: format!("wamid.out.{number}"),
        status: if code.is_some() { Delivery::Failed } else { Delivery::Delivered },
        at: stand.now(),
        reply: None,
        error_code: code,
        error: None,
        billable: None,
        category: None,
        pricing: None,
    }
}

#[tokio::test]
async fn what_is_not_delivered_because_of_the_account_stops_everybody_until_something_is() {
    let stand = Stand::start().await;
    let one = stand.customer("1", JUST_NOW).await;
    let reply = stand.say(one, "a", text("uno")).await;
    stand.platform.accepted(1).await;
    let status = |status, error_code| DeliveryUpdated {
        provider_id: "wamid.out.1".to_owned(),
        status,
        at: stand.now(),
        reply: Some(ReplyPart { reply, part: 0 }),
        error_code,
        error: None,
        billable: None,
        category: None,
        pricing: None,
    };
    stand.tell(one, "failed", status(Delivery::Failed, Some(131_042))).await;
    let told = alert(&stand).await;
    assert_eq!((&*told.kind, told.over), ("delivery_stopped", false));
    assert!(told.details.contains("payment"), "{}", told.details);
    let accepted = stand.platform.accepted(2).await;
    assert_eq!(accepted[1].body["text"]["body"], "uno", "it is said again");
    assert!(accepted[1].at - accepted[0].at > Duration::from_secs(7));
    stand.tell(one, "sent", status(Delivery::Sent, None)).await;
    let over = alert(&stand).await;
    assert_eq!((&*over.kind, over.over), ("delivery_stopped", true));
    stand.stop().await;
}

#[tokio::test]
async fn a_closed_window_is_opened_by_the_template_and_counted() {
    let metrics = metrics::install().unwrap();
    let stand = Stand::start().await;
    let one = stand.customer("1", TOO_LONG).await;
    stand.say(one, "a", text("uno")).await;
    let accepted = stand.platform.accepted(1).await;
    assert_eq!(accepted[0].body["template"]["name"], "seguimos");
    // It was believed to be open.
    let two = stand.customer("2", JUST_NOW).await;
    stand.platform.refuses([(400, 131_047)]);
    stand.say(two, "b", text("dos")).await;
    let accepted = stand.platform.accepted(2).await;
    assert_eq!((&*accepted[1].to, accepted[1].body["type"].as_str()), ("2", Some("template")));
    // It was taken, and the channel thinks better of it.
    let three = stand.customer("3", JUST_NOW).await;
    stand.say(three, "c", text("tres")).await;
    stand.platform.accepted(3).await;
    for _ in 0..5 {
        stand.closed().await;
    }
    stand.tell(three, "failed", status(&stand, 4, Some(131_047))).await;
    let accepted = stand.platform.accepted(4).await;
    assert_eq!((&*accepted[3].to, accepted[3].body["type"].as_str()), ("3", Some("template")));
    stand.closed().await;
    stand.stop().await;
    let shown = metrics.render();
    for series in [
        r#"relevo_window_closed_total{told_by="time"} "#,
        r#"relevo_window_closed_total{told_by="answer"} "#,
        r#"relevo_window_closed_total{told_by="status"} "#,
        r#"relevo_sends_total{result="accepted",form="template"} "#,
        r#"relevo_sends_total{result="needs_template",form="message"} "#,
        r#"relevo_sends_total{result="failed_later",form="message"} "#,
    ] {
        assert!(shown.contains(series), "{series} is not in {shown}");
    }
}

#[tokio::test]
async fn a_refused_template_is_told_once() {
    let stand = Stand::start().await;
    let one = stand.customer("1", JUST_NOW).await;
    let template =
        Template { name: "seguimos".to_owned(), language: "es".to_owned(), parameters: Vec::new() };
    let reply =
        || ReplyReady { attachments: vec![Attachment::Template(template.clone())], ..text("") };
    stand.platform.refuses([(404, 132_001), (404, 132_001)]);
    for name in ["a", "b"] {
        stand.say(one, name, reply()).await;
    }
    stand.platform.asked(2).await;
    let told = alert(&stand).await;
    assert_eq!((&*told.kind, &*told.subject), ("template_refused", "shop/seguimos"));
    stand.say(one, "c", reply()).await;
    let over = alert(&stand).await;
    assert_eq!((&*over.kind, over.over), ("template_refused", true));
    assert_eq!(stand.platform.requests().len(), 3);
    stand.stop().await;
}

#[tokio::test]
async fn a_template_that_is_taken_and_not_delivered_is_told_and_invites_again_later() {
    let stand = Stand::start().await;
    let one = stand.customer("1", TOO_LONG).await;
    stand.say(one, "a", text("uno")).await;
    stand.platform.accepted(1).await;
    stand.closed().await;
    stand.closed().await;
    stand.tell(one, "failed", status(&stand, 1, Some(132_015))).await;
    let told = alert(&stand).await;
    let (kind, subject) = (&*told.kind, &*told.subject);
    assert_eq!((kind, subject, told.over), ("template_refused", "shop/seguimos", false));
    stand.say(one, "b", text("dos")).await;
    let accepted = stand.platform.accepted(2).await;
    assert_eq!(accepted[1].body["template"]["name"], "seguimos", "invited again");
    stand.closed().await;
    stand.closed().await;
    stand.tell(one, "delivered", status(&stand, 2, None)).await;
    let over = alert(&stand).await;
    assert_eq!((&*over.kind, over.over), ("template_refused", true), "not by being taken");
    stand.stop().await;
}

#[tokio::test]
async fn a_file_that_is_taken_and_not_delivered_is_uploaded_and_sent_once_more() {
    let stand = Stand::start().await;
    let one = stand.customer("1", JUST_NOW).await;
    let pdf = Bytes::from_static(b"%PDF-");
    stand.files.put("shop/plan.pdf", pdf, "application/pdf").await.unwrap();
    let file = Attachment::File {
        media: MediaKind::Document,
        from: Origin::Stored("shop/plan.pdf".to_owned()),
        caption: None,
        filename: Some("plan.pdf".to_owned()),
    };
    stand.say(one, "a", ReplyReady { attachments: vec![file], ..text("**Mira**") }).await;
    stand.platform.accepted(1).await;
    stand.closed().await;
    stand.tell(one, "failed", status(&stand, 1, Some(131_053))).await;
    let accepted = stand.platform.accepted(2).await;
    assert_eq!(accepted[0].body["document"], accepted[1].body["document"]);
    assert_eq!(stand.platform.uploads(), 2);
    stand.closed().await;
    stand.tell(one, "failed again", status(&stand, 2, Some(131_053))).await;
    stand.say(one, "b", text("fin")).await;
    let accepted = stand.platform.accepted(3).await;
    assert_eq!(accepted[2].body["text"]["body"], "fin", "not a third time");
    stand.stop().await;
}

#[tokio::test]
async fn a_stored_file_is_uploaded_once() {
    let stand = Stand::start().await;
    let one = stand.customer("1", JUST_NOW).await;
    stand
        .files
        .put("shop/plan.pdf", Bytes::from_static(b"%PDF-"), "application/pdf")
        .await
        .unwrap();
    let file = || Attachment::File {
        media: MediaKind::Document,
        from: Origin::Stored("shop/plan.pdf".to_owned()),
        caption: None,
        filename: Some("plan.pdf".to_owned()),
    };
    for name in ["a", "b"] {
        stand.say(one, name, ReplyReady { attachments: vec![file()], ..text("**Mira**") }).await;
        let many = stand.platform.requests().len() + 1;
        stand.platform.accepted(many).await;
    }
    for request in stand.platform.requests() {
        let document = &request.body["document"];
        assert_eq!((&document["id"], &document["caption"]), (&"media-1".into(), &"*Mira*".into()));
    }
    assert_eq!(stand.platform.uploads(), 1);
    stand.stop().await;
}

#[tokio::test]
async fn a_number_sends_no_faster_than_it_may() {
    let stand = Stand::start().await;
    // Twice as many as there is room for in a second.
    for n in 0..160 {
        let to = stand.customer(&n.to_string(), JUST_NOW).await;
        stand.say(to, &format!("hola-{n}"), text("hola")).await;
    }
    let accepted = stand.platform.accepted(160).await;
    for (index, first) in accepted.iter().enumerate() {
        let within = |one: &&Request| one.at - first.at < Duration::from_secs(1);
        let many = accepted[index..].iter().take_while(within).count();
        // Machines jitter.
        assert!(many <= 80 + 8, "{many} within a second");
    }
    stand.stop().await;
}

#[tokio::test]
async fn a_person_goes_first_when_the_number_is_at_its_limit() {
    let stand = Stand::at(5).await;
    let mut bots = Vec::new();
    for n in 0..10 {
        bots.push(stand.customer(&n.to_string(), JUST_NOW).await);
    }
    let customer = stand.customer("person", JUST_NOW).await;
    for (n, bot) in bots.into_iter().enumerate() {
        stand.say(bot, &format!("bot-{n}"), text("hola")).await;
    }
    stand.say(customer, "person", ReplyReady { by: Speaker::Person, ..text("hola") }).await;
    let accepted = stand.platform.accepted(11).await;
    let place = accepted.iter().position(|request| request.to == "person").unwrap();
    assert!(place < 5, "a person waited for {place} of the bot's");
    stand.stop().await;
}

#[tokio::test]
async fn a_reply_in_several_parts_quotes_once_and_goes_on_where_it_was() {
    let stand = Stand::start().await;
    let one = stand.customer("1", JUST_NOW).await;
    let long = format!("{}\n\n{}", "uno ".repeat(1000), "dos ".repeat(1000));
    let attachments = vec![Attachment::Reaction { to: "wamid.1".to_owned(), emoji: None }];
    let quotes = Some("wamid.1".to_owned());
    stand.say(one, "a", ReplyReady { quotes, attachments, ..text(&long) }).await;
    // One of the other parts is refused for now.
    stand.platform.accepted(1).await;
    stand.platform.refuses([(400, 130_429)]);
    let accepted = stand.platform.accepted(3).await;
    let quoted: Vec<bool> =
        accepted.iter().map(|request| request.body.get("context").is_some()).collect();
    assert_eq!(quoted, [true, false, false]);
    let texts = [0, 1].map(|part: usize| &accepted[part].body["text"]["body"]);
    assert!(texts[0].as_str().unwrap().starts_with("uno"), "the first part is sent once");
    assert!(texts[1].as_str().unwrap().starts_with("dos"));
    stand.stop().await;
}
