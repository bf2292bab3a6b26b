//! What an operator relies on: the record of what happened, clean tables, limits, and a server that
//! bends where the world around it breaks.

pub mod audit;
mod away;
mod connections;
pub mod gate;
mod metrics;
pub mod node;
mod nodes;
mod operate;
mod rate_limits;
mod redis;
mod sweep;
mod tls;
