//! No instruction leaves anything on the native stack, on whatever path: straight-line code is as long as its source.
//!
//! In debug builds handlers return to a loop anyway; this is about optimized ones: `cargo test --release -p
//! interlune-core --test native_stack`.

use interlune_core::api::Lua;
use interlune_core::stdlib::Libs;

/// Times that a statement is repeated, few enough for the end of a quantum of fuel, which empties the native stack, to be
/// rare.
const REPEATED: usize = 200;

/// What statements work on.
const PRELUDE: &str = r##"
local address = ...
local function count(...) return select("#", ...) end
local function same(...) return ... end
local function one() return 1 end
local function less(a, b) return a < b end
local function tail(x) return same(x) end
local handlers = {
  __index = function(_, key) return key == "method" and one or 1 end, __newindex = function() end, __call = one,
  __add = one, __sub = one, __mul = one, __div = one, __mod = one, __idiv = one, __pow = one, __unm = one,
  __band = one, __bor = one, __bxor = one, __shl = one, __shr = one, __bnot = one, __concat = one, __len = one,
  __eq = one, __lt = one, __le = one, __close = one,
}
local object, other = setmetatable({}, handlers), setmetatable({}, handlers)
local class = {inherited = 1} class.__index = class function class:run() return self end
local derived = setmetatable({own = 1}, class)
local deep = setmetatable({}, {__index = setmetatable({}, {__index = derived}), __newindex = setmetatable({}, {__newindex = {}})})
local weak = setmetatable({}, {__mode = "k"})
local plain, list, floats, filled, sorted, dictionary = {}, {}, {}, {}, {3, 1, 2, name = 1}, {}
local shapes = {}
for i = 1, 300 do
  shapes[i] = {["first" .. i] = 1, a = i} filled[i] = i floats[i] = i + 0.5 dictionary["key" .. i] = i
end
local integer, fraction, whole, number, text, nothing = 7, 2.5, 2.0, "9", "abcdef", nil
local v2, v3 = vec2(1, 2), vec3(1, 2, 3)
local captured, result, before, after, i, shape, key = 0, nil, nil, nil, 0, nil, nil
local again = coroutine.wrap(function() while true do coroutine.yield(1, 2) end end)
local function capturing() captured = captured + 1 return captured end
"##;

/// One statement a line.
const STATEMENTS: &str = r##"
i = i + 1
result = integer + fraction
result = fraction - integer
result = integer * whole
result = integer / 2
result = integer // fraction
result = integer % fraction
result = integer ^ 2
result = fraction // 0.0
result = integer // -1
result = math.mininteger // -1
result = -number
result = number + 1
result = 1 + number
result = number * number
result = number // 2
result = number % 4
result = whole | 1
result = whole << 1
result = integer << 65
result = ~integer
result = ~whole
result = -fraction
result = not integer
result = object + 1
result = 1 - object
result = object * object
result = object / 2
result = object // 2
result = object % 2
result = object ^ 2
result = object | 1
result = object & 1
result = object ~ 1
result = object << 1
result = object >> 1
result = -object
result = ~object
result = #object
result = object .. 1
result = 1 .. object
result = v2 + v2
result = v3 * 2
result = 2 * v3
result = -v2
result = v2 / v2
result = v2.x + v3.z
result = v3.zyx
result = v2:dot(v2)
result = v2 == v2
result = #text
result = #list
result = #derived
result = text .. integer .. text
result = integer .. ""
result = integer < fraction
result = fraction <= integer
result = text < number
result = text <= number
result = object < other
result = object <= other
result = object > other
result = object == other
result = integer == whole
result = text == number
if integer < 8 then result = 1 end
if fraction >= 8 then result = 1 end
if text == "abcdef" then result = 1 end
if object then result = 1 else result = 2 end
result = integer and nothing or text
result = shapes[i].a
result = shapes[i].none
shapes[i].a = fraction
shapes[i].a = integer
shapes[i].new = i
shapes[i].new = nil
shapes[i].a = shapes[i].a + 1
shape = shapes[i] shape["computed" .. i] = i
shape = shapes[i] shape.gone = i shape.gone = nil
result = derived.inherited
result = derived.none
result = derived:run()
result = deep.inherited
result = deep:run()
deep.field = 1
deep[i] = 1
deep[text] = 1
result = object.field
result = object[1]
result = object[i]
result = object[object]
result = object:method()
object.field = 1
object[1] = 1
object[i] = 1
object[object] = 1
result = text.len
result = text:len()
result = text:byte(i)
result = text:sub(2, 3)
result = integer and ("x"):rep(3)
GLOBAL = i
result = GLOBAL
result = MISSING
_ENV["global" .. i] = i
result = _ENV["global" .. i]
plain = {}
plain = {i}
plain = {i, i, i, i, i, i, i, i}
plain = {a = i, b = i, c = i}
plain = {one(), one()}
plain = {...}
plain = {} plain.a = 1 plain.b = 2 plain.c = 3
plain = {} plain[1] = 1 plain[2] = 2.5 plain[3] = "three"
plain[1] = nil
list[#list + 1] = i
list[#list] = nil
list[i] = i
list[i] = fraction
list[-i] = i
list[i * 1000] = i
result = list[i * 1000]
list[i * 1000] = nil
list[fraction] = i
result = list[fraction]
list[object] = i
result = list[object]
list[true] = i
filled[i] = nil
filled[5] = i
filled[i] = text
floats[i] = i
floats[i] = object
floats[500] = i
result = floats[500]
result = floats[0]
dictionary["key" .. i] = i
result = dictionary["key" .. i]
dictionary["key" .. i] = nil
weak.a = i
result = weak.a
weak[shapes[i]] = i
result = weak[shapes[i]]
weak[1] = i
result = weak[1]
rawset(plain, "k", i)
result = rawget(plain, "k")
result = one()
result = one(1, 2, 3)
result = same(integer)
result = same(same(1, 2))
result = count(...)
result = count(same(1, 2, 3))
result = tail(5)
result = object(1)
result = capturing()
result = (...)
local a, b, c = ...
local a, b, c = same(1, 2)
local a <close> = object
local a <close> = nil
local function f() return i end
local function f(...) return captured, ... end
captured = captured + 1
pcall(one)
pcall(error, "x")
pcall(error)
xpcall(error, one, "x")
pcall(pcall, pcall, one)
again()
coroutine.wrap(one)()
coroutine.resume(coroutine.create(error))
for _ = 1, 2 do end
for _ = 1, 0 do end
for _ = 2, 1, -1 do end
for _ = 1, 2.5 do end
for _ = 1.5, 2 do end
for _ = 2.5, 1, -0.5 do end
for _ in pairs(sorted) do end
for _, e in ipairs(sorted) do end
for k, e in next, sorted do end
for _ in pairs(dictionary) do break end
for e in text:gmatch("%a") do end
for _ in same, nil do break end
while integer > 100 do end
repeat until true
do goto on end ::on::
setmetatable({}, handlers)
result = getmetatable(derived)
result = math.floor(fraction)
result = math.max(1, 2, 3)
result = tostring(i)
result = tonumber(number)
result = type(i)
result = select("#", 1, 2)
result = select(2, 1, 2)
result = string.format("%d", i)
result = text:gsub("%a", one)
result = text:find("c")
table.insert(list, i)
table.remove(list)
table.sort(sorted, less)
result = table.concat(sorted, ",")
result = table.unpack(sorted)
result = next(sorted)
result = assert(i)
"##;

#[test]
fn no_statement_leaves_anything_on_the_native_stack() {
    let mut leaks = String::new();
    for statement in STATEMENTS.lines().filter(|line| !line.is_empty()) {
        let statement = format!("i = i + 1 do {statement} end\n");
        let repeated = statement.replace("::on::", "").replace("goto on", "").repeat(REPEATED);
        let jumps = statement.contains("goto").then(|| {
            (0..REPEATED).map(|at| statement.replace("on", &format!("on{at}"))).collect::<String>()
        });
        let repeated = jumps.unwrap_or(repeated);
        // The address once more: what is measured is that of a call that has been seen before.
        let source = format!(
            "{PRELUDE}\nlocal most = 0\nfor round = 1, 4 do\ni = 0 before = address()\n{repeated}\nafter = address()\n\
             if before - after > most then most = before - after end\nend\nreturn most"
        );
        let lua = Lua::with_libs(Libs::Full);
        let address = lua.create_function(|_, ()| Ok(stack_address())).expect("a function");
        let most: i64 = match lua.load(source).set_name("=statement").call(address) {
            Ok(most) => most,
            Err(error) => panic!("{statement}: {error}"),
        };
        if most > 0 {
            leaks.push_str(&format!("{most} bytes after {REPEATED} times: {statement}"));
        }
    }
    assert!(leaks.is_empty(), "\n{leaks}");
}

/// About where the native stack ends.
#[inline(never)]
fn stack_address() -> i64 {
    let local = 0u8;
    std::hint::black_box(&raw const local).addr() as i64
}
