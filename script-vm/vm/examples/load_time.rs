//! Loading a large source: Interlune beside PUC Lua 5.4, interleaved in one run.
//!
//! `cargo run --release -p interlune --example load_time [-- FUNCTIONS [ROUNDS]]`

use std::fmt::Write;
use std::time::{Duration, Instant};

/// Functions in the source unless the command line says otherwise: 1.96 MB.
const FUNCTIONS: usize = 5_000;
const ROUNDS: usize = 15;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse().ok());
    let functions = arguments.next().unwrap_or(FUNCTIONS);
    let rounds = arguments.next().unwrap_or(ROUNDS);
    let source = source(functions);
    let mut ours = Vec::new();
    let mut pucs = Vec::new();
    for _ in 0..rounds {
        ours.push(load_here(&source));
        pucs.push(load_in_puc(&source));
    }
    let (ours, puc) = (median(&mut ours), median(&mut pucs));
    println!(
        "{} bytes, {functions} functions, median of {rounds} interleaved rounds",
        source.len()
    );
    println!("interlune {:8.2} ms", milliseconds(ours));
    println!("PUC 5.4   {:8.2} ms", milliseconds(puc));
    println!("ratio     {:8.2}", ours.as_secs_f64() / puc.as_secs_f64());
}

fn load_here(source: &str) -> Duration {
    let lua = interlune::Lua::new();
    let begin = Instant::now();
    let function = lua.load(source).set_name("=source").into_function();
    let time = begin.elapsed();
    assert!(function.is_ok(), "the source compiles");
    time
}

fn load_in_puc(source: &str) -> Duration {
    let lua = mlua::Lua::new();
    let begin = Instant::now();
    let function = lua.load(source).set_name("=source").into_function();
    let time = begin.elapsed();
    assert!(function.is_ok(), "the source compiles");
    time
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Game-like functions: fields, calls, loops, conditions, constructors.
fn source(functions: usize) -> String {
    let mut text = String::from("local M = {}\n");
    for index in 0..functions {
        let _ = write!(
            text,
            "function M.update_{index}(self, dt, other)\n\
             \x20 local x, y = self.x + self.vx * dt, self.y + self.vy * dt\n\
             \x20 if x < 0 or x > {limit} then\n\
             \x20   self.vx = -self.vx * 0.{index}\n\
             \x20 elseif other and other.kind == \"kind{kind}\" then\n\
             \x20   M.emit(self, \"hit\", {{ id = {index}, x = x, y = y }})\n\
             \x20 end\n\
             \x20 for i = 1, #self.items do\n\
             \x20   local item = self.items[i]\n\
             \x20   item.age = (item.age or 0) + 1\n\
             \x20 end\n\
             \x20 self.x, self.y = x, y\n\
             end\n",
            limit = index % 800,
            kind = index % 50,
        );
    }
    text.push_str("return M\n");
    text
}
