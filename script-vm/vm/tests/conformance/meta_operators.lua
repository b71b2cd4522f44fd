-- Arithmetic, bitwise, concat, length and comparison events: which operand's handler runs, with what, what comes back.
local function name(v) if type(v) == "table" then return rawget(v, "name") or "table" end return tostring(v) end
local function handler(ev) return function(a, b, ...) return ev .. "(" .. name(a) .. "," .. name(b) .. "," .. select("#", ...) .. ")" end end
local M, N = {}, {}
for _, ev in ipairs { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot", "concat" } do M["__" .. ev] = handler("M." .. ev) N["__" .. ev] = handler("N." .. ev) end
local a, b, c, plain = setmetatable({ name = "a" }, M), setmetatable({ name = "b" }, N), setmetatable({ name = "c" }, {}), { name = "plain" }
print(a + b, b + a, a + 1, 1 + a, a + 1.5, 2.5 + a, a + "x", "x" + a, a + c, c + a, a + plain, plain + a, a + nil, nil + a, a + true)
print(a - b, a - 1, 1 - a) print(a * b, a * 2, 2 * a) print(a / b, a / 2, 2 / a) print(a % b, a % 2, 2 % a) print(a ^ b, a ^ 2, 2 ^ a) print(a // b, a // 2, 2 // a)
print(a & b, a & 1, 1 & a, a | b, a | 1, 1 | a, a ~ b, a ~ 1, 1 ~ a, a << b, a << 1, 1 << a, a >> b, a >> 1, 1 >> a, a & 1.5, "x" | a)
print(-a, ~a, -b, ~b) print(a .. b, b .. a, a .. "s", "s" .. a, a .. 1, 1 .. a, "p" .. "q" .. a, a .. "p" .. "q", a .. nil, c .. a)
print("1" + a, a .. "x" .. "y" .. b, ("x" .. a) .. "y", "x" .. (a .. "y"))
for _, f in ipairs { function() return c + 1 end, function() return 1 + c end, function() return c + c end, function() return -c end, function() return c .. "x" end, function() return "x" .. c end, function() return c & 1 end, function() return ~c end, function() return #c == 0 end, function() return plain < plain end, function() return c < 1 end, function() return c <= "x" end, function() return c() end } do print(pcall(f)) end
-- __len and __eq, __lt, __le.
local L = setmetatable({ 1, 2, 3 }, { __len = function(t) return "len" .. rawlen(t) end }) print(#L, rawlen(L), #L .. "!")
local calls = {}
local function cmp(ev, result) return function(x, y) calls[#calls + 1] = ev .. name(x) .. name(y) return result(x, y) end end
local C = { __eq = cmp("eq", function(x, y) return x.v == y.v end), __lt = cmp("lt", function(x, y) return (type(x) == "table" and x.v or x) < (type(y) == "table" and y.v or y) end), __le = cmp("le", function(x, y) return (type(x) == "table" and x.v or x) <= (type(y) == "table" and y.v or y) end) }
local function num(n) return setmetatable({ v = n, name = "#" .. n }, C) end
local one, two, uno = num(1), num(2), num(1)
print(one == uno, one == two, one ~= uno, one ~= two, one == one, one == 1, 1 == one, one == nil, one == plain, plain == one, one == "x") print(table.concat(calls, " ")) calls = {}
print(one < two, two < one, one > two, one <= uno, one >= two, not (one < two), one < 5, 5 < one, one <= 0.5, 1 >= one, one > 0) print(table.concat(calls, " ")) calls = {}
if one < two then print("lt branch") end if not (two <= one) then print("le branch") end while one == two do print("never") end print(one == uno and "and" or "or") print(table.concat(calls, " ")) calls = {}
print(pcall(function() return one < "x" end)) print(pcall(function() return {} < one end)) print(pcall(function() return one <= {} end))
local R = { __eq = function() return "truthy" end, __lt = function() return nil end, __le = function() return 0 end } local r1, r2 = setmetatable({}, R), setmetatable({}, R) print(r1 == r2, r1 ~= r2, r1 < r2, r1 <= r2, r1 > r2, r1 >= r2)
local E1, E2 = setmetatable({}, { __eq = function() return true end }), setmetatable({}, { __eq = function() return false end }) print(E1 == E2, E2 == E1, E1 == {}, {} == E1, {} == E2, rawequal(E1, E2))
print(pcall(function() return setmetatable({}, { __lt = 5 }) < 1 end)) print(pcall(function() return setmetatable({}, { __add = {} }) + 1 end)) print(pcall(function() return setmetatable({}, { __add = setmetatable({}, { __call = function(self, x, y) return "callable", y end }) }) + 1 end))
-- __le is not derived from __lt.
print(pcall(function() local t = setmetatable({}, { __lt = function() return true end }) return t <= t end))
-- Vectors, rationals, sets: the usual classes.
local V = {} V.__index = V local function vec(x, y) return setmetatable({ x = x, y = y }, V) end
V.__add = function(p, q) return vec(p.x + q.x, p.y + q.y) end V.__sub = function(p, q) return vec(p.x - q.x, p.y - q.y) end V.__mul = function(p, q) if type(p) == "number" then return vec(p * q.x, p * q.y) elseif type(q) == "number" then return vec(p.x * q, p.y * q) end return p.x * q.x + p.y * q.y end
V.__unm = function(p) return vec(-p.x, -p.y) end V.__eq = function(p, q) return p.x == q.x and p.y == q.y end V.__tostring = function(p) return "(" .. p.x .. "," .. p.y .. ")" end V.__len = function(p) return p * p end V.__div = function(p, s) return vec(p.x / s, p.y / s) end V.__idiv = function(p, s) return vec(p.x // s, p.y // s) end V.__mod = function(p, s) return vec(p.x % s, p.y % s) end V.__concat = function(p, q) return tostring(p) .. tostring(q) end V.__call = function(p, k) return p[k] end V.__lt = function(p, q) return #p < #q end V.__le = function(p, q) return #p <= #q end
local p, q = vec(1, 2), vec(3.5, -4) print(tostring(p + q), tostring(p - q), p * q, tostring(p * 2), tostring(2 * p), tostring(-p), #q, tostring(q / 2), tostring(q // 1), tostring(q % 3), p .. q, p .. "x", 1 .. p, p "x", p == vec(1, 2), p == q, p < q, p >= q)
local acc = vec(0, 0) for i = 1, 10 do acc = acc + p * i - vec(i, 0) end print(tostring(acc))
local S = {} S.__index = S local function set(...) local s = setmetatable({}, S) for _, v in ipairs { ... } do s[v] = true end return s end
S.__bor = function(x, y) local s = set() for k in pairs(x) do s[k] = true end for k in pairs(y) do s[k] = true end return s end S.__band = function(x, y) local s = set() for k in pairs(x) do if y[k] then s[k] = true end end return s end S.__bxor = function(x, y) return (x | y) - (x & y) end S.__sub = function(x, y) local s = set() for k in pairs(x) do if not y[k] then s[k] = true end end return s end S.__len = function(x) local n = 0 for _ in pairs(x) do n = n + 1 end return n end S.__le = function(x, y) for k in pairs(x) do if not y[k] then return false end end return true end S.__lt = function(x, y) return x <= y and not (y <= x) end S.__eq = function(x, y) return x <= y and y <= x end S.__tostring = function(x) local l = {} for k in pairs(x) do l[#l + 1] = tostring(k) end table.sort(l) return "{" .. table.concat(l, ",") .. "}" end S.__shl = function(x, v) x[v] = true return x end
local s1, s2 = set(1, 2, 3), set(2, 3, 4) print(tostring(s1 | s2), tostring(s1 & s2), tostring(s1 ~ s2), tostring(s1 - s2), #s1, #(s1 | s2), set(2) <= s1, set(2) < set(2), s1 >= s2, set(1, 2) == set(2, 1), tostring(set() << 5 << 6))
-- Handlers added and removed while code runs the same operation.
local mt, o, out = {}, nil, {} o = setmetatable({}, mt) for i = 1, 6 do if i == 3 then mt.__add = function(_, y) return "h" .. y end elseif i == 5 then mt.__add = nil end local ok, v = pcall(function() return o + i end) out[#out + 1] = ok and v or "error" end print(table.concat(out, " "))
-- Numbers and strings: string arithmetic through the string metatable, numbers' own metatable through debug.
print("10" + 5, pcall(function() return "a" + 1 end)) getmetatable("").__add = nil print(pcall(function() return "10" + 5 end))
debug.setmetatable(0, { __index = { twice = function(n) return n * 2 end }, __call = function(n, x) return n + x end, __len = function(n) return n end, __concat = function(x, y) return "cat" end }) print((21):twice(), (1)(2), #7, 1 .. 2, pcall(function() return 1 .. {} end)) debug.setmetatable(0, nil)
debug.setmetatable(nil, { __index = function(_, k) return "nil." .. k end, __add = function() return "nil+" end, __call = function() return "nil()" end }) print((nil).x, nil + 1, (nil)(), undefinedglobal.field) debug.setmetatable(nil, nil)
debug.setmetatable(print, { __index = { kind = "function" }, __concat = function(f, g) return function(...) return g(f(...)) end end, __eq = function() return true end }) print(print.kind, (math.abs .. tostring)(-5), print == pcall) debug.setmetatable(print, nil) debug.setmetatable(true, { __unm = function(v) return not v end, __bnot = function() return "bnot" end }) print(-true, ~false) debug.setmetatable(true, nil)
-- The metamethods of strings themselves: called by name, replaced, taken away one by one.
do
  local mt = getmetatable("")
  local names = {}
  for name in pairs(mt) do names[#names + 1] = name end
  table.sort(names) print(table.concat(names, " "))
  print(mt.__sub("7", 2), mt.__mul(3, 4), mt.__unm("3", "4"), mt.__mod("7", "4"), mt.__idiv("7", 2.0), mt.__pow("2", "3"), mt.__div("1", "4"))
  print(pcall(mt.__sub, {}, {})) print(pcall(mt.__sub, "x", 1)) print(pcall(mt.__sub)) print(pcall(mt.__idiv, "1", 0)) print(pcall(mt.__mod, 1, "0"))
  print(pcall(function() return "1" // 0 end)) print(pcall(function() return "1" % "0" end)) print(pcall(function() return "a" + {} end)) print(pcall(function() return {} - "a" end)) print(pcall(function() return nil * "2" end)) print(pcall(function() return -"a" end)) print(pcall(function() return -"2", -"0x10", -" 1.5 " end))
  local o = setmetatable({}, { __sub = function(a, b) return type(a) .. " - " .. type(b) end }) print("10" - o, o - "10", "x" - o, pcall(function() return "x" + o end))
  local old = mt.__sub mt.__sub = function(a, b) return a .. " minus " .. b end print("7" - 2, 7 - "2", "a" - "b", pcall(function() return "7" - {} end)) mt.__sub = old print("7" - 2)
  mt.__mul = nil print(pcall(function() return "2" * 3 end)) print(pcall(function() return 3 * "2" end)) print(pcall(function() local s = "2" return s * s end)) print("2" - 3)
end
