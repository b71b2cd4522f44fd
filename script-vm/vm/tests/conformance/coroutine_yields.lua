-- Yields across pcall, xpcall, every metamethod, iterators, error handlers and closers; where they are refused.
local co, y = coroutine, coroutine.yield
-- Runs f in a coroutine; every yield gets its value doubled or appended to back.
local function run(name, f, ...)
  local c, out, args = co.create(f), {}, table.pack(...)
  local limit = 0
  repeat
    local r = table.pack(co.resume(c, table.unpack(args, 1, args.n)))
    for i = 1, r.n do out[#out + 1] = tostring(r[i]) end
    out[#out + 1] = "|"
    args = table.pack(type(r[2]) == "number" and r[2] * 2 or r[2])
    limit = limit + 1
  until co.status(c) == "dead" or limit > 30
  print(name, table.concat(out, " "))
end
run("pcall", function() return pcall(function(a) local v = y(a) return v, y(v) end, 1) end)
run("pcall error", function() local ok, e = pcall(function() y(1) error("after yield", 0) end) return ok, e, y("still") end)
run("pcall nested", function() return pcall(pcall, pcall, function() y(1) error("deep", 0) end) end)
run("pcall loop", function() local n = 0 for i = 1, 4 do local ok = pcall(function() y(i) if i % 2 == 0 then error("even") end end) n = n + (ok and 1 or 10) end return n end)
run("xpcall", function() return xpcall(function(a) return y(a) end, print, 5) end)
run("xpcall error", function() return xpcall(function() y(1) error("E", 0) end, function(m) return "handled " .. m end) end)
run("pcall yield direct", function() return pcall(y, 7) end) run("pcall in pcall", function() local a = { pcall(function() local ok, e = pcall(function() y(1) error("x", 0) end) y(e) error("y", 0) end) } return table.unpack(a) end)
run("error value", function() local ok, e = pcall(function() error({ y(1) }) end) return ok, e[1] end)
-- Metamethods.
local M = {} local function obj() return setmetatable({ v = 3 }, M) end
for _, ev in ipairs { "add", "sub", "mul", "div", "mod", "pow", "unm", "idiv", "band", "bor", "bxor", "shl", "shr", "bnot", "len" } do M["__" .. ev] = function(a, b) return ev .. tostring(y(#ev)) end end
M.__concat = function(a, b) return "(" .. tostring(type(a) == "table" and "o" or a) .. "." .. tostring(type(b) == "table" and "o" or b) .. tostring(y(5)) .. ")" end
M.__eq = function() return y(1) == 2 end M.__lt = function() return y(2) == 4 end M.__le = function() return y(3) ~= 6 end M.__index = function(_, k) return y(k) end M.__newindex = function(t, k, v) rawset(t, k, y(v)) end M.__call = function(self, ...) return y(...), "called" end M.__close = function() y("closing") end
run("add", function() local o = obj() return o + 1, 1 + o, o + o end) run("sub", function() return obj() - 1, 2 - obj() end) run("arith", function() local o = obj() return o * 1, o / 1, o % 1, o ^ 1, o // 1, -o end) run("bits", function() local o = obj() return o & 1, o | 1, o ~ 1, o << 1, o >> 1, ~o, 1 << o end) run("len", function() return #obj() end)
run("concat", function() local o = obj() return "a" .. "b" .. o .. "c" .. "d" end) run("concat2", function() local o = obj() return o .. o .. o end) run("concat3", function() return 1 .. obj() .. 2 end)
run("eq", function() return obj() == obj(), obj() ~= obj() end) run("lt", function() return obj() < obj(), obj() > obj(), 1 < obj(), obj() < 1 end) run("le", function() return obj() <= obj(), obj() >= obj(), 1 <= obj() end)
run("if", function() local o, p, out = obj(), obj(), {} if o == p then out[1] = "eq" end if o ~= p then out[2] = "ne" else out[2] = "not ne" end if o < p then out[3] = "lt" end if not (o < p) then out[4] = "never" else out[4] = "else" end if o <= p then out[5] = "never" else out[5] = "nle" end return table.concat(out, ",") end)
run("while", function() local o, n = obj(), 0 while o < o and n < 3 do n = n + 1 end return n end) run("and or", function() local o = obj() return o == obj() and "yes" or "no", not (o < o) end)
run("index", function() local o = obj() return o.x, o[10], o.a .. o.b end) run("newindex", function() local o = obj() o.z = 21 o[1], o[2] = 7, 8 return rawget(o, "z"), rawget(o, 1), rawget(o, 2) end) run("call", function() local o = obj() return o(4), (o(5)), o(6) end) run("self", function() return obj():method(1) end)
run("chain", function() local o = setmetatable({}, { __index = setmetatable({}, { __index = function(_, k) return y(k) end }) }) return o.deep end) run("global", load("return x + y2, undefined", "=g", "t", setmetatable({}, { __index = function(_, k) return type(k) == "string" and y(11) end })))
-- Iterators and closing values.
run("iterator", function() local s = 0 for i in function(_, k) k = (k or 0) + 1 local v = y(k) if k < 4 then return k end end do s = s + i end return s end)
run("pairs", function() local s = "" for k, v in pairs(setmetatable({}, { __pairs = function(t) y("in __pairs") return next, { a = 1 } end })) do s = s .. k .. v .. tostring(y("body")) end return s end)
run("callable iterator", function() local s = 0 for i in setmetatable({ n = 0 }, { __call = function(t) t.n = t.n + 1 y(t.n) return t.n < 3 and t.n or nil end }) do s = s + i end return s end)
run("close", function() do local o <close> = obj() y("body") end return "after" end) run("close return", function() local o <close> = obj() return "value", y(1) end) run("close break", function() for i = 1, 3 do local o <close> = obj() if i == 2 then break end end return "out" end)
run("close error", function() return pcall(function() local o <close> = obj() local p <close> = setmetatable({}, { __close = function(_, e) y("p " .. tostring(e)) error("from p", 0) end }) error("first", 0) end) end)
run("close for", function() for i in function(_, k) if not k then return 1 end end, nil, nil, obj() do y("for body") end return "end" end) run("close goto", function() local n = 0 ::top:: do local o <close> = obj() n = n + 1 if n < 3 then goto top end end return n end)
run("close tail", function() local function f() local o <close> = obj() return y("a"), y("b") end return f() end)
-- Refused: across sort, gsub, callbacks of natives and tostring.
run("sort", function() return pcall(table.sort, { 3, 1, 2 }, function(a, b) y() return a < b end) end) run("gsub", function() return pcall(string.gsub, "abc", "%w", function(c) y(c) end) end) run("tostring", function() return pcall(tostring, setmetatable({}, { __tostring = function() y() end })) end) run("load", function() return load(function() y() end) end)
run("sort lt", function() return pcall(table.sort, { obj(), obj(), obj() }) end) run("concat lib", function() return pcall(table.concat, setmetatable({}, { __len = function() return y(1) end })) end) run("isyieldable", function() local t = {} table.sort({ 1, 2 }, function(a, b) t[1] = co.isyieldable() return a < b end) return t[1], co.isyieldable() end) run("handler", function() return xpcall(error, function(m) return pcall(y, 1) end, "x") end)
print(pcall(y)) print(co.isyieldable(), pcall(function() return y(1) end))
-- A yield inside another coroutine inside a pcall inside a metamethod inside a for.
run("nested", function() local out = {} for i, v in co.wrap(function() for k = 1, 2 do y(k, pcall(co.wrap(function() return obj_missing and 1 or y(k * 10) end))) end end) do out[#out + 1] = tostring(i) .. tostring(v) .. tostring(y(i)) end return table.concat(out, " ") end)
run("deep", function() local function d(n) if n == 0 then return y(0) end local ok, v = pcall(d, n - 1) return v + n end return d(50) end)
-- dofile-like: load with yields in the loaded chunk; string.format and others called after a yield see the right arguments.
run("loaded", function(...) return load("local a = ... return coroutine.yield(a), a")(9) end) run("args", function() return string.format("%s-%s-%s", y(1), y("m"), y(3)), math.max(y(4), y(5), y(6)), ("x"):rep(y(2)), select(y(1), "a", "b", "c") end)
-- Message handlers may not yield, wherever they stand; what they do afterwards may.
do
  local isyieldable = coroutine.isyieldable
  local function show(...) print(select("#", ...), ...) end
  local function go(f) local thread = coroutine.create(f) repeat show(coroutine.resume(thread)) until coroutine.status(thread) == "dead" end
  go(function() return xpcall(error, function() return isyieldable() end, "x") end)
  go(function() local r = xpcall(error, function(m) return m end, "x") coroutine.yield(r, isyieldable()) return "end" end)
  go(function() return xpcall(error, function(m) pcall(error, m) return tostring(isyieldable()) .. tostring(select(2, pcall(coroutine.yield, 1))) end, "x") end)
  go(function() return xpcall(function() xpcall(error, function() error("again", 0) end, "x") coroutine.yield("between") error("last", 0) end, function(m) return m .. tostring(isyieldable()) end) end)
  go(function() return xpcall(error, function(m) local inner = coroutine.wrap(function() coroutine.yield(isyieldable()) return "inner" end) return tostring(inner()) .. inner() end, "x") end)
  go(function() xpcall(function() local c <close> = setmetatable({}, { __close = function() coroutine.yield("closing", isyieldable()) end }) error("x", 0) end, function(m) return m end) return isyieldable() end)
  show(pcall(isyieldable, nil)) show(pcall(isyieldable, 1)) show(isyieldable(coroutine.create(print))) show(select("#", (("a"):gmatch("a"))))
  local iterator = ("ab"):gmatch(".") show(iterator()) show(iterator()) show(iterator()) show(iterator())
end
