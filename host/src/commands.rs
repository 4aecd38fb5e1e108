//! The commands, one in each file.

pub mod audit;
pub mod backup;
pub mod build;
pub mod compile_component;
pub mod completions;
pub mod config;
pub mod credential;
pub mod describe;
pub mod invoke;
pub mod key;
pub mod list;
pub mod loading;
pub mod runs;
pub mod serve;
pub mod tenant;
pub mod test;
pub mod up;
