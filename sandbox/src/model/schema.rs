//! JSON Schemas of structured output and tools: what OpenAI refuses in them, and their smallest instance.

use serde_json::{Map, Value, json};

/// How deep a recursive schema is followed.
const DEEPEST: usize = 8;

/// Why OpenAI would refuse this schema under `strict`, in its words.
pub(super) fn strict_problem(schema: &Value) -> Option<String> {
    problem_at(schema, &mut Vec::new())
}

fn problem_at(schema: &Value, path: &mut Vec<String>) -> Option<String> {
    let object = schema.as_object()?;
    if let Some(properties) = object.get("properties").and_then(Value::as_object) {
        let context = format!("In context=({})", path.join(", "));
        if object.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Some(format!(
                "{context}, 'additionalProperties' is required to be supplied and to be false."
            ));
        }
        let required = object.get("required").and_then(Value::as_array);
        let is_required =
            |key: &str| required.is_some_and(|all| all.iter().any(|name| name == key));
        if let Some(missing) = properties.keys().find(|key| !is_required(key)) {
            return Some(format!(
                "{context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '{missing}'."
            ));
        }
    }
    let children = object.iter().flat_map(|(key, value)| match value {
        Value::Object(named) if key == "properties" || key == "$defs" || key == "definitions" => {
            named.iter().map(|(name, child)| (name.clone(), child)).collect()
        }
        Value::Array(options) if key == "anyOf" => {
            options.iter().map(|child| (key.clone(), child)).collect()
        }
        Value::Object(_) if key == "items" => vec![(key.clone(), value)],
        _ => Vec::new(),
    });
    for (name, child) in children {
        path.push(format!("'{name}'"));
        let problem = problem_at(child, path);
        path.pop();
        if problem.is_some() {
            return problem;
        }
    }
    None
}

/// The smallest instance: `null` where it may be, empty strings and arrays, zero, `false`, the first of an
/// enumeration, and of an object what is required.
pub(super) fn smallest(schema: &Value) -> Value {
    instance(schema, schema, 0)
}

fn instance(schema: &Value, root: &Value, depth: usize) -> Value {
    if depth > DEEPEST {
        return Value::Null;
    }
    if let Some(pointer) = schema["$ref"].as_str().and_then(|r| r.strip_prefix('#')) {
        let target = root.pointer(pointer).unwrap_or(&Value::Null);
        return instance(target, root, depth + 1);
    }
    if let Some(constant) = schema.get("const") {
        return constant.clone();
    }
    if let Some(values) = schema["enum"].as_array() {
        let null = values.iter().find(|value| value.is_null());
        return null.or(values.first()).cloned().unwrap_or_default();
    }
    if let Some(options) = ["anyOf", "oneOf"].iter().find_map(|key| schema[*key].as_array()) {
        let null = options.iter().find(|option| option["type"] == "null");
        return null
            .or(options.first())
            .map(|option| instance(option, root, depth + 1))
            .unwrap_or_default();
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ if schema["properties"].is_object() => vec!["object"],
        _ => Vec::new(),
    };
    if types.contains(&"null") {
        return Value::Null;
    }
    let at_least =
        |key: &str| schema[key].as_u64().and_then(|least| usize::try_from(least).ok()).unwrap_or(0);
    match types.first().copied() {
        Some("string") => "x".repeat(at_least("minLength")).into(),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(0)),
        Some("boolean") => json!(false),
        Some("array") => {
            (0..at_least("minItems")).map(|_| instance(&schema["items"], root, depth + 1)).collect()
        }
        Some("object") => {
            let names = schema["required"].as_array().into_iter().flatten();
            let required: Map<String, Value> = names
                .filter_map(Value::as_str)
                .map(|name| {
                    let property = &schema["properties"][name];
                    (name.to_owned(), instance(property, root, depth + 1))
                })
                .collect();
            Value::Object(required)
        }
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_instance_keeps_to_its_schema() {
        let schema = json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["kind", "score", "note", "tags", "part", "sure"],
            "properties": {
                "kind": { "type": "string", "enum": ["reply", "handoff"] },
                "score": { "type": "number", "minimum": 1 },
                "note": { "type": ["string", "null"] },
                "tags": { "type": "array", "items": { "type": "string", "minLength": 2 }, "minItems": 1 },
                "part": { "$ref": "#/$defs/part" },
                "sure": { "type": "boolean" },
            },
            "$defs": { "part": { "anyOf": [{ "type": "integer" }, { "type": "string" }] } },
        });
        let expected = json!({
            "kind": "reply", "score": 1, "note": null, "tags": ["xx"], "part": 0, "sure": false,
        });
        assert_eq!(smallest(&schema), expected);
    }

    #[test]
    fn a_strict_schema_must_close_its_objects_and_require_every_property() {
        let open = json!({ "type": "object", "properties": {}, "required": [] });
        assert!(strict_problem(&open).is_some_and(|p| p.contains("additionalProperties")));
        let inner = json!({ "type": "object", "additionalProperties": false, "required": [],
            "properties": { "a": { "type": "string" } } });
        let nested = json!({ "type": "object", "additionalProperties": false, "required": ["list"],
            "properties": { "list": { "type": "array", "items": inner } } });
        assert!(strict_problem(&nested).is_some_and(|p| p.contains("Missing 'a'")));
    }
}
