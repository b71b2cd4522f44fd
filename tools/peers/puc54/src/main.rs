//! PUC Lua 5.4 as a peer in benchmarks: the engine whose speed counts as 1.

#[path = "../../peer.rs"]
mod peer;
#[path = "../../stock.rs"]
mod stock;

fn main() -> std::process::ExitCode {
    peer::run(stock::state, |_| Ok(()))
}
