//! A customer becomes another in the eyes of the platform: another number, another user id, another phone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Customer, contact};
use crate::batch::Batch;
use crate::chat::digits;
use crate::clock::now_ms;
use crate::ids;
use crate::lock;

/// How the platform tells of another number or user id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// A message of type `system`.
    #[default]
    SystemMessage,
    /// The field `user_id_update`. Meta's changelog of 2026-08-11 takes it back, but its pages had described
    /// it since 2026-02, and partners still pass it on.
    UserIdUpdate,
    /// Both, the system message first.
    Both,
    /// Neither: it was lost.
    Silent,
}

impl Customer {
    /// Takes the chat to a new number, and so to a new user id. The old number is nobody's then; this
    /// handle stays with it, and the one that is given goes on.
    pub async fn changes_number(&self, new: &str, notice: Notice) -> Self {
        let new = digits(new);
        let before = self.profile();
        let (old_id, new_id) = {
            let mut chats = lock(&self.world.chats);
            let ids = chats.rotate_user_id(&self.phone);
            chats.move_number(&self.phone, &new);
            ids
        };
        self.world.has_changed();
        let moved = Self {
            world: Arc::clone(&self.world),
            phone: new.clone(),
            heard: AtomicUsize::new(self.heard.load(Ordering::Acquire)),
        };
        let mut system = json!({ "user_id": new_id, "previous_user_id": old_id });
        let mut message = json!({ "type": "system" });
        // Where no number may be shown, only the user id is another.
        match before.shown_phone() {
            Some(old) => {
                let name = &before.name;
                message["from"] = old.into();
                system["type"] = "user_changed_number".into();
                system["body"] = format!("User {name} changed from {old} to {new}").into();
                system["wa_id"] = new.as_str().into();
            }
            None => tell_of_user_id(&mut system, &old_id, &new_id),
        }
        message["system"] = system;
        moved.tells(notice, message, &old_id, &new_id).await;
        moved
    }

    /// Gets another user id at the same number; gives the new one.
    pub async fn changes_user_id(&self, notice: Notice) -> String {
        let (old_id, new_id) = lock(&self.world.chats).rotate_user_id(&self.phone);
        let mut system = json!({ "user_id": new_id, "previous_user_id": old_id });
        tell_of_user_id(&mut system, &old_id, &new_id);
        if let Some(phone) = self.profile().shown_phone() {
            system["wa_id"] = phone.into();
        }
        let message = json!({ "type": "system", "system": system });
        self.tells(notice, message, &old_id, &new_id).await;
        new_id
    }

    /// Installs WhatsApp anew: the security code is another. Gives the message's id.
    pub async fn changes_identity(&self) -> String {
        self.sends(json!({
            "type": "system",
            "system": {
                "body": "The customer's security code changed",
                "identity": ids::token(),
                "customer": self.phone,
                "type": "customer_identity_changed",
            },
        }))
        .await
    }

    async fn tells(&self, notice: Notice, message: Value, old_id: &str, new_id: &str) {
        if matches!(notice, Notice::SystemMessage | Notice::Both) {
            self.sends(message).await;
        }
        if matches!(notice, Notice::UserIdUpdate | Notice::Both) {
            let profile = self.profile();
            let mut update = json!({
                "detail": format!("User id for {} has been updated.", profile.name),
                "user_id": { "previous": old_id, "current": new_id },
                "timestamp": (now_ms() / 1000).to_string(),
            });
            if let Some(phone) = profile.shown_phone() {
                update["wa_id"] = phone.into();
            }
            let mut contact = contact(&profile);
            if let Some(contact) = contact.as_object_mut() {
                contact.remove("user_id");
            }
            let value = json!({ "contacts": [contact], "user_id_update": [update] });
            Batch::of_field(&self.world, "user_id_update", value).goes_out().await;
        }
    }
}

fn tell_of_user_id(system: &mut Value, old_id: &str, new_id: &str) {
    system["type"] = "user_changed_user_id".into();
    system["body"] = format!("User changed from {old_id} to {new_id}").into();
}
