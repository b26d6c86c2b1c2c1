//! How a business's people are reached.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

/// The database in Notion in which a business's people answer.
#[derive(Clone)]
pub struct NotionDesk {
    pub api_key: SecretString,
    /// As Notion's address of it shows it, with or without dashes.
    pub database_id: String,
    /// What a button sends in a header, and what a connection signs its webhooks with.
    pub webhook_secret: Option<SecretString>,
    /// How often it is asked what has changed.
    pub poll_every: Duration,
    pub names: NotionNames,
    /// Ids of persons in Notion who are called when nobody has answered for long.
    pub escalate_to: Vec<String>,
}

impl fmt::Debug for NotionDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotionDesk")
            .field("database_id", &self.database_id)
            .field("poll_every", &self.poll_every)
            .finish_non_exhaustive()
    }
}

/// What the properties of the database are called, and what stands in their choices.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotionNames {
    pub question: String,
    pub answer: String,
    pub phone: String,
    pub id: String,
    pub status: String,
    pub reason: String,
    pub summary: String,
    pub conversation: String,
    pub assigned: String,
    pub delivery: String,
    pub business: String,
    pub learning: String,
    pub proposal: String,
    pub helped: String,
    pub attachments: String,
    pub waiting: String,
    pub taken: String,
    pub send: String,
    pub send_and_close: String,
    pub answered: String,
    pub closed: String,
    pub approve: String,
    pub discard: String,
}

impl Default for NotionNames {
    fn default() -> Self {
        let name = str::to_owned;
        Self {
            question: name("Pregunta"),
            answer: name("Respuesta"),
            phone: name("Celular"),
            id: name("ID"),
            status: name("Estado"),
            reason: name("Motivo"),
            summary: name("Resumen"),
            conversation: name("Conversación"),
            assigned: name("Asignado"),
            delivery: name("Entrega"),
            business: name("Negocio"),
            learning: name("Aprendizaje"),
            proposal: name("Propuesta"),
            helped: name("Ayudó"),
            attachments: name("Adjuntos"),
            waiting: name("Nuevo"),
            taken: name("En curso"),
            send: name("Enviar"),
            send_and_close: name("Enviar y cerrar"),
            answered: name("Enviado"),
            closed: name("Cerrado"),
            approve: name("Aprobar"),
            discard: name("Descartar"),
        }
    }
}

impl NotionNames {
    fn all(&self) -> [&String; 23] {
        let Self {
            question,
            answer,
            phone,
            id,
            status,
            reason,
            summary,
            conversation,
            assigned,
            delivery,
            business,
            learning,
            proposal,
            helped,
            attachments,
            waiting,
            taken,
            send,
            send_and_close,
            answered,
            closed,
            approve,
            discard,
        } = self;
        [
            question,
            answer,
            phone,
            id,
            status,
            reason,
            summary,
            conversation,
            assigned,
            delivery,
            business,
            learning,
            proposal,
            helped,
            attachments,
            waiting,
            taken,
            send,
            send_and_close,
            answered,
            closed,
            approve,
            discard,
        ]
    }

    /// What is wrong with them, with what would be right.
    fn problem(&self) -> Option<String> {
        let all = self.all();
        // Notion takes no comma in the name of a choice.
        if all.iter().any(|name| name.trim().is_empty() || name.contains(',')) {
            return Some("notion.names may be neither empty nor hold a comma".to_owned());
        }
        let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
        // Properties and choices are apart: the first fifteen are properties.
        let (properties, choices) = all.split_at(15);
        for names in [properties, choices] {
            counts.clear();
            for name in names {
                *counts.entry(name).or_default() += 1;
            }
            if let Some((name, _)) = counts.iter().find(|(_, count)| **count > 1) {
                return Some(format!("notion.names: {name:?} stands for two things"));
            }
        }
        None
    }
}

/// `[notion]` of `business.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct NotionFile {
    api_key_env: String,
    database_id: Option<String>,
    database_id_env: String,
    webhook_secret_env: String,
    poll_seconds: u64,
    names: NotionNames,
    escalate_to: Vec<String>,
}

impl Default for NotionFile {
    fn default() -> Self {
        Self {
            api_key_env: "NOTION_API_KEY".to_owned(),
            database_id: None,
            database_id_env: "NOTION_DATABASE_ID".to_owned(),
            webhook_secret_env: "NOTION_WEBHOOK_SECRET".to_owned(),
            poll_seconds: 5,
            names: NotionNames::default(),
            escalate_to: Vec::new(),
        }
    }
}

impl NotionFile {
    /// None where there is no key: the terminal is the desk then.
    pub(super) fn read(
        self,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<NotionDesk>, String> {
        let value = |name: &str| lookup(name).filter(|value| !value.trim().is_empty());
        if let Some(problem) = self.names.problem() {
            return Err(problem);
        }
        if !(1..=3600).contains(&self.poll_seconds) {
            return Err("notion.poll_seconds must be 1 to 3600".to_owned());
        }
        let Some(api_key) = value(&self.api_key_env) else { return Ok(None) };
        let database_id = self.database_id.or_else(|| value(&self.database_id_env));
        Ok(Some(NotionDesk {
            api_key: SecretString::from(api_key.trim()),
            // `relevo notion setup` makes one.
            database_id: database_id.unwrap_or_default().trim().to_owned(),
            webhook_secret: value(&self.webhook_secret_env)
                .map(|secret| SecretString::from(secret.trim())),
            poll_every: Duration::from_secs(self.poll_seconds),
            names: self.names,
            escalate_to: self.escalate_to,
        }))
    }
}

/// `[desk]` of `business.toml`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeskFile {
    pub(super) remind_after_minutes: Option<u64>,
    pub(super) escalate_after_minutes: Option<u64>,
    pub(super) release_after_answer_minutes: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_key_there_is_no_desk_in_notion() {
        assert!(NotionFile::default().read(&|_| None).unwrap().is_none());
        let desk = NotionFile::default().read(&|name| Some(format!(" {name} "))).unwrap().unwrap();
        assert_eq!(desk.database_id, "NOTION_DATABASE_ID");
        assert!(desk.webhook_secret.is_some());
        assert!(!format!("{desk:?}").contains("NOTION_API_KEY"));
    }

    #[test]
    fn names_are_neither_empty_nor_used_twice() {
        let named = |names: NotionNames| {
            NotionFile { names, ..NotionFile::default() }.read(&|_| None).err()
        };
        assert_eq!(named(NotionNames::default()), None);
        for (names, advice) in [
            (NotionNames { answer: "Pregunta".to_owned(), ..NotionNames::default() }, "two things"),
            (NotionNames { send: "Nuevo".to_owned(), ..NotionNames::default() }, "two things"),
            (NotionNames { id: " ".to_owned(), ..NotionNames::default() }, "empty"),
            (NotionNames { closed: "A, B".to_owned(), ..NotionNames::default() }, "comma"),
        ] {
            assert!(named(names).is_some_and(|problem| problem.contains(advice)), "{advice}");
        }
    }
}
