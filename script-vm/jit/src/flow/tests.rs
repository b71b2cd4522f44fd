use std::sync::Arc;

use interlune_core::load;

use super::*;

fn compile(source: &str) -> Arc<Proto> {
    load::compile(source.as_bytes(), b"@test.lua").expect("the source is right")
}

/// The function that a chunk of one function makes.
fn function(source: &str) -> Arc<Proto> {
    compile(source).protos[0].clone()
}

const SOURCES: [&str; 5] = [
    "local function f(t, n) local s = 0 for i = 1, n do for j = i, n do s = s + t[j] end end return s end",
    "local function f(t) local n while true do local k, v = next(t, n) if not k then break end n = k end return n end",
    "local function f(t) for k, v in pairs(t) do if v then t[k] = nil elseif k == 1 then goto next end ::next:: end end",
    "local function f(a, b) local c = a and b or not a return c, a == b, (a or b)(a, b) end",
    "local function f(...) local a, b = ... repeat local c = a + b a = c until c > 10 return function() return a end end",
];

#[test]
fn blocks_cover_the_code_and_jumps_go_to_their_beginnings() {
    for source in SOURCES {
        let proto = function(source);
        let flow = Flow::of(&proto);
        let mut at = 0;
        for (number, block) in flow.blocks.iter().enumerate() {
            assert_eq!(block.first, at, "{source}");
            assert!(flow.block_of[block.first..block.end].iter().all(|&of| of == number));
            at = block.end;
        }
        assert_eq!(at, proto.code.len());
        for (pc, insn) in proto.code.iter().enumerate() {
            if let Some(target) = crate::baseline::jump_target(pc, *insn) {
                assert_eq!(flow.blocks[flow.block_of[target]].first, target, "{source}");
            }
        }
    }
}

#[test]
fn loops_nest() {
    let flow = Flow::of(&function(SOURCES[0]));
    let shape: Vec<_> = flow.loops.iter().map(|it| (it.depth, it.is_innermost)).collect();
    assert_eq!(shape, [(0, false), (1, true)]);
    let [outer, inner] = flow.loops[..] else { panic!("two loops") };
    assert!(outer.header < inner.header && inner.end <= outer.end);
    assert_eq!(flow.loop_of(inner.header), Some(&inner));
    assert_eq!(flow.loop_of(inner.end), Some(&outer));
    assert_eq!(flow.loop_of(0), None);
}

#[test]
fn only_parameters_live_at_the_entry() {
    for source in SOURCES {
        let proto = function(source);
        let live = Liveness::of(&proto, &Flow::of(&proto)).before(0);
        let parameters = RegisterSet::range(0, usize::from(proto.param_count));
        assert!(live.without(parameters).is_empty(), "{source}: {live:?}");
    }
}

#[test]
fn a_loop_keeps_alive_what_its_next_round_reads() {
    let proto = function(SOURCES[0]);
    let flow = Flow::of(&proto);
    let liveness = Liveness::of(&proto, &flow);
    let header = flow.loops[1].header;
    // The table, and the sum behind it.
    assert!([0, 2].iter().all(|&register| liveness.before(header).contains(register)));
}

#[test]
fn dead_registers_may_be_anything() {
    // Every register that is not live before an instruction is written before it is read, on every way from there.
    for source in SOURCES {
        let proto = function(source);
        let flow = Flow::of(&proto);
        let liveness = Liveness::of(&proto, &flow);
        for block in &flow.blocks {
            for pc in block.first..block.end {
                let Accesses { reads, writes } = Accesses::of(&proto, proto.code[pc]);
                let live = liveness.before(pc);
                assert!(reads.without(live).is_empty(), "{source}: {pc}");
                let taken = liveness::written_if_taken(&proto, block);
                let ways: Vec<(usize, RegisterSet)> = if pc + 1 < block.end {
                    vec![(pc + 1, RegisterSet::EMPTY)]
                } else {
                    let ways = block.successors.iter().zip([taken, RegisterSet::EMPTY]);
                    ways.map(|(&next, written)| (flow.blocks[next].first, written)).collect()
                };
                for (next, written) in ways {
                    let written = writes.union(written);
                    assert!(liveness.before(next).without(written).without(live).is_empty());
                }
            }
        }
    }
}

#[test]
fn captured_registers_are_known() {
    assert_eq!(captured(&function(SOURCES[4]), |_| true), RegisterSet::range(0, 1));
    assert!(captured(&function(SOURCES[0]), |_| true).is_empty());
}
