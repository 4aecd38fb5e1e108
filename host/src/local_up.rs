//! How a command finds the `patchbay up` of its data directory: a file that says where it is, which that process holds
//! locked for as long as it lives.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use url::Url;

/// In the data directory.
const FILE: &str = "up.address";

/// That this process is up. Dropping it ends that.
pub struct Announced(#[expect(dead_code, reason = "it holds the lock")] File);

/// Says where this process is up; none when another one already is, or it can not be said.
pub fn announce(data: &Path, address: SocketAddr) -> Option<Announced> {
    let announce = || -> std::io::Result<Option<File>> {
        let mut file = File::options().create(true).truncate(false).write(true).read(true).open(data.join(FILE))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        file.set_len(0)?;
        file.write_all(format!("{}\n", reachable(address)).as_bytes())?;
        Ok(Some(file))
    };
    announce()
        .unwrap_or_else(|error| {
            tracing::debug!(%error, "commands will not find this process by themselves");
            None
        })
        .map(Announced)
}

/// Where the process is that is up; none when none is.
pub fn find(data: &Path) -> Option<Url> {
    let mut file = File::open(data.join(FILE)).ok()?;
    // Nobody holds what a process left that was killed.
    if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    let mut text = String::new();
    Read::by_ref(&mut file).take(100).read_to_string(&mut text).ok()?;
    let address: SocketAddr = text.trim().parse().ok()?;
    Url::parse(&format!("http://{address}")).ok()
}

/// Who listens everywhere is reached here.
fn reachable(address: SocketAddr) -> SocketAddr {
    let here = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    };
    SocketAddr::new(here, address.port())
}
