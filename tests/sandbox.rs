//! What the sandbox withstands: every limit is tripped by a node of tests/hostile, through the runtime's public surface.

mod bounds;
mod compiling;
mod envelopes;
mod limits;
mod loading;
mod places;
mod time;
mod versions;
