//! The commands, one in each file.

pub mod build;
pub mod config;
pub mod describe;
pub mod invoke;
pub mod list;
pub mod test;
pub mod up;
