//! How a run goes: dry, repeated, measured, and as part of a trace.

mod dry_run;
mod measures;
mod retries;
mod testing_credentials;
mod traces;
