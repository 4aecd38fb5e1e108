//! Bodies of calls: how large one may be, and how slow.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::problem::Problem;

/// A body has to come at this rate at least, in bytes a second.
const LOWEST_RATE: u64 = 16 << 10;
/// Of a body that is too large so much is read and thrown away, in bytes: a client that writes all of it before it reads
/// would else find a broken connection in place of the answer.
const THROWN_AWAY: usize = 16 << 20;
/// And for so long.
const THROWING_AWAY: Duration = Duration::from_secs(5);

/// What a body may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How many bytes it may have.
    pub bytes: usize,
    /// How long nothing may come, at its beginning and between any two parts of it.
    pub pause: Duration,
}

/// The whole body.
///
/// # Errors
/// It is too large, too slow, or breaks off.
pub async fn collect(body: Body, limits: Limits) -> Result<Bytes, Problem> {
    let began = Instant::now();
    let mut parts = body.into_data_stream();
    let (mut whole, mut is_too_large) = (Vec::new(), false);
    let mut length = 0_usize;
    loop {
        // As many seconds as it takes at the lowest rate, and a pause besides.
        let owed = Duration::from_secs(length as u64 / LOWEST_RATE) + limits.pause;
        let deadline = (began + owed).min(Instant::now() + limits.pause);
        let deadline = if is_too_large { deadline.min(began + THROWING_AWAY) } else { deadline };
        let part = match timeout_at(deadline, parts.next()).await {
            Ok(Some(part)) => part.map_err(|_| Problem::bad_request("the body breaks off", "Send all of it."))?,
            Ok(None) if is_too_large => return Err(Problem::payload_too_large(limits.bytes)),
            Ok(None) => return Ok(whole.into()),
            Err(_) if is_too_large => return Err(Problem::payload_too_large(limits.bytes)),
            Err(_) => return Err(Problem::too_slow(limits.pause)),
        };
        length = length.saturating_add(part.len());
        if length <= limits.bytes {
            whole.extend_from_slice(&part);
        } else {
            is_too_large = true;
            whole = Vec::new();
            if length > limits.bytes.saturating_add(THROWN_AWAY) {
                return Err(Problem::payload_too_large(limits.bytes));
            }
        }
    }
}
