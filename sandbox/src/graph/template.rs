//! Templates over the Graph API: listed in pages, submitted, deleted, and checked when one is sent.

use serde_json::{Map, Value, json};

use super::error::GraphError;
use super::shape::missing;
use crate::call::Call;
use crate::ids;
use crate::template::{Category, Template, TemplateStatus, parameters, variables_in};
use crate::world::World;

const DEFAULT_PAGE: usize = 25;
const LARGEST_PAGE: usize = 250;
const DEFAULT_FIELDS: &str = "name,parameter_format,components,language,status,category";
const LONGEST_NAME: usize = 512;
const LONGEST_BODY: usize = 1024;

/// `GET /{waba}/message_templates`, with `fields`, `limit`, `after`, `name`, `language` and `status`.
pub(super) fn list(world: &World, call: &Call) -> Result<Value, GraphError> {
    let asked = |name: &str| call.query.get(name).map(String::as_str);
    let limit = match asked("limit").map(str::parse) {
        None => DEFAULT_PAGE,
        Some(Ok(limit)) if (1..=LARGEST_PAGE).contains(&limit) => limit,
        Some(_) => return Err(GraphError::bad_parameter("Param limit must be between 1 and 250.")),
    };
    let from = match asked("after").map(|cursor| after(cursor).ok_or(())) {
        None => 0,
        Some(Ok(at)) => at,
        Some(Err(())) => return Err(GraphError::bad_parameter("Invalid cursors values")),
    };
    let mut all = world.templates.all();
    all.retain(|template| {
        asked("name").is_none_or(|name| template.name.contains(name))
            && asked("language").is_none_or(|language| template.language == language)
            && asked("status").is_none_or(|status| json!(template.status) == status)
    });
    let fields = asked("fields").unwrap_or(DEFAULT_FIELDS);
    let page: Vec<Value> =
        all.iter().skip(from).take(limit).map(|template| shown(template, fields)).collect();
    if page.is_empty() {
        return Ok(json!({ "data": [] }));
    }
    let last = from + page.len();
    let mut paging = json!({ "cursors": { "before": cursor(from), "after": cursor(last) } });
    if last < all.len() {
        paging["next"] = format!(
            "{}{}?fields={fields}&limit={limit}&after={}",
            world.base_url(),
            call.path,
            cursor(last)
        )
        .into();
    }
    Ok(json!({ "data": page, "paging": paging }))
}

/// `POST /{waba}/message_templates`: it waits for its review from then on.
pub(super) fn submit(world: &World, call: &Call) -> Result<Value, GraphError> {
    let body = &call.body;
    let string = |key: &str| body[key].as_str().filter(|s| !s.is_empty()).ok_or(missing(key));
    let (name, language) = (string("name")?, string("language")?);
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.len() > LONGEST_NAME || !name.chars().all(is_name) {
        return Err(GraphError::bad_parameter(
            "Param name must be lower case letters, digits and underscores.",
        ));
    }
    let Some(category) = Category::of(string("category")?) else {
        return Err(GraphError::bad_parameter(
            "Param category must be one of {UTILITY, MARKETING, AUTHENTICATION}.",
        ));
    };
    let components = body["components"].as_array().ok_or_else(|| missing("components"))?;
    let of_body = components.iter().find(|c| c["type"].as_str() == Some("BODY"));
    let of_body = of_body.ok_or_else(|| missing("components['BODY']"))?;
    check_body(of_body)?;
    let template = Template {
        id: ids::number(16),
        name: name.to_owned(),
        language: language.to_owned(),
        category,
        status: TemplateStatus::Pending,
        components: body["components"].clone(),
        rejected_reason: "NONE".to_owned(),
    };
    let answer = json!({ "id": template.id, "status": template.status, "category": category });
    if !world.templates.add(template) {
        let problem = "Content in this language already exists";
        return Err(GraphError::bad_parameter(problem).with_subcode(2_388_024));
    }
    world.has_changed();
    Ok(answer)
}

/// `DELETE /{waba}/message_templates?name=`: in all languages.
pub(super) fn delete(world: &World, call: &Call) -> Result<Value, GraphError> {
    let name = call.query.get("name").ok_or_else(|| missing("name"))?;
    if !world.templates.remove(name) {
        let problem = "Message template was not found";
        return Err(GraphError::bad_parameter(problem).with_subcode(2_593_002));
    }
    Ok(json!({ "success": true }))
}

/// The template that a message asks for, if it may be sent so.
pub(super) fn check_sent(
    world: &World,
    body: &Value,
    by_user_id: bool,
) -> Result<Template, GraphError> {
    let sent = &body["template"];
    let name = sent["name"].as_str().unwrap_or_default();
    let language = sent["language"]["code"].as_str().unwrap_or_default();
    let not_there = || {
        let details = format!("template name ({name}) does not exist in {language}");
        GraphError::with_details(132_001, details)
    };
    let template = world.templates.find(name, language).ok_or_else(not_there)?;
    match template.status {
        TemplateStatus::Approved => {}
        TemplateStatus::Pending | TemplateStatus::Rejected => return Err(not_there()),
        TemplateStatus::Paused => {
            return Err(GraphError::with_details(132_015, "Template is paused"));
        }
        TemplateStatus::Disabled => {
            return Err(GraphError::with_details(132_016, "Template is disabled"));
        }
    }
    if by_user_id && template.category == Category::Authentication {
        let details = "Authentication templates need the recipient's phone number";
        return Err(GraphError::with_details(131_062, details));
    }
    for component in ["header", "body"] {
        let given = parameters(sent, component);
        let texts = given.iter().filter(|p| p["type"] == "text");
        let (given, expected) = (texts.clone().count(), template.variables(component));
        if given != expected {
            let details = format!(
                "{component}: number of localizable_params ({given}) does not match the expected number of params ({expected})"
            );
            return Err(GraphError::with_details(132_000, details));
        }
        if texts.clone().any(|p| p["text"].as_str().is_none_or(str::is_empty)) {
            return Err(missing("template['components'][0]['parameters'][0]['text']"));
        }
    }
    Ok(template)
}

fn check_body(component: &Value) -> Result<(), GraphError> {
    let text = component["text"].as_str().unwrap_or_default();
    if text.is_empty() || text.chars().count() > LONGEST_BODY {
        return Err(GraphError::bad_parameter("Body text must be 1 to 1024 characters long."));
    }
    let examples = component.pointer("/example/body_text/0").and_then(Value::as_array);
    if examples.map_or(0, Vec::len) != variables_in(text) {
        let problem = "Message template \"components\" param is missing expected field(s)";
        return Err(GraphError::bad_parameter(problem).with_subcode(2_388_043));
    }
    Ok(())
}

/// The asked fields of a template; `id` always.
fn shown(template: &Template, fields: &str) -> Value {
    let mut whole = json!(template);
    whole["parameter_format"] = "POSITIONAL".into();
    whole["quality_score"] = json!({ "score": "UNKNOWN" });
    let names = fields.split(',').map(str::trim).chain(["id"]);
    names
        .filter_map(|name| Some((name.to_owned(), whole.get(name)?.clone())))
        .collect::<Map<String, Value>>()
        .into()
}

/// Nothing that a client could count with.
fn cursor(at: usize) -> String {
    hex::encode(format!("template:{at}"))
}

fn after(cursor: &str) -> Option<usize> {
    let bytes = hex::decode(cursor).ok()?;
    String::from_utf8(bytes).ok()?.strip_prefix("template:")?.parse().ok()
}
