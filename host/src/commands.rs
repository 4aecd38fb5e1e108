//! The commands, one in each file.

pub mod build;
pub mod describe;
pub mod invoke;
pub mod list;
pub mod tenant;
pub mod test;
pub mod up;
