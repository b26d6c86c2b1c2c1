//! What customers ordered.

use std::fmt;

use uuid::Uuid;

use super::{Error, Records, read, storable, transact};

/// An order as a customer sent it: what it asks for, not what was agreed.
#[derive(Clone, PartialEq)]
pub struct CustomerOrder {
    /// That of the message it came in.
    pub id: Uuid,
    pub business: String,
    pub conversation: Uuid,
    pub catalog_id: Option<String>,
    /// What the customer wrote with it.
    pub text: Option<String>,
    pub received_ms: i64,
    /// In the customer's order.
    pub items: Vec<OrderItem>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    pub product_id: String,
    pub quantity: f64,
    /// Of one, as the customer's phone showed it: never what the business asks for it.
    pub price: Option<f64>,
    pub currency: Option<String>,
}

type OrderRow = (Uuid, String, Uuid, Option<String>, Option<String>, i64);
type ItemRow = (Option<String>, Option<f64>, Option<f64>, Option<String>);

impl Records {
    /// Records an order and its items once, all of it or nothing (test
    /// `an_order_is_recorded_once_with_its_items`); unless its message was erased.
    pub async fn record_order(&self, order: &CustomerOrder) -> Result<(), Error> {
        let order = order.clone();
        transact!(self, "record an order in", db => {
            let done = sqlx::query(
                "INSERT INTO customer_order (id, business, conversation, catalog_id, text,
                     received_ms)
                 SELECT $1, $2, $3, $4, $5, $6
                 WHERE NOT EXISTS (
                     SELECT 1 FROM inbound_message WHERE id = $1 AND erased_ms IS NOT NULL)
                 ON CONFLICT (id) DO NOTHING",
            )
            .bind(order.id)
            .bind(storable(&order.business))
            .bind(order.conversation)
            .bind(order.catalog_id.as_deref().map(storable))
            .bind(order.text.as_deref().map(storable))
            .bind(order.received_ms)
            .execute(&mut *db)
            .await?;
            if done.rows_affected() == 0 {
                return Ok(());
            }
            for (position, item) in (0i32..).zip(&order.items) {
                sqlx::query(
                    "INSERT INTO customer_order_item (customer_order, position, product_id,
                         quantity, price, currency)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(order.id)
                .bind(position)
                .bind(storable(&item.product_id))
                .bind(item.quantity)
                .bind(item.price)
                .bind(item.currency.as_deref().map(storable))
                .execute(&mut *db)
                .await?;
            }
            Ok(())
        })
    }

    /// The last `limit` orders of a business, the newest first.
    pub async fn orders(&self, business: &str, limit: i64) -> Result<Vec<CustomerOrder>, Error> {
        let rows: Vec<(OrderRow, ItemRow)> = read!(self, "read the orders from", db => {
            let rows = sqlx::query_as(
                "SELECT o.id, o.business, o.conversation, o.catalog_id, o.text, o.received_ms,
                     i.product_id, i.quantity, i.price, i.currency
                 FROM (SELECT * FROM customer_order WHERE business = $1
                       ORDER BY received_ms DESC, id LIMIT $2) AS o
                 LEFT JOIN customer_order_item i ON i.customer_order = o.id
                 ORDER BY o.received_ms DESC, o.id, i.position",
            )
            .bind(business)
            .bind(limit)
            .fetch_all(db)
            .await?;
            Ok(rows
                .into_iter()
                .map(|(a, b, c, d, e, f, g, h, i, j)| ((a, b, c, d, e, f), (g, h, i, j)))
                .collect())
        })?;
        let mut orders: Vec<CustomerOrder> = Vec::new();
        for ((id, business, conversation, catalog_id, text, received_ms), item) in rows {
            if orders.last().is_none_or(|order| order.id != id) {
                let items = Vec::new();
                orders.push(CustomerOrder {
                    id,
                    business,
                    conversation,
                    catalog_id,
                    text,
                    received_ms,
                    items,
                });
            }
            if let (Some(order), (Some(product_id), Some(quantity), price, currency)) =
                (orders.last_mut(), item)
            {
                order.items.push(OrderItem { product_id, quantity, price, currency });
            }
        }
        Ok(orders)
    }
}

/// It holds what a customer wrote.
impl fmt::Debug for CustomerOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerOrder")
            .field("id", &self.id)
            .field("items", &self.items.len())
            .field("received_ms", &self.received_ms)
            .finish_non_exhaustive()
    }
}
