//! Webhooks, written and signed before the clock runs.

use bytes::Bytes;
use sandbox::Sandbox;
use serde_json::json;

pub(super) const PATH: &str = "/webhooks/whatsapp";

/// Whole requests, each with a message of its own, of a thousand customers in turn.
pub(super) fn requests(sandbox: &Sandbox, count: usize) -> Vec<Bytes> {
    (0..count).map(|index| request(sandbox, index)).collect()
}

fn request(sandbox: &Sandbox, index: usize) -> Bytes {
    let options = sandbox.options();
    let customer = index % 1000;
    let (phone, user_id) = (format!("5199{customer:07}"), format!("PE.{customer:015}"));
    let body = sandbox::meta_json(&json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": options.waba_id, "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {
                "display_phone_number": options.display_phone_number,
                "phone_number_id": options.phone_number_id,
            },
            "contacts": [{ "profile": { "name": "Ana Quispe" }, "user_id": user_id, "wa_id": phone }],
            "messages": [{
                "from": phone,
                "from_user_id": user_id,
                "id": format!("wamid.HBgLNTE5OTkwMDAwMDAxFQIAEhgW{index:024}"),
                "timestamp": "1795000000",
                "type": "text",
                "text": { "body": "hola, buenas tardes, quería saber si tienen taladros" },
            }],
        } }] }],
    }));
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nx-hub-signature-256: {}\r\n\r\n",
        body.len(),
        sandbox.sign(&body),
    );
    [head.into_bytes(), body].concat().into()
}
