-- Calls of several results between hot functions.
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) print(pcall(f, ...)) end
local function warm(f, ...) for _ = 1, 150 do one(f, ...) end return f end

local function minmax(t) local a, b = t[1], t[1] for i = 2, #t do local v = t[i] if v < a then a = v end if v > b then b = v end end return a, b end
local function divmod(a, b) if b == 0 then return end if b < 0 then return nil, "negative" end return a // b, a % b, a end
local function tail(a, b) if a > 1000 then return a, "large" end return divmod(a, b) end
local function deep(a, b) return tail(a, b) end
local function use(t, k) local a, b = minmax(t) local q, r, c = divmod(k, b) local x, y, z, w = deep(k, a) return tostring(a) .. tostring(b) .. tostring(q) .. tostring(r) .. tostring(c) .. " " .. tostring(x) .. tostring(y) .. tostring(z) .. tostring(w) end
warm(use, {3, 1, 2}, 17)
for _, t in ipairs {{3, 1, 2}, {0, 0}, {-1, -2}, {2.5, 1.5}, {5}, {0, 7}, {-3, 4}} do print(one(use, t, 17), one(use, t, 5000)) end
try(use, {"a", "b"}, 3) try(use, {1, "b"}, 3) try(use, {}, 3) try(use, {1, 2}, nil)
-- All results, and more or fewer than there are.
local function pass(...) return select("#", ...), ... end
local function all(a, b) return pass(divmod(a, b)) end local function wrapped(a, b) return {deep(a, b)} end local function first(a, b) return (divmod(a, b)) end
for i = 1, 150 do all(i, 3) wrapped(i, 3) first(i, 3) end
for _, p in ipairs {{7, 2}, {7, 0}, {7, -1}, {7000, 3}} do print(all(p[1], p[2])) print(#wrapped(p[1], p[2]), first(p[1], p[2])) print(pcall(divmod, p[1], p[2])) print(pcall(deep, p[1], p[2])) end
local function five() return 1, 2, 3, 4, 5 end local function take() local a, b, c, d, e, f = five() return a + b + c + d + e, f end warm(take) print(take())
local function none() end local function nothing() local a, b = none() return a, b, select("#", none()) end warm(nothing) print(nothing())
-- What is called leaves, in the midst or at its end.
local function fields(o) return o.x, o.y, o.z end
local function read(o) local x, y, z = fields(o) return (x or 0) + (y or 0) * 10 + (z or 0) * 100 end
warm(read, {x = 1, y = 2, z = 3})
print(one(read, {x = 1, y = 2, z = 3}), one(read, {y = 2, x = 1}), one(read, {}), one(read, setmetatable({}, {__index = function(_, k) return #k end})), one(read, {x = 0.5, y = 1, z = 2})) try(read, {x = {}}) try(read, nil)
local co = coroutine.wrap(function() local o = setmetatable({y = 5}, {__index = function(_, k) coroutine.yield(k) return 7 end}) return read(o) end) print(co(), co(), co())
-- Recursion, each to each other.
local function fibs(n) if n < 2 then return n, 0 end local a, b = fibs(n - 1) return a + b, a end
warm(fibs, 10) print(fibs(30)) print(pcall(fibs, 20)) print(one(fibs, 15))
local even, odd function even(n, k) if n == 0 then return "even", k end local what, count = odd(n - 1, k + 1) return what, count end function odd(n, k) if n == 0 then return "odd", k end local what, count = even(n - 1, k + 1) return what, count end
warm(even, 12, 0) print(even(21, 0)) print(odd(8, 1)) print(select("#", even(4, 0)))
print(select(2, pcall(function() local function down(n) local a, b = down(n + 1) return a, b end return down(1) end)) ~= nil)
-- Methods and iterators.
local P = {} P.__index = P function P:split() return self.a, self.b end function P:swap() self.a, self.b = self:split() self.b, self.a = self:split() return self end
local p = setmetatable({a = 1, b = 2}, P) for _ = 1, 200 do p:swap() end print(p:split()) p.a = "x" print(p:swap():split())
local function range(n) local i = 0 return function() i = i + 1 if i <= n then return i, i * i, i % 3 end end end
local function loop(n) local s = 0 for i, sq, m in range(n) do s = s * 2 % 10007 + sq - i + m end return s end warm(loop, 20) print(one(loop, 30), one(loop, 0))
local function each(t) return function(t, i) i = i + 1 local v = t[i] if v ~= nil then return i, v end end, t, 0 end
local function gather(t) local s = "" for i, v in each(t) do s = s .. i .. tostring(v) end return s end warm(gather, {1, 2, 3}) print(one(gather, {1, 2.5, "x", true}), one(gather, {}))
-- From metamethods, sort and gsub.
local V = {__add = function(a, b) local s, d = a.v + b.v, a.v - b.v return s, d end} local function add(a, b) local s, d = a + b return s, d end
warm(add, setmetatable({v = 1}, V), setmetatable({v = 2}, V)) print(add(setmetatable({v = 5}, V), setmetatable({v = 2}, V)))
local function halves(s) return s .. "1", s .. "2" end local function sub(s) return (s:gsub("%a", halves)) end warm(sub, "ab") print(sub("xyz"))
-- Stored in tables, collected in between.
local function pair(i) return {i}, {i, i} end local function hold(n) local s = 0 for i = 1, n do local a, b = pair(i) if i % 10 == 0 then collectgarbage("step") end s = s + #a + #b + a[1] - b[2] end return s end warm(hold, 5) print(one(hold, 60))
