//! What RabbitMQ says of itself to whoever connects, before anybody logs in.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lapin::uri::AMQPScheme;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::link::read_address;
use crate::{Error, Product};

const LIMIT: Duration = Duration::from_secs(2);
const HEADER: &[u8] = b"AMQP\0\0\x09\x01";
/// A type, a channel of two bytes, and the length of what follows.
const FRAME_HEADER: usize = 7;
const LONGEST: usize = 64 * 1024;

/// None over TLS, where nothing is said in the clear.
pub(crate) async fn product(url: &str) -> Result<Option<Product>, Error> {
    let address = read_address(url)?;
    if address.scheme == AMQPScheme::AMQPS {
        return Ok(None);
    }
    let greeted = timeout(LIMIT, greeting(&address.authority.host, address.authority.port)).await;
    let greeting = greeted.unwrap_or_else(|elapsed| Err(elapsed.into())).map_err(|source| {
        Error::Unavailable { operation: "read the greeting", source: Some(Arc::new(source)) }
    })?;
    Ok(Some(Product {
        name: property(&greeting, "product").unwrap_or_default(),
        version: property(&greeting, "version").unwrap_or_default(),
    }))
}

async fn greeting(host: &str, port: u16) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((host, port)).await?;
    stream.write_all(HEADER).await?;
    let mut header = [0; FRAME_HEADER];
    stream.read_exact(&mut header).await?;
    let [.., a, b, c, d] = header;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(io::Error::other("what answers is no RabbitMQ"));
    }
    let mut greeting = vec![0; length];
    stream.read_exact(&mut greeting).await?;
    Ok(greeting)
}

/// In a table of properties one is its name after its length, `S`, four bytes of length, a text.
fn property(greeting: &[u8], name: &str) -> Option<String> {
    let mut key = vec![u8::try_from(name.len()).ok()?];
    key.extend(name.as_bytes());
    key.push(b'S');
    let place = greeting.windows(key.len()).position(|window| window == key)?;
    let (length, rest) = greeting.get(place + key.len()..)?.split_first_chunk::<4>()?;
    let text = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some(String::from_utf8_lossy(text).into_owned())
}
