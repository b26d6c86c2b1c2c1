//! The model: what it refuses, what it answers by script, how its embeddings lie.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sandbox::{Place, Reply, Rule};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{Bench, read};

fn ask(text: &str) -> Value {
    json!({ "model": "m", "messages": [
        { "role": "system", "content": "Eres la tienda." }, { "role": "user", "content": text },
    ]})
}

fn with_schema(mut body: Value) -> Value {
    body["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "decision", "strict": true, "schema": {
        "type": "object", "additionalProperties": false, "required": ["kind", "why"],
        "properties": { "kind": { "type": "string", "enum": ["reply", "handoff"] }, "why": { "type": ["string", "null"] } },
    }}});
    body
}

async fn message(bench: &Bench, body: Value) -> Value {
    let (status, answer) = bench.model("chat/completions", body).await;
    assert_eq!(status, 200, "{answer}");
    answer["choices"][0]["message"].clone()
}

#[tokio::test]
async fn what_the_real_endpoint_refuses_is_refused() {
    let bench = Bench::new().await;
    let change = |pointer: &str, value: Value| {
        let mut body = ask("hola");
        body[pointer] = value;
        body
    };
    let schema = |schema: Value| json!({ "type": "json_schema", "json_schema": { "name": "x", "strict": true, "schema": schema } });
    let rows = [
        (json!(null), Value::Null),
        (json!({ "model": "m" }), json!("messages")),
        (json!({ "messages": [{ "role": "user", "content": "x" }] }), json!("model")),
        (change("messages", json!([])), json!("messages")),
        (
            change("messages", json!([{ "role": "customer", "content": "x" }])),
            json!("messages[0].role"),
        ),
        (change("messages", json!([{ "role": "user" }])), json!("messages[0].content")),
        (
            change("messages", json!([{ "role": "tool", "tool_call_id": "c", "content": "x" }])),
            json!("messages[0].role"),
        ),
        (change("temperture", json!(1)), json!("temperture")),
        (change("temperature", json!(3)), json!("temperature")),
        (change("stream", json!(true)), json!("stream")),
        (change("tool_choice", json!("required")), json!("tool_choice")),
        (
            change("tools", json!([{ "type": "function", "function": { "name": "two words" } }])),
            json!("tools[0].function.name"),
        ),
        (change("response_format", json!({ "type": "json_object" })), json!("messages")),
        (change("response_format", json!({ "type": "yaml" })), json!("response_format.type")),
        (
            change("response_format", schema(json!({ "type": "object", "properties": {} }))),
            json!("response_format"),
        ),
    ];
    for (body, param) in rows {
        let (status, answer) = bench.model("chat/completions", body.clone()).await;
        assert_eq!(status, 400, "{body} was answered {answer}");
        assert_eq!(answer["error"]["param"], param, "{body} was answered {answer}");
        assert_eq!(answer["error"]["type"], "invalid_request_error");
    }

    let url = format!("{}/chat/completions", bench.sandbox.openai_url());
    let (status, answer) =
        read(bench.http.post(url).bearer_auth("other").json(&ask("hola")).send().await.unwrap())
            .await;
    assert_eq!((status.as_u16(), &answer["error"]["code"]), (401, &json!("invalid_api_key")));
    assert_eq!(bench.model("completions", ask("hola")).await.0, 404);
}

#[tokio::test]
async fn without_a_script_it_echoes_or_fills_the_schema_or_calls_the_tool() {
    let bench = Bench::new().await;
    let (_, answer) = bench.model("chat/completions", ask("hola")).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "Eco: hola");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    let usage = &answer["usage"];
    assert_eq!(
        usage["total_tokens"].as_u64(),
        Some(
            usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap()
        )
    );

    let filled = message(&bench, with_schema(ask("hola"))).await;
    assert_eq!(filled["content"], r#"{"kind":"reply","why":null}"#);

    let mut body = ask("mi pedido");
    body["tools"] = json!([{ "type": "function", "function": { "name": "order_status", "strict": true, "parameters": {
        "type": "object", "additionalProperties": false, "required": ["id"], "properties": { "id": { "type": "string" } } } } }]);
    body["tool_choice"] = json!("required");
    let call = message(&bench, body).await["tool_calls"][0].clone();
    assert_eq!(call["function"], json!({ "name": "order_status", "arguments": "{\"id\":\"\"}" }));
}

#[tokio::test]
async fn the_script_answers_by_rule_in_order() {
    let bench = Bench::new().await;
    let script = bench.sandbox.script();
    script.add(Rule::when("precio|cuanto * cuesta").replies(Reply::text("19 €")).times(1));
    script.add(Rule::when("precio|cuanto * cuesta").replies(Reply::Refusal("no".into())));
    script
        .add(Rule::when("pedido").replies(Reply::tool_call("order_status", json!({ "id": "A1" }))));
    script.add(Rule::when("roto").replies(Reply::tool_call("order_status", json!("{\"id\":"))));
    script.add(Rule::when("largo").replies(Reply::Truncated("érase una".into())));
    script.add(
        Rule::always()
            .for_schema("decision")
            .replies(Reply::Json(json!({ "kind": "handoff", "why": "x" }))),
    );
    script.add(Rule::when("eres la tienda").found_in(Place::System).replies(Reply::computed(
        |request| {
            Reply::text(format!("{} mensajes", request["messages"].as_array().map_or(0, Vec::len)))
        },
    )));

    assert_eq!(message(&bench, ask("¿Cuánto me cuesta?")).await["content"], "19 €");
    assert_eq!(message(&bench, ask("¿PRECIO?")).await["refusal"], "no");
    let call = message(&bench, ask("mi pedido")).await;
    assert_eq!(call["tool_calls"][0]["function"]["arguments"], "{\"id\":\"A1\"}");
    assert!(call["content"].is_null());
    let broken = message(&bench, ask("roto")).await;
    assert_eq!(broken["tool_calls"][0]["function"]["arguments"], "{\"id\":");
    let (_, cut) = bench.model("chat/completions", ask("largo")).await;
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
    assert_eq!(
        message(&bench, with_schema(ask("hola"))).await["content"],
        r#"{"kind":"handoff","why":"x"}"#
    );
    assert_eq!(message(&bench, ask("hola")).await["content"], "2 mensajes");
}

#[tokio::test]
async fn the_script_fails_and_dawdles() {
    let bench = Bench::new().await;
    let script = bench.sandbox.script();
    script.add(Rule::always().replies(Reply::error(500)).times(1));
    script.add(
        Rule::always()
            .replies(Reply::Error { status: 429, quota: true, retry_after_s: Some(3) })
            .times(1),
    );
    script.add(Rule::always().replies(Reply::invalid_json()).after(Duration::from_millis(100)));
    assert_eq!(bench.model("chat/completions", ask("x")).await.0, 500);
    let (status, answer) = bench.model("chat/completions", ask("x")).await;
    assert_eq!((status.as_u16(), &answer["error"]["type"]), (429, &json!("insufficient_quota")));
    let since = Instant::now();
    let content = message(&bench, with_schema(ask("x"))).await["content"].clone();
    assert!(since.elapsed() >= Duration::from_millis(100));
    assert!(serde_json::from_str::<Value>(content.as_str().unwrap()).is_err());
}

#[tokio::test]
async fn a_tool_result_must_answer_its_call() {
    let bench = Bench::new().await;
    let call = json!({ "role": "assistant", "content": null, "tool_calls": [
        { "id": "c1", "type": "function", "function": { "name": "f", "arguments": "{}" } }] });
    let result = json!({ "role": "tool", "tool_call_id": "c1", "content": "{}" });
    let user = json!({ "role": "user", "content": "hola" });
    let ask = |messages: Value| json!({ "model": "m", "messages": messages });
    assert_eq!(bench.model("chat/completions", ask(json!([user, call, result]))).await.0, 200);
    assert_eq!(bench.model("chat/completions", ask(json!([user, call, user]))).await.0, 400);
}

async fn embed(bench: &Bench, body: Value) -> Vec<Vec<f64>> {
    let (status, answer) = bench.model("embeddings", body).await;
    assert_eq!(status, 200, "{answer}");
    let data = answer["data"].as_array().unwrap().clone();
    data.into_iter()
        .map(|item| serde_json::from_value(item["embedding"].clone()).unwrap())
        .collect()
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[tokio::test]
async fn similar_texts_are_close_and_others_are_not() {
    let bench = Bench::new().await;
    let texts = [
        "¿Cuánto cuesta el envío a Canarias?",
        "cuanto cuestan los envios a canarias",
        "Quiero devolver unos zapatos rotos",
    ];
    let vectors = embed(&bench, json!({ "model": "m", "input": texts })).await;
    assert_eq!(vectors[0].len(), 1536);
    for vector in &vectors {
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-5, "of length one");
    }
    let (near, far) = (cosine(&vectors[0], &vectors[1]), cosine(&vectors[0], &vectors[2]));
    assert!(near > 0.6 && far < 0.2, "near {near}, far {far}");

    let again = embed(&bench, json!({ "model": "m", "input": texts[0] })).await;
    assert_eq!(again[0], vectors[0], "the same text, the same vector");
    let small = embed(&bench, json!({ "model": "m", "input": [texts[0]], "dimensions": 64 })).await;
    assert_eq!(small[0].len(), 64);
}

#[tokio::test]
async fn wrong_embedding_requests_are_refused() {
    let bench = Bench::new().await;
    let rows = [
        json!({ "model": "m" }),
        json!({ "input": "x" }),
        json!({ "model": "m", "input": "" }),
        json!({ "model": "m", "input": [] }),
        json!({ "model": "m", "input": [1] }),
        json!({ "model": "m", "input": vec!["x"; 2049] }),
        json!({ "model": "m", "input": "palabra ".repeat(5000) }),
        json!({ "model": "m", "input": "x", "dimensions": 0 }),
        json!({ "model": "m", "input": "x", "encoding_format": "int8" }),
        json!({ "model": "m", "input": "x", "truncate": true }),
    ];
    for body in rows {
        let (status, answer) = bench.model("embeddings", body).await;
        assert_eq!(status, 400, "{answer}");
    }
    let (_, answer) = bench
        .model(
            "embeddings",
            json!({ "model": "m", "input": "x", "dimensions": 3, "encoding_format": "base64" }),
        )
        .await;
    assert_eq!(answer["data"][0]["embedding"].as_str().unwrap().len(), 16, "12 bytes in base64");
}

#[tokio::test]
async fn the_model_sees_what_the_script_says_is_in_a_picture() {
    let bench = Bench::new().await;
    let photo = sandbox::sample::photo();
    bench.sandbox.script().describes(&photo, "Una zapatilla roja.");
    let ask = |url: String| {
        json!({ "model": "m", "messages": [{ "role": "user", "content": [
            { "type": "text", "text": "¿Qué se ve?" },
            { "type": "image_url", "image_url": { "url": url, "detail": "low" } },
        ] }] })
    };
    let data = |kind: &str, bytes: &[u8]| format!("data:{kind};base64,{}", STANDARD.encode(bytes));
    let (_, answer) = bench.model("chat/completions", ask(data("image/jpeg", &photo))).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "Una zapatilla roja.");
    let other = sandbox::sample::photo();
    let (_, answer) = bench.model("chat/completions", ask(data("image/jpeg", &other))).await;
    assert_eq!(answer["choices"][0]["message"]["content"], "Eco: ¿Qué se ve?");
    for wrong in [
        data("image/tiff", &photo),
        data("image/png", b""),
        "data:image/png;base64,?".to_owned(),
        "https://example.org/a.png".to_owned(),
    ] {
        assert_eq!(bench.model("chat/completions", ask(wrong)).await.0, 400);
    }
}

#[tokio::test]
async fn a_vector_store_finds_what_was_put_into_it_and_read() {
    let bench = Bench::new().await;
    let (status, store) = bench.model("vector_stores", json!({ "name": "shop" })).await;
    assert_eq!(status, 200, "{store}");
    let store = store["id"].as_str().unwrap().to_owned();
    let add = json!({ "file_id": "file-nobody", "attributes": { "business": "shop" } });
    let (status, refused) = bench.model(&format!("vector_stores/{store}/files"), add).await;
    assert_eq!(
        (status.as_u16(), refused["error"]["type"].as_str()),
        (404, Some("invalid_request_error"))
    );
    let search = format!("vector_stores/{store}/search");
    let (status, found) = bench.model(&search, json!({ "query": "hola" })).await;
    assert_eq!((status.as_u16(), found["data"].as_array().map(Vec::len)), (200, Some(0)));
    for (body, param) in [
        (json!({}), "query"),
        (json!({ "query": "x", "max_num_results": 51 }), "max_num_results"),
        (json!({ "query": "x", "limit": 5 }), "limit"),
        (json!({ "query": "x", "filters": { "type": "or" } }), "filters"),
    ] {
        let (status, refused) = bench.model(&search, body).await;
        assert_eq!((status.as_u16(), refused["error"]["param"].as_str()), (400, Some(param)));
    }
    let (status, _) = bench.model("vector_stores/vs_nobody/search", json!({ "query": "x" })).await;
    assert_eq!(status, 404);
}
