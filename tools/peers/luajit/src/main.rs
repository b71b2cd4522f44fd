//! LuaJIT 2.1 as a peer in benchmarks; `--jit off` leaves its interpreter alone.

#[path = "../../peer.rs"]
mod peer;
#[path = "../../stock.rs"]
mod stock;

fn main() -> std::process::ExitCode {
    let prepare = |command: &peer::Command| {
        let lua = stock::state(command)?;
        if !command.jit {
            lua.load("jit.off()").exec()?;
        }
        Ok(lua)
    };
    peer::run(prepare, |_| Ok(()))
}
