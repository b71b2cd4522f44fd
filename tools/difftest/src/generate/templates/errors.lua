--- errors.operand 30 6
local u, t, k, fn = $x, {f = $x, [1] = $x, g = {h = $x}}, "f", function(...) return ... end
G = $x
try(function(...)
  local l, m <const> = $x, "const"
  $S
  return ‹$A.y¦$A[1]¦$A[k]¦$A.y.z¦$A["a b"]¦$A + 1¦1 - $A¦$A $o 2.5¦$A $o $A¦$A ^ 2¦1 ^ $A¦-$A¦~$A¦#$A¦$A .. "s"¦"s" .. $A¦1 .. $A .. 2¦$A .. $A¦$A $w 1¦3 $w $A¦$A $c 1¦1 $c $A¦$A $c "x"¦$A $c $A¦$A()¦$A(1, 2)¦$A.f()¦$A:method()¦$A:method(1, "x")¦$A.x.y.z›
end, $x)
--- errors.store 10 6
local u, t, k, fn = $x, {f = $x, [1] = $x, g = {h = $x}}, "f", function(...) return ... end
G = $x
try(function(...)
  local l, m <const> = $x, "const"
  ‹$A.y = 1¦$A[1] = 2¦$A[k] = 3¦$A.y.z = 4¦t[$x] = 5¦t[$A] = 6¦t[0/0] = 7¦t[nil] = 8¦t.a, $A.y = 1, 2›
  return "stored"
end, $x)
dump("t", t)
--- errors.for_loop 6 10
try(function() for i = ‹$x, 2¦1, $x¦1, 2, $x¦1, 2, 0¦1.0, 2, 0¦"1", 2¦1, "2"¦1, 2, "1"¦{}, 2¦1, 10, 0.0› do print("round", i) if i > 5 then break end end end)
try(function() for k, v in ‹$x¦pairs($x)¦ipairs($x)¦next, $x¦print, 1¦(function() return nil end)¦setmetatable({}, {__call = function(_, s, c) c = (c or 0) + 1 if c < 4 then return c end end})› do print("round", str(v)) break end end)
--- errors.integer 8 4
local h = ‹1.5¦2^63¦-2^63¦2^53¦1/0¦0/0¦"1.5"¦"0x10"¦"abc"¦" 12 "¦"1e1"¦"9223372036854775808"›
try(function() return h ‹| 1¦& 0xff¦<< 1¦>> 65¦~ 3› end)
try(function() return ~h end)
try(function() return $i ‹// 0¦% 0¦// 0.0¦% 0.0¦// -1¦% -1› end)
try(function() return math.mininteger ‹// -1¦% -1¦// 1¦* -1¦- 1› end)
try(string.rep, "x", h == h and h or 1.5)
try(function() return ("x"):rep(‹1.5¦"2"¦"2.0"¦2.0¦-1¦$x›) end)
try(function() local t = {1, 2, 3} return t[‹1.0¦2.5¦"1"¦2^53›], #t end)
--- errors.values 8 8
local e = ‹nil¦true¦42¦4.5¦{code = $i}¦"text"¦print¦setmetatable({}, {__tostring = function() return "object" end})›
local ok, r = pcall(error, e)
dump("e1", ok, r)
ok, r = pcall(function() error(e, ‹0¦1¦2¦3›) end)
dump("e2", ok, r)
ok, r = pcall(function() local ok, r = pcall(error, e) error(r, 0) end)
dump("e3", ok, r, r == e)
try(error)
try(assert, ‹false¦nil¦1, 2, 3¦false, "message"¦nil, {1}¦false, nil›)
try(assert)
--- errors.levels 6 8
local function thrower(level) $S error("at level " .. level, level) end
local function caller(level) thrower(level) return 1 end
local function outer(level) local v = caller(level) return v end
for level = 0, 4 do print(pcall(outer, level)) end
print(select("#", pcall(error)))
--- errors.xpcall 8 8
local function handler(m) return "handled: " .. str(m) .. (type(m) == "string" and #m > 0 and "!" or "?") end
print(xpcall(function(a, b) $S return a + b end, handler, $v, $n))
print(xpcall(function() local t = $x return t.x.y end, handler))
print(xpcall(error, handler, ‹"e"¦nil¦42›))
print(xpcall(function() return xpcall(error, function(m) return m .. "inner" end, "e") end, handler))
try(xpcall, function() error("first") end, function(m) return (debug and "y" or "n"), 2 end)
print((xpcall(function() error({}) end, function(m) return type(m) end)))
try(xpcall)
--- errors.nested 8 10
local log = {}
local function step(n)
  local ok, e = pcall(function()
    log[#log + 1] = n
    if n <= 0 then ‹error("bottom")¦error({n})¦local x = nil + 1¦return $x› end
    step(n - 1)
    ‹¦error("after " .. n, 0)›
  end)
  log[#log + 1] = str(e)
  ‹¦if not ok then error(e, 0) end›
end
try(step, ‹1¦3¦6›)
print(table.concat(log, ";"))
--- errors.uncaught 4 2
local value = $x
if $b and $b then ‹error("uncaught " .. str(value))¦print(value.field.field)¦error({code = 1})› end
--- errors.arguments 22 6
local f = ‹string.rep¦string.sub¦string.byte¦string.char¦string.format¦string.find¦string.gsub¦string.upper¦string.len¦string.reverse¦table.insert¦table.remove¦table.concat¦table.unpack¦table.sort¦table.move¦math.floor¦math.max¦math.min¦math.abs¦math.fmod¦math.tointeger¦math.ult¦math.sqrt¦tonumber¦tostring¦setmetatable¦rawset¦rawget¦rawlen¦rawequal¦ipairs¦select¦next¦utf8.char¦utf8.codepoint¦utf8.len¦utf8.offset¦coroutine.resume¦coroutine.wrap¦coroutine.create¦coroutine.status¦load¦type›
try(function() local a, b, c = $x, $x, $x return f(‹¦a¦a, b¦a, b, c¦a, nil, c›) end)
--- errors.named_arguments 22 6
local t, s, n = {3, 1, 2}, "hello", $d
try(function()
  return ‹string.rep($x)¦string.rep("x", $x)¦s:rep($x)¦s:sub($x)¦("x"):bad()¦s:byte($x)¦string.char($x)¦string.char(256)¦string.char(-1)¦table.insert(t, $x, 1)¦table.insert(t, 1, 2, 3)¦table.insert($x, 1)¦table.insert(t)¦table.remove(t, 7)¦table.concat(t, $x)¦table.concat({1, {}, 3})¦table.concat({1, 2}, ",", 1, 3)¦table.unpack({}, 1, 1e8)¦table.sort(t, $x)¦table.sort({1, "x", 2})¦math.floor($x)¦math.max()¦math.tointeger($x)¦math.abs($x)¦math.random(0.5)¦math.random(2, 1)¦math.random(1, 2, 3)¦math.fmod(1, 0)¦math.fmod($x, 1)¦tonumber("10", 99)¦tonumber(10, 10)¦tonumber()¦tonumber($x, 10)¦tostring()¦setmetatable(1, {})¦setmetatable({}, 1)¦setmetatable({})¦rawset(t, nil, 1)¦rawlen(5)¦ipairs()¦ipairs(nil)¦pairs(nil)¦pairs()¦next({}, "nokey")¦select(0, 1)¦select(-2, 1)¦select("x")¦utf8.char(-1)¦utf8.codepoint("\xff")¦utf8.codepoint("abc", 4)¦utf8.len("abc", 5)¦utf8.offset("\u{20AC}", 1, 2)¦string.format("%d", 1.5)¦string.format("%d", $x)¦string.format("%y", 1)¦string.format("%", 1)¦string.format("%10.123f", 1)¦string.format("%s")¦string.format("%c", $x)¦string.format("%q", {})¦string.format("%0100d", 1)¦("xyz"):rep(math.maxinteger)¦string.find("a", "[a")¦string.find("a", "%")¦string.gsub("a", "(", "")¦string.gsub("a", "a", "%2")¦string.gsub("a", "a", $x)¦string.gsub("abc", "%w", "%9")¦string.find("a", "%f")¦string.gsub("x", ".", {x = {}})¦("abc"):gsub("b", function() return {} end)¦load($x)¦coroutine.wrap($x)¦coroutine.resume($x)¦coroutine.status()¦coroutine.close(1)¦t.x.y(1)¦n.x¦s.x.y¦s + 1¦s < 1¦-s¦s.len(1)¦#n›
end)
--- errors.method_self 6 6
local obj = {name = "o"}
function obj.plain(x) return x.name end
function obj:method(x) return self.name .. x end
try(function() return obj.method($x) end)
try(function() return obj.plain() end)
try(function() return obj:method() end)
try(function() return obj:missing(1) end)
try(function() return obj.name.missing.deeper end)
try(function() return obj.name:missing() end)
try(function() return ("x"):rep() end)
try(function() local s = "x" return s:format({}), s:rep({}) end)
--- errors.overflow 1 3000
local function deep(n, ...) ‹return 1 + deep(n + 1)¦local x = deep(n, n, ...) return x¦return (deep(n + 1, ...))¦local ok, e = deep(n + 1), 2 return ok› end
print(pcall(deep, 1))
print("alive", (function(n) local s = 0 for i = 1, n do s = s + i end return s end)($p))
--- errors.overflow_meta 1 3000
local t = setmetatable({}, {})
getmetatable(t).‹__index = function(t, k) return t[k] end¦__newindex = function(t, k, v) t[k] = v end¦__add = function(a, b) return a + b end¦__eq = function(a, b) return a == setmetatable({}, getmetatable(a)) end¦__concat = function(a, b) return a .. b end¦__call = function(self, x) return (self(x)) end¦__lt = function(a, b) return a < b end¦__len = function(a) return #a end¦__tostring = function(a) return tostring(a) end›
local u = setmetatable({}, getmetatable(t))
print(pcall(function() t.v = 1 return t.a, t + u, t == u, t .. u, t(1), t < u, #t, tostring(t) end))
