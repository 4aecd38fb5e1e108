//! How busy a runtime is: what metrics are made of.

/// How busy a runtime is, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gauges {
    /// Sandboxes that there are.
    pub sandboxes: usize,
    /// Sandboxes with a run in them.
    pub sandboxes_in_use: usize,
    /// Runs that wait for a sandbox.
    pub waiting_for_sandbox: usize,
    /// Memory that all runs together have, in bytes.
    pub memory_bytes: usize,
    /// Requests for tokens, since the start, that gave one.
    pub token_fetches: u64,
    /// Requests for tokens, since the start, that gave none.
    pub failed_token_fetches: u64,
    /// Attempts, since the start, that were not a run's first.
    pub retries: u64,
    /// Each host that was asked for anything.
    pub hosts: Vec<HostGauge>,
}

/// How busy the way to a host is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostGauge {
    /// The host as nodes name it.
    pub host: String,
    /// Requests that are under way.
    pub in_flight: usize,
    /// Requests that wait for others to end.
    pub waiting: usize,
}
