//! The filters of a query: read strictly, then asked of each page.

use serde_json::Value;

use super::error::NotionError;
use super::schema::{Kind, Property};
use super::workspace::{DataSource, Page};
use super::{check, page, rich_text, time};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Debug)]
pub(super) enum Filter {
    And(Vec<Filter>),
    Or(Vec<Filter>),
    Property { property: Box<Property>, test: Test },
    Created(Test),
    Edited(Test),
}

#[derive(Debug)]
pub(super) struct Test {
    operator: String,
    operand: Value,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Text,
    Number,
    Checkbox,
    Choice,
    Set,
    Date,
    Files,
}

impl Class {
    fn of(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Title | Kind::RichText | Kind::PhoneNumber | Kind::Url | Kind::Email => {
                Some(Self::Text)
            }
            Kind::Number | Kind::UniqueId => Some(Self::Number),
            Kind::Checkbox => Some(Self::Checkbox),
            Kind::Select | Kind::Status => Some(Self::Choice),
            Kind::MultiSelect | Kind::People | Kind::CreatedBy | Kind::LastEditedBy => {
                Some(Self::Set)
            }
            Kind::Date | Kind::CreatedTime | Kind::LastEditedTime => Some(Self::Date),
            Kind::Files => Some(Self::Files),
            Kind::Button => None,
        }
    }

    fn operators(self) -> &'static [&'static str] {
        match self {
            Self::Text => &[
                "equals",
                "does_not_equal",
                "contains",
                "does_not_contain",
                "starts_with",
                "ends_with",
                "is_empty",
                "is_not_empty",
            ],
            Self::Number => &[
                "equals",
                "does_not_equal",
                "greater_than",
                "less_than",
                "greater_than_or_equal_to",
                "less_than_or_equal_to",
                "is_empty",
                "is_not_empty",
            ],
            Self::Checkbox => &["equals", "does_not_equal"],
            Self::Choice => &["equals", "does_not_equal", "is_empty", "is_not_empty"],
            Self::Set => &["contains", "does_not_contain", "is_empty", "is_not_empty"],
            Self::Date => &[
                "equals",
                "before",
                "after",
                "on_or_before",
                "on_or_after",
                "is_empty",
                "is_not_empty",
                "past_week",
                "past_month",
                "past_year",
                "next_week",
                "next_month",
                "next_year",
            ],
            Self::Files => &["is_empty", "is_not_empty"],
        }
    }
}

impl Filter {
    /// Compound filters nest two levels deep.
    pub(super) fn read(
        given: &Value,
        source: &DataSource,
        path: &str,
        depth: usize,
    ) -> Result<Self, NotionError> {
        let Some(object) = given.as_object() else {
            return Err(NotionError::should(path, "an object", given));
        };
        for (key, make) in [("and", Self::And as fn(Vec<Self>) -> Self), ("or", Self::Or)] {
            let Some(parts) = object.get(key) else {
                continue;
            };
            check::only(object, &[key], path)?;
            let path = format!("{path}.{key}");
            let Some(parts) = parts.as_array().filter(|_| depth < 2) else {
                let be = if depth < 2 { "an array" } else { "not present" };
                return Err(NotionError::should(&path, be, parts));
            };
            let parts = parts.iter().enumerate();
            let parts = parts
                .map(|(at, part)| Self::read(part, source, &format!("{path}[{at}]"), depth + 1));
            return Ok(make(parts.collect::<Result<_, _>>()?));
        }
        if let Some(timestamp) = object.get("timestamp") {
            let name = timestamp.as_str().unwrap_or_default();
            check::only(object, &["timestamp", name], path)?;
            let path = format!("{path}.{name}");
            let test = || Test::read(&given[name], Class::Date, &path);
            return match name {
                "created_time" => Ok(Self::Created(test()?)),
                "last_edited_time" => Ok(Self::Edited(test()?)),
                _ => Err(NotionError::should(
                    &path,
                    "`\"created_time\"` or `\"last_edited_time\"`",
                    timestamp,
                )),
            };
        }
        Self::read_property(given, source, path)
    }

    fn read_property(given: &Value, source: &DataSource, path: &str) -> Result<Self, NotionError> {
        let key = check::string(&given["property"], &format!("{path}.property"))?;
        let Some(property) = source.property(key) else {
            return Err(NotionError::validation(format!(
                "Could not find property with name or id: {key}"
            )));
        };
        let names = given.as_object().into_iter().flat_map(|object| object.keys());
        let mut names = names.filter(|name| !["property", "type"].contains(&name.as_str()));
        let kind = property.kind.name();
        let (Some(name), None) = (names.next(), names.next()) else {
            return Err(NotionError::should(&format!("{path}.{kind}"), "defined", &given[kind]));
        };
        let Some(class) = Class::of(property.kind).filter(|_| name == kind) else {
            return Err(NotionError::validation(format!(
                "database property {kind} does not match filter {name}"
            )));
        };
        let path = format!("{path}.{kind}");
        let test = Test::read(&given[kind], class, &path)?;
        let chooses = class == Class::Choice
            && ["equals", "does_not_equal"].contains(&test.operator.as_str());
        if chooses && property.choices.iter().all(|choice| choice["name"] != test.operand) {
            return Err(NotionError::validation(format!(
                "{kind} option {} not found for property \"{}\".",
                test.operand, property.name
            )));
        }
        Ok(Self::Property { property: Box::new(property.clone()), test })
    }

    pub(super) fn takes(&self, page: &Page, now_ms: i64) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.takes(page, now_ms)),
            Self::Or(parts) => parts.iter().any(|part| part.takes(page, now_ms)),
            Self::Created(test) => test.date(Some(page.times.created_ms), now_ms, true),
            Self::Edited(test) => test.date(Some(page.times.edited_ms), now_ms, true),
            Self::Property { property, test } => test.value(property, page, now_ms),
        }
    }
}

impl Test {
    fn read(given: &Value, class: Class, path: &str) -> Result<Self, NotionError> {
        let Some(object) = given.as_object() else {
            return Err(NotionError::should(path, "an object", given));
        };
        check::only(object, class.operators(), path)?;
        let mut tests = object.iter();
        let (Some((operator, operand)), None) = (tests.next(), tests.next()) else {
            let path = format!("{path}.{}", class.operators()[0]);
            return Err(NotionError::should(&path, "defined", &Value::Null));
        };
        let path = format!("{path}.{operator}");
        let fits = match (operator.as_str(), class) {
            ("is_empty" | "is_not_empty", _) => *operand == Value::Bool(true),
            (_, Class::Text | Class::Choice | Class::Set) => operand.is_string(),
            (_, Class::Number) => operand.is_number(),
            (_, Class::Checkbox) => operand.is_boolean(),
            (name, Class::Date) if name.contains('_') && !name.starts_with("on_") => {
                operand.is_object()
            }
            (_, Class::Date) => operand.as_str().and_then(time::read).is_some(),
            (_, Class::Files) => false,
        };
        if !fits {
            let be = match class {
                _ if operator.starts_with("is_") => "`true`",
                Class::Number => "a number",
                Class::Checkbox => "a boolean",
                Class::Date => "a valid ISO 8601 date string",
                _ => "a string",
            };
            return Err(NotionError::should(&path, be, operand));
        }
        Ok(Self { operator: operator.clone(), operand: operand.clone(), class })
    }

    fn value(&self, property: &Property, page: &Page, now_ms: i64) -> bool {
        let kept = page.values.get(&property.id).unwrap_or(&Value::Null);
        match self.class {
            Class::Text => {
                let text = match property.kind {
                    Kind::Title | Kind::RichText => rich_text::plain(kept),
                    _ => kept.as_str().unwrap_or_default().to_owned(),
                };
                self.text(&text)
            }
            Class::Choice => self.text(kept["name"].as_str().unwrap_or_default()),
            Class::Checkbox => {
                (kept.as_bool().unwrap_or(false) == (self.operand == true))
                    == (self.operator == "equals")
            }
            Class::Number => {
                let number = if property.kind == Kind::UniqueId {
                    u32::try_from(page.number).ok().map(f64::from)
                } else {
                    kept.as_f64()
                };
                self.number(number)
            }
            Class::Set => self.set(&set_of(property, kept, page)),
            Class::Files => {
                let is_empty = kept.as_array().is_none_or(Vec::is_empty);
                is_empty == (self.operator == "is_empty")
            }
            Class::Date => match property.kind {
                Kind::CreatedTime => self.date(Some(page.times.created_ms), now_ms, true),
                Kind::LastEditedTime => self.date(Some(page.times.edited_ms), now_ms, true),
                _ => self.date(kept["start"].as_str().and_then(time::read), now_ms, false),
            },
        }
    }

    fn text(&self, text: &str) -> bool {
        let operand = self.operand.as_str().unwrap_or_default();
        let lower = || (text.to_lowercase(), operand.to_lowercase());
        match self.operator.as_str() {
            "equals" => text == operand,
            "does_not_equal" => text != operand,
            "contains" => lower().0.contains(&lower().1),
            "does_not_contain" => !lower().0.contains(&lower().1),
            "starts_with" => lower().0.starts_with(&lower().1),
            "ends_with" => lower().0.ends_with(&lower().1),
            "is_empty" => text.is_empty(),
            _ => !text.is_empty(),
        }
    }

    fn number(&self, number: Option<f64>) -> bool {
        let operand = self.operand.as_f64().unwrap_or_default();
        match (self.operator.as_str(), number) {
            ("is_empty", number) => number.is_none(),
            ("is_not_empty", number) => number.is_some(),
            ("does_not_equal", number) => number != Some(operand),
            (_, None) => false,
            ("equals", Some(number)) => number == operand,
            ("greater_than", Some(number)) => number > operand,
            ("less_than", Some(number)) => number < operand,
            ("greater_than_or_equal_to", Some(number)) => number >= operand,
            (_, Some(number)) => number <= operand,
        }
    }

    fn set(&self, members: &[String]) -> bool {
        let has = || members.iter().any(|member| self.operand == member.as_str());
        match self.operator.as_str() {
            "contains" => has(),
            "does_not_contain" => !has(),
            "is_empty" => members.is_empty(),
            _ => !members.is_empty(),
        }
    }

    /// Times of a page are compared as they are told, by the minute.
    fn date(&self, at_ms: Option<i64>, now_ms: i64, by_the_minute: bool) -> bool {
        let Some(at_ms) = at_ms else {
            return self.operator == "is_empty";
        };
        let at_ms = if by_the_minute { time::to_the_minute(at_ms) } else { at_ms };
        let operand = self.operand.as_str().unwrap_or_default();
        let start = time::read(operand).unwrap_or_default();
        let end = if time::is_date(operand) { start + DAY_MS - 1 } else { start };
        let days = match self.operator.rsplit('_').next() {
            Some("week") => 7,
            Some("month") => 30,
            _ => 365,
        };
        match self.operator.as_str() {
            "equals" => (start..=end).contains(&at_ms),
            "before" => at_ms < start,
            "after" => at_ms > end,
            "on_or_before" => at_ms <= end,
            "on_or_after" => at_ms >= start,
            "is_empty" => false,
            "is_not_empty" => true,
            past if past.starts_with("past_") => (now_ms - days * DAY_MS..=now_ms).contains(&at_ms),
            _ => (now_ms..=now_ms + days * DAY_MS).contains(&at_ms),
        }
    }
}

fn set_of(property: &Property, kept: &Value, page: &Page) -> Vec<String> {
    match property.kind {
        Kind::CreatedBy => vec![page.times.created_by.to_string()],
        Kind::LastEditedBy => vec![page.times.edited_by.to_string()],
        _ => {
            let items = kept.as_array().map(Vec::as_slice).unwrap_or_default();
            let name = |item: &Value| item["name"].as_str().or(item.as_str()).map(str::to_owned);
            items.iter().filter_map(name).collect()
        }
    }
}

/// The property of a sort, or of anything else that names one.
pub(super) fn property_of<'a>(
    source: &'a DataSource,
    key: &str,
) -> Result<&'a Property, NotionError> {
    source.property(key).ok_or_else(|| page::unknown_property(key))
}
