//! When a service is asked to stop.

#[cfg(unix)]
use std::io::IsTerminal;

/// Completes at Ctrl-C, and where there is such a thing at a request to terminate, and when the terminal is gone that it was
/// started from. It listens from this call on, so that nobody who has read the greeting comes too early.
#[cfg(unix)]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (mut hangup, terminal) = (signal(SignalKind::hangup())?, Terminal::of_this_process());
    Ok(async move {
        let gone = async {
            loop {
                hangup.recv().await;
                if terminal.is_gone() {
                    return;
                }
            }
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = gone => {}
        }
    })
}

/// Completes at Ctrl-C. It listens from this call on, so that nobody who has read the greeting comes too early.
#[cfg(windows)]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

/// The terminal that the process was started from, if any. What hangs up is then either somebody who asks the service to
/// read its files anew, or the terminal itself, which nobody looks at any more.
#[cfg(unix)]
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    was_there: bool,
}

#[cfg(unix)]
impl Terminal {
    /// As it is now.
    pub fn of_this_process() -> Self {
        Self { was_there: std::io::stdin().is_terminal() }
    }

    /// Whether it was there and is no longer.
    pub fn is_gone(self) -> bool {
        self.was_there && !std::io::stdin().is_terminal()
    }
}
