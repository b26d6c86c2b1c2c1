//! Who the people of a change are: the contacts that stand beside its messages.

use std::collections::HashMap;

use domain::Customer;
use serde_json::Value;

use super::element::{customer, name};

pub(super) struct Contacts {
    all: Vec<Value>,
    /// By phone number and by user id; a history can have thousands.
    by_name: HashMap<String, usize>,
}

impl FromIterator<Value> for Contacts {
    fn from_iter<I: IntoIterator<Item = Value>>(contacts: I) -> Self {
        let all: Vec<Value> = contacts.into_iter().collect();
        let mut by_name = HashMap::new();
        for (index, contact) in all.iter().enumerate() {
            for name in [name(contact, "wa_id"), name(contact, "user_id")].into_iter().flatten() {
                by_name.entry(name).or_insert(index);
            }
        }
        Self { all, by_name }
    }
}

impl Contacts {
    /// The customer whom these two fields of an element name, with what their contact adds.
    pub(super) fn customer(&self, element: &Value, phone: &str, user_id: &str) -> Customer {
        let mut customer = customer(name(element, phone), name(element, user_id));
        let find = |name: &Option<String>| self.by_name.get(name.as_ref()?);
        if let Some(index) = find(&customer.phone).or_else(|| find(&customer.user_id)) {
            complete(&mut customer, &self.all[*index]);
        }
        customer
    }

    /// Adds what the contact knows where there is only one.
    pub(super) fn complete_by_the_only_one(&self, customer: &mut Customer) {
        if let [contact] = &*self.all {
            complete(customer, contact);
        }
    }
}

/// A user name is what somebody is called who gives no other name. It may change, and comes with
/// or without its sign.
fn complete(customer: &mut Customer, contact: &Value) {
    customer.phone = customer.phone.take().or_else(|| name(contact, "wa_id"));
    customer.user_id = customer.user_id.take().or_else(|| name(contact, "user_id"));
    customer.name = contact.get("profile").and_then(|profile| {
        let user_name = || Some(name(profile, "username")?.trim_start_matches('@').to_owned());
        name(profile, "name").or_else(user_name)
    });
}
