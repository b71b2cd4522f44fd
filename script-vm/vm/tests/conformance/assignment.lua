-- Assignment: multiple targets, evaluation of all right sides before any store, swaps, globals, fields, upvalues.
local log = {}
local function note(...) log[#log + 1] = table.concat({ ... }, "") end
local function flush() print(table.concat(log, " ")) log = {} end
local a, b, c = 1, 2, 3
a, b, c = c, a, b print(a, b, c)
a, b = b, a print(a, b)
a, b, c = 10 print(a, b, c)
a, b, c = (function() return 1, 2, 3 end)() print(a, b, c)
a, b, c = (function() return 1, 2, 3 end)(), 20 print(a, b, c)
a, b, c = 0, (function() return 1, 2, 3 end)() print(a, b, c)
a, b = ((function() return 1, 2 end)()) print(a, b)
a, b = 1, 2, note("extra") flush()
local i, t = 1, {}
i, t[i] = i + 1, 20 print(i, t[1], t[2])
i = 1
t = { 1, 2, 3 }
t[i], i, t[i + 1] = "x", 3, "y" print(i, t[1], t[2], t[3])
local u = { 1, 2 }
u[1], u[2] = u[2], u[1] print(u[1], u[2])
local v = { n = 1 }
v, v.n, v.m = nil, 5, 6 print(v)
do local o = { x = 1 } local p = o o.y, o = 2, nil print(p.x, p.y, o) end
do local k = "a" local o = {} k, o[k] = "b", 1 print(k, o.a, o.b) end
-- Calls in targets run before the right sides.
local proxy = setmetatable({}, { __newindex = function(_, k, val) note("set", k, "=", tostring(val)) end })
local function target(name) note("target", name) return proxy end
local function key(name) note("key", name) return name end
local function value(n) note("value", n) return n end
target("A")[key "x"] = value(1) flush()
target("A").x = value(1) flush()
target("A")[key "x"], target("B")[key "y"] = value(1), value(2)
table.sort(log) flush()
-- Locals: the old name is visible on the right side.
local x = 1
do local x = x + 1 print(x) local x, y = x * 10, x print(x, y) end
print(x)
local function f(n) if n == 0 then return "end" end return f(n - 1) end print(f(3))
local g = function() return g end print(g())
-- Globals.
G1, G2 = 1 print(G1, G2) G2, G1 = G1, "swap" print(G1, G2, _G.G1, rawget(_G, "G2"))
_G["G3"] = "three" print(G3) G1, G2, G3 = nil print(G1, G2, G3)
-- Upvalues and fields in one statement.
local up = 1
local function set() up, t.field, G1 = up + 1, up, up * 10 return up end
print(set(), t.field, G1, set(), t.field, G1)
-- Nil and functions with dotted names.
local ns = { inner = {} }
function ns.f(n) return "f" .. n end
function ns.inner.g(n) return "g" .. n end
function ns.inner:h(n) return self == ns.inner, n end
print(ns.f(1), ns.inner.g(2), ns.inner:h(3))
t = { f = function(self, ...) return select("#", ...), ... end }
print(t:f(), t:f(nil), t:f(1, nil), (t:f(1, 2)))
-- Constructors: positional values after named ones, overwriting, trailing calls, nils.
local function many() return 1, 2, 3 end
local cons = { many(), many(), [2] = "lost", n = many(), many() }
print(#cons, cons[1], cons[2], cons[3], cons[4], cons[5], cons.n)
cons = { [1] = "a", "b", [2] = "c" } print(cons[1], cons[2])
cons = { (many()) } print(#cons)
cons = { n = 1, n = 2 } print(cons.n)
cons = { nil, nil, 3 } print(cons[3], #cons == 3 or #cons == 0)
print(pcall(function() return { [nil] = 1 } end)) print(pcall(function() local z = 0 return { [z / z] = 1 } end))
print(pcall(function() t[nil] = 1 end)) print(pcall(function() t[0 / 0] = 1 end)) print(t[nil], t[0 / 0])
local deep = { { { { "deep" } } } } print(deep[1][1][1][1])
local big = {} for n = 1, 120 do big[n] = n end
local all = { table.unpack(big) } print(#all, all[120])
local list = { 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,
  41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60, table.unpack(big, 1, 50) } print(#list, list[50], list[51], list[60], list[61], list[110])
