//! The gate, met through a node that asks for anything: what it admits, how it signs, and what it tells.

mod admission;
mod connections;
mod pace;
mod secrets;
mod signing;
mod tokens;
