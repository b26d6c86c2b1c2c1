use std::fmt;

use crate::{Delivery, embedded, rabbitmq};

/// The deliveries of one queue, for one worker.
pub struct Consumer(Side);

enum Side {
    RabbitMq(Box<rabbitmq::Consumer>),
    Embedded(embedded::Consumer),
}

impl Consumer {
    pub(crate) fn rabbitmq(consumer: rabbitmq::Consumer) -> Self {
        Self(Side::RabbitMq(Box::new(consumer)))
    }

    pub(crate) fn embedded(consumer: embedded::Consumer) -> Self {
        Self(Side::Embedded(consumer))
    }

    /// The next delivery; waits for one, through reconnects and restarts of the broker. `None`
    /// when the broker was closed in this process. No delivery is lost when the future is dropped
    /// (test `giving_up_waiting_loses_nothing`).
    pub async fn next(&mut self) -> Option<Delivery> {
        match &mut self.0 {
            Side::RabbitMq(consumer) => consumer.next().await,
            Side::Embedded(consumer) => consumer.next().await,
        }
    }

    /// Takes no more and gives back what was not handed out. Deliveries in hand can still be
    /// settled (test `what_is_in_hand_can_be_settled_after_the_consumer_stopped`).
    pub async fn stop(self) {
        match self.0 {
            Side::RabbitMq(consumer) => consumer.stop().await,
            // Dropped deliveries go back by themselves.
            Side::Embedded(consumer) => drop(consumer),
        }
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").finish_non_exhaustive()
    }
}
