//! Which addresses a request may go to, after the name was resolved.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Why a name leads nowhere.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum AddressError {
    #[error("the name {host} could not be resolved: {reason}")]
    Unresolved { host: String, reason: String },
    #[error("{host} resolves to {address}, which is not a public address")]
    NotPublic { host: String, address: IpAddr },
}

/// Resolves names and hands out public addresses only. The check before a request is signed and the connection itself
/// draw on the same addresses, so that a name can not resolve to one address for the check and another for the connection.
#[derive(Default)]
pub(crate) struct AddressBook {
    resolved: Mutex<HashMap<String, Resolved>>,
}

/// The addresses of a name; none when a proxy is to find them.
#[derive(Clone)]
struct Resolved {
    addresses: Arc<[SocketAddr]>,
    until: Instant,
}

impl AddressBook {
    /// Long enough that a busy node does not wait for DNS, short enough to follow a service that moves.
    const KEPT: Duration = Duration::from_secs(30);
    /// As many names are kept: below a `*.` host a node can think of any number.
    const MOST: usize = 1_024;

    /// The host's addresses.
    ///
    /// # Errors
    /// The name does not resolve, or any of its addresses is not public: a name that mixes both is an attack or a
    /// mistake.
    pub async fn public_addresses(&self, host: &str) -> Result<Arc<[SocketAddr]>, AddressError> {
        let unresolved = |reason: &str| AddressError::Unresolved { host: host.to_owned(), reason: reason.to_owned() };
        match self.kept(host) {
            Some(none) if none.is_empty() => return Err(unresolved("it was not known a moment ago")),
            Some(addresses) => return Ok(addresses),
            None => {}
        }
        // The port is the connection's to set.
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let found: Vec<SocketAddr> =
            tokio::net::lookup_host((bare, 0)).await.map_err(|error| unresolved(&error.to_string()))?.collect();
        if found.is_empty() {
            return Err(unresolved("it has no address"));
        }
        if let Some(address) = found.iter().map(SocketAddr::ip).find(|address| !is_public(*address)) {
            return Err(AddressError::NotPublic { host: host.to_owned(), address });
        }
        let addresses: Arc<[SocketAddr]> = found.into();
        self.keep(host, &addresses, Instant::now());
        Ok(addresses)
    }

    /// Refuses a host that a proxy is to connect to when it leads to an address that is not public. A name that nobody knows
    /// here is the proxy's to resolve: a network that needs one often has no other way to the names outside.
    ///
    /// # Errors
    /// [`AddressError::NotPublic`].
    pub async fn check_for_proxy(&self, host: &str) -> Result<(), AddressError> {
        /// How long a name may take: a network without names outside may never answer.
        const LONGEST: Duration = Duration::from_secs(1);
        match tokio::time::timeout(LONGEST, self.public_addresses(host)).await {
            Ok(Err(error @ AddressError::NotPublic { .. })) => Err(error),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(AddressError::Unresolved { .. })) | Err(_) => {
                self.keep(host, &Arc::default(), Instant::now());
                Ok(())
            }
        }
    }

    fn keep(&self, host: &str, addresses: &Arc<[SocketAddr]>, now: Instant) {
        let mut resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        if resolved.len() >= Self::MOST {
            resolved.retain(|_, kept| kept.until > now);
            // All of them are young: any of them costs one question more.
            if resolved.len() >= Self::MOST {
                resolved.clear();
            }
        }
        resolved.insert(host.to_owned(), Resolved { addresses: Arc::clone(addresses), until: now + Self::KEPT });
    }

    fn kept(&self, host: &str) -> Option<Arc<[SocketAddr]>> {
        let resolved = self.resolved.lock().unwrap_or_else(PoisonError::into_inner);
        resolved.get(host).filter(|resolved| resolved.until > Instant::now()).map(|found| Arc::clone(&found.addresses))
    }
}

/// The address book as the HTTP client's resolver.
pub(crate) struct PublicOnly {
    pub addresses: Arc<AddressBook>,
    /// The proxy's host. It may have a private address: no request of a node is for it, the gate refuses that before.
    pub proxy: Option<String>,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let book = Arc::clone(&self.addresses);
        let is_proxy = self.proxy.as_deref() == Some(name.as_str());
        Box::pin(async move {
            if is_proxy {
                let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
                return Ok(Box::new(found.into_iter()) as Addrs);
            }
            let addresses = book.public_addresses(name.as_str()).await?;
            let addresses: Vec<SocketAddr> = addresses.to_vec();
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is on the public internet. Addresses that embed another are judged by it; v4-mapped ones are
/// refused, because they are only ever a way around a check.
/// Source: IANA's special-purpose address registries (RFC 6890 and its updates).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_unspecified()
        || address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b)) // shared address space; also a cloud's metadata service
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19)) // benchmarks
        || a >= 240; // reserved
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low), // NAT64
        [0x2002, high, low, ..] => embedded(high, low),               // 6to4
        [0x2001, 0x0db8, ..] => false,                                // documentation
        [0x2001, second, ..] if second < 0x200 => false,              // Teredo and other protocol assignments
        [0x3fff, second, ..] if second < 0x1000 => false,             // documentation
        // Global unicast alone: loopback, v4-mapped, unique local, link-local, site-local and multicast lie outside it.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for public in ["8.8.8.8", "203.119.205.1", "100.63.0.1", "172.32.0.1", "2400:3200::1", "64:ff9b::808:808"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for refused in [
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "fec0::1",
        ] {
            assert!(!is_public(refused.parse().unwrap()), "{refused}");
        }
    }

    #[test]
    fn so_many_names_are_kept_and_no_more() {
        let (book, addresses) = (AddressBook::default(), Arc::from([SocketAddr::from(([8, 8, 8, 8], 0))]));
        for number in 0..5_000 {
            book.keep(&format!("{number}.example.com"), &addresses, Instant::now());
        }
        assert!(book.resolved.lock().unwrap().len() <= AddressBook::MOST);
        assert!(book.kept("4999.example.com").is_some());
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_loopback_is_refused() {
        let error = AddressBook::default().public_addresses("localhost").await.unwrap_err();
        assert!(matches!(error, AddressError::NotPublic { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_proxy_is_handed_a_name_that_nobody_knows_here_and_none_that_is_private() {
        let book = AddressBook::default();
        assert!(matches!(book.check_for_proxy("localhost").await, Err(AddressError::NotPublic { .. })));
        for _ in 0..2 {
            assert!(book.check_for_proxy("no.such.host.invalid").await.is_ok());
        }
        let error = book.public_addresses("no.such.host.invalid").await.unwrap_err();
        assert!(matches!(error, AddressError::Unresolved { .. }), "{error}");
    }
}
