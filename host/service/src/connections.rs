//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpStream;

use super::problem::Problem;

/// What a connection is told that there is no room for. It is small enough for any connection to take at once.
const REFUSAL: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\n\
                       connection: close\r\ncontent-length: ";

/// The connections that there are.
#[derive(Debug, Clone)]
pub struct Connections {
    open: Arc<Mutex<Open>>,
    most: usize,
    most_of_one: usize,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_caller: HashMap<IpAddr, usize>,
}

/// The place of a connection, until it is dropped.
#[derive(Debug)]
pub struct Taken {
    open: Arc<Mutex<Open>>,
    caller: IpAddr,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// There are as many as there may be.
    All,
    /// There are as many from this address.
    One,
}

impl Connections {
    /// So many in all, and so many from one address.
    pub fn new(most: usize, most_of_one: usize) -> Self {
        Self { open: Arc::default(), most, most_of_one }
    }

    /// A place for a connection from this address.
    pub fn take(&self, address: IpAddr) -> Result<Taken, Full> {
        let caller = caller(address);
        let mut open = lock(&self.open);
        if open.all >= self.most {
            return Err(Full::All);
        }
        let own = open.by_caller.entry(caller).or_default();
        if *own >= self.most_of_one {
            return Err(Full::One);
        }
        *own += 1;
        open.all += 1;
        Ok(Taken { open: Arc::clone(&self.open), caller })
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        open.all = open.all.saturating_sub(1);
        if let Some(own) = open.by_caller.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                open.by_caller.remove(&self.caller);
            }
        }
    }
}

/// Says why, and closes it: without waiting for what the caller sends, and not at all to one that takes nothing.
pub fn refuse(stream: &TcpStream, full: Full) {
    let problem = match full {
        Full::All => Problem::no_room("there are as many connections as the service takes", "serve.max_connections"),
        Full::One => Problem::no_room(
            "there are as many connections from this address as the service takes from one",
            "serve.max_connections_of_one",
        ),
    };
    let written = serde_json::to_string(&problem.body()).map_err(std::io::Error::from).and_then(|body| {
        let answer = format!("{REFUSAL}{}\r\n\r\n{body}", body.len());
        stream.try_write(answer.as_bytes())
    });
    if let Err(error) = written {
        tracing::debug!("a connection was refused without a word: {error}");
    }
}

/// Who has one address of IPv6 has all that share its first 64 bits.
fn caller(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

/// Numbers are changed whole, so they are sound even if a holder panicked.
fn lock(open: &Mutex<Open>) -> std::sync::MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let connections = Connections::new(3, 2);
        let (one, other): (IpAddr, IpAddr) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = connections.take(one).unwrap();
        let _second = connections.take(one).unwrap();
        assert_eq!(connections.take(one).unwrap_err(), Full::One);
        let _third = connections.take(other).unwrap();
        assert_eq!(connections.take(other).unwrap_err(), Full::All);
        drop(first);
        let _again = connections.take(one).unwrap();
        assert_eq!(connections.take(other).unwrap_err(), Full::All);
        assert_eq!(lock(&connections.open).by_caller.len(), 2);
    }

    #[test]
    fn addresses_of_one_network_are_one_caller() {
        let connections = Connections::new(10, 1);
        let _one = connections.take("2001:db8::1".parse().unwrap()).unwrap();
        assert_eq!(connections.take("2001:db8::2".parse().unwrap()).unwrap_err(), Full::One);
        let _other = connections.take("2001:db8:0:1::1".parse().unwrap()).unwrap();
        let _mapped = connections.take("::ffff:192.0.2.1".parse().unwrap()).unwrap();
        assert_eq!(connections.take("192.0.2.1".parse().unwrap()).unwrap_err(), Full::One);
    }
}
