//! The standard library through scripts: what a sandboxed script finds, vectors, determinism, library functions that
//! rearrange tables while the collector is at work. What PUC Lua has too is compared with it in `script-vm/vm/tests`.

use std::cell::RefCell;
use std::rc::Rc;

use interlune_core::Vm;
use interlune_core::load::{Mode, load};
use interlune_core::stdlib::{self, Libs};

mod collector;
mod vectors;

/// A VM whose `print` writes into the returned buffer.
fn new_vm(libs: Libs) -> (Box<Vm>, Rc<RefCell<Vec<u8>>>) {
    let mut vm = Vm::new();
    let printed = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&printed);
    vm.host.print = Box::new(move |bytes| sink.borrow_mut().extend_from_slice(bytes));
    stdlib::open(&mut vm, libs);
    (vm, printed)
}

/// Runs a script in a VM; the message of its error, if it has one.
fn run_in(vm: &mut Vm, source: &str) -> Result<(), String> {
    let chunk = load(vm, source.as_bytes(), b"=test", None, Mode::Text)?;
    let outcome = vm.call_protected(chunk, &[]);
    outcome.map(|_| ()).map_err(|_| {
        let error = vm.error_value();
        error.as_string().map_or(format!("{error:?}"), |text| text.to_text().into_owned())
    })
}

/// What a script prints in a new VM, or "error: message".
fn output(libs: Libs, source: &str) -> String {
    let (mut vm, printed) = new_vm(libs);
    if let Err(message) = run_in(&mut vm, source) {
        printed.borrow_mut().extend_from_slice(format!("error: {message}\n").as_bytes());
    }
    let printed = printed.borrow();
    String::from_utf8_lossy(&printed).into_owned()
}

fn check(source: &str, expected: &str) {
    assert_eq!(output(Libs::Full, source), expected, "{source}");
}

/// Prints the names in a table, sorted.
const PRINT_NAMES: &str = "
    local function names(t)
        local out = {}
        for name in pairs(t) do out[#out + 1] = name end
        table.sort(out)
        return table.concat(out, ' ')
    end
    print(names(_G))
    for name in names(_G):gmatch('%S+') do
        if type(_G[name]) == 'table' and name ~= '_G' then print(name .. ': ' .. names(_G[name])) end
    end";

#[test]
fn a_sandboxed_script_reaches_nothing_outside() {
    let expected = "\
_G _VERSION assert collectgarbage coroutine debug error getmetatable ipairs load math next pairs pcall print rawequal \
rawget rawlen rawset select setmetatable string table tonumber tostring type utf8 vec2 vec3 warn xpcall
coroutine: close create isyieldable resume running status wrap yield
debug: traceback
math: abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad random \
randomseed sin sqrt tan tointeger type ult
string: byte char dump find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper
table: concat insert move pack remove sort unpack
utf8: char charpattern codepoint codes len offset
";
    assert_eq!(output(Libs::Sandbox, PRINT_NAMES), expected);
}

#[test]
fn the_full_set_is_that_of_puc_lua() {
    let printed = output(Libs::Full, PRINT_NAMES);
    for line in [
        "debug: gethook getinfo getlocal getmetatable getregistry getupvalue getuservalue setcstacklimit sethook \
         setlocal setmetatable setupvalue setuservalue traceback upvalueid upvaluejoin",
        "io: close flush input lines open output popen read stderr stdin stdout tmpfile type write",
        "os: clock date difftime execute exit getenv remove rename setlocale time tmpname",
        "package: config cpath loaded loadlib path preload searchers searchpath",
    ] {
        assert!(printed.lines().any(|found| found == line), "{line}\nnot in\n{printed}");
    }
}

#[test]
fn random_numbers_repeat_from_vm_to_vm() {
    let source = "
        local first = { math.random(), math.random(100), math.random(0) }
        local a, b = math.randomseed()
        print(first[1], first[2], first[3], a, b, math.random(1 << 40))
        math.randomseed(42)
        print(math.random(1, 100), math.random(1, 100), math.random(1, 100))";
    let printed = output(Libs::Sandbox, source);
    assert_eq!(printed, output(Libs::Sandbox, source));
    // As PUC Lua with that seed.
    assert_eq!(printed.lines().nth(1), Some("50\t76\t86"));
}

#[test]
fn print_writes_in_the_order_of_what_happens() {
    check(
        "local t = setmetatable({}, { __tostring = function() print('inner') return 'T' end })
         print('a', t, 'b')
         local bad = setmetatable({}, { __tostring = function() error('no text', 0) end })
         print('before', bad)",
        "a\tinner\nT\tb\nbefore\terror: no text\n",
    );
}

#[test]
fn warnings_are_off_until_turned_on() {
    let (mut vm, _) = new_vm(Libs::Sandbox);
    let warnings = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&warnings);
    vm.host.warn = Box::new(move |text| sink.borrow_mut().push(text.to_string()));
    let source = "warn('lost') warn('@on') warn('a', 1, 'b') warn('@other') warn('@', 'two') warn('@off') warn('lost')";
    assert_eq!(run_in(&mut vm, source), Ok(()));
    assert_eq!(*warnings.borrow(), ["a1b", "@two"]);
}

#[test]
fn natives_keep_what_they_captured() {
    // A script that could change them could break what the functions rely on.
    check(
        "local step = string.gmatch('a b', '%a')
         print(debug.getupvalue(step, 1))
         print(select('#', debug.setupvalue(step, 1, 5)), step(), step(), step())",
        "\ta b\n0\ta\tb\n",
    );
}

#[test]
fn values_in_flight_are_out_of_reach_of_setlocal() {
    check(
        "local t = { 3, 1, 2 }
         local ok, message = pcall(table.sort, t, function(a, b)
             for level = 1, 6 do
                 for index = 1, 30 do
                     local known, name = pcall(function() return (debug.getlocal(level + 2, index)) end)
                     if not known then break end
                     if name and name:sub(1, 1) == '(' then assert(debug.setlocal(level, index, nil) == nil) end
                 end
             end
             collectgarbage()
             return a < b
         end)
         print(ok, message, table.concat(t, ' '))",
        "true\tnil\t1 2 3\n",
    );
}

#[test]
fn memory_limits_hold_in_library_functions() {
    for source in [
        "string.rep('x', 1 << 30)",
        "string.gsub(('x'):rep(10000), 'x', ('y'):rep(10000))",
        "local t = {} for i = 1, 10000 do t[i] = ('z'):rep(1000) end for i = 1, 5 do t[i] = table.concat(t) end",
        "string.pack('c2000000000', '')",
        "string.format(('%s'):rep(200), table.unpack((function() local t, s = {}, ('f'):rep(1000000) for i = 1, 200 do t[i] = s end return t end)()))",
        "local t = {} while true do table.insert(t, #t) end",
        "local t = {} for i = 1, math.huge do table.insert(t, 1, {}) end",
        "load(function() return ('x = 1 '):rep(100000) end)",
        "table.move({}, 1, 1 << 40, 1, setmetatable({}, { __newindex = function(t, k) rawset(t, k, {}) end }))",
    ] {
        let (mut vm, _) = new_vm(Libs::Sandbox);
        vm.heap.set_limit(Some(8 << 20));
        let message = run_in(&mut vm, source).expect_err(source);
        assert!(message.contains("not enough memory"), "{source}: {message}");
    }
}
