-- Tables that nobody sees but where code is left: their contents, who has them, in which order.

local V = {}
V.__index = V
V.__eq = function(a, b) return a.x == b.x end
local function new(x, y) return setmetatable({x = x, y = y}, V) end
function V:add(b) return new(self.x + b.x, self.y + b.y) end
function V:scale(s) return new(self.x * s, self.y * s) end
function V:dot(b) return self.x * b.x + self.y * b.y end
function V:bump(d) self.x = self.x + d return self end

local function show(t)
  if type(t) ~= "table" then return tostring(t) end
  local out = {}
  for k, v in pairs(t) do
    out[#out + 1] = tostring(k) .. "=" .. (type(v) == "table" and "{" .. show(v) .. "}" or tostring(v))
  end
  table.sort(out)
  return table.concat(out, " ") .. (getmetatable(t) == V and " V" or "")
end

local function keys(t)
  local out = {}
  for k in pairs(t) do out[#out + 1] = k end
  return table.concat(out, " ")
end

-- Calls that want one result enter code without a frame.
local function one(f, ...) local r = f(...) return r end

local function hot(name, f, ...)
  for i = 1, 80 do f(i, 1.5) end
  for i = 1, 3 do print(name, pcall(one, f, ...)) print(name, pcall(f, ...)) end
end

-- Temporaries of methods, errors in their midst.
hot("temporaries", function(a, b)
  local v = new(a, b)
  local w = v:add(new(b, a)):scale(2):bump(1)
  return w:dot(v)
end, 3, "x")
hot("temporaries", function(a, b)
  local v = new(a, b)
  local w = v:add(new(b, a)):scale(2):bump(1)
  return w:dot(v)
end, 3, {})

-- Two registers and two frames have the same table.
local seen
local function look(v, w, x)
  local y = x + 1
  return v == w and rawequal(v, w) and y
end
hot("identity", function(a, b)
  local v = {x = a, y = b}
  local w = v
  w.x = w.x + 1
  local r = look(v, w, b)
  return r, v.x, rawequal(v, w)
end, 5, "y")
hot("identity", function(a, b)
  local v = {x = a}
  local w, u = v, {x = a}
  local s = v.x + b
  if a == "last" then seen = {v, w, u} end
  return s, v == u, v == w, rawequal(w, u)
end, 5, 2)
print(pcall(function() return 1 end))
local function keep(a, b)
  local v = {x = a, y = b}
  local w = {v = v, z = v}
  w.w = w
  v.x = v.x + 1
  local s = w.v.x + b
  if a > 1000 then seen = w end
  return s
end
for i = 1, 100 do keep(i, 1) end
print(keep(2000, 1), seen.v == seen.z, seen.w == seen, show(seen.v))
print(keep(3000.5, 2), seen.v == seen.z, seen.w == seen, show(seen.v))
print(pcall(keep, 3000, "z"))

-- Order of pairs, and fields that are added later.
local function order(a, c)
  local t = {z = a, y = a}
  t.b = a + 1
  t.a = a + 2
  t.z = t.z + 1
  local r = t.a + t.b
  if c then return t end
  return r
end
for i = 1, 100 do order(i) end
print(show(order(1, true)), show(one(order, 2.5, true)))
print(pcall(order, "q", true))
print(show(one(order, 7, 1)))
local function like(a) local t = {z = a, y = a} t.b = a t.a = a return t end
print(keys(order(1, true)) == keys(like(1)), keys(one(order, 2, true)) == keys(like(2)))

-- Objects that loops replace.
local function walk(n, v, s)
  local p = new(0.0, 0.0)
  local acc = 0.0
  for i = 1, n do
    local d = v:scale(s)
    p = p:add(d)
    acc = acc + p:dot(d)
    if i == n - 1 and acc < 0 then p = p:bump("no number") end
  end
  return acc, show(p)
end
for i = 1, 20 do walk(20, new(1.5, 2.5), 0.5) end
print(walk(30, new(1.5, -2.5), 0.5))
print(walk(7, new(1, 2), 3))
print(pcall(walk, 30, new(1.5, 2.5), "s"))
print(pcall(walk, 30, {x = 1}, 2))

local function swap(n)
  local a, b = {v = 1}, {v = 2}
  for i = 1, n do
    a, b = b, a
    a.v = a.v + i
    if i % 7 == 0 then b = {v = a.v} end
  end
  return a.v, b.v, a == b
end
for i = 1, 30 do swap(i) end
print(swap(100))

local function same(n)
  local a = {v = 1}
  local b = a
  local s = 0
  for i = 1, n do
    b.v = b.v + 1
    s = s + a.v
    if i % 5 == 0 then b = {v = 0} end
    if i % 10 == 0 then a = b end
  end
  return s, a == b
end
for i = 1, 30 do same(i) end
print(same(100))

local function list(n)
  local l
  local s = 0
  for i = 1, n do
    l = {value = i, next = l}
    s = s + l.value
  end
  while l do s = s * 2 % 1000003 + l.value l = l.next end
  return s
end
for i = 1, 30 do list(i) end
print(list(100))

-- On one way somebody sees it.
local kept = {}
local function escape(i)
  local v = new(i, i)
  local w = v:add(v)
  if i % 10 == 0 then kept[#kept + 1] = w w.x = -w.x end
  return w.x + v.y
end
for i = 1, 200 do escape(i) end
print(#kept, show(kept[1]), show(kept[20]), escape(10), show(kept[21]))

-- Ways that meet.
local function meet(a, b)
  local t
  if a > b then t = {k = a, l = b} else t = {k = b, l = a} end
  t.k = t.k - 1
  local n = t.k - t.l
  if b == 77 then return t, n end
  return n
end
for i = 1, 200 do meet(i % 3, i % 5) end
local t, n = meet(100, 77)
print(show(t), n, meet(1, 100.5), pcall(meet, 1, "2"))

-- Metatables that ask for more.
local finalized = 0
local G = {__gc = function(o) finalized = finalized + (o.n or 0) end}
local function gc(n, mt) local o = setmetatable({n = n}, mt) return o.n end
for i = 1, 100 do gc(1, V) end
for i = 1, 10 do gc(1, G) end
collectgarbage() collectgarbage()
print(finalized)
local W = {__mode = "v"}
local function weak(mt) local o = setmetatable({n = 1}, mt) o.t = {} return o end
for i = 1, 100 do weak(V) end
local o = weak(W) collectgarbage() print(o.t, o.n)
local N = {__newindex = function(t, k, v) rawset(t, k .. "!", v) end}
local function fill(mt, x) local o = setmetatable({}, mt) o.a = x o.b = x return o end
for i = 1, 100 do fill(V, i) end
print(show(fill(N, 1)), show(fill(V, 2)))
V.__newindex = function(t, k, v) rawset(t, k, {v}) end
print(show(fill(V, 3)))
V.__newindex = nil
print(show(fill(V, 4)))
local function own(i) local o = setmetatable({i = i}, {__index = {j = i * 2}}) return o.i + o.j end
local s = 0 for i = 1, 300 do s = s + own(i) end print(s)
local function index(i, mt) local o = setmetatable({i = i}, mt) return o.i, o.nothing end
for i = 1, 100 do index(i, V) end
print(index(1, {__index = function(t, k) return k .. t.i end}))
print(index(2, setmetatable({}, {__index = V})))
V.nothing = "something" print(index(3, V)) V.nothing = nil
print(pcall(setmetatable, 1, V))
local function twice(i) local o = setmetatable({i = i}, V) setmetatable(o, i > 90 and G or V) return o.i, getmetatable(o) == G end
for i = 1, 100 do twice(i) end
print(twice(1)) print(twice(95))
local P = {__metatable = "protected"}
local function protected(i, mt) local o = setmetatable({i = i}, mt) setmetatable(o, V) return o.i end
for i = 1, 100 do protected(i, V) end
print(pcall(protected, 1, P)) print(protected(2, V))

-- Coroutines and debuggers see what code has not made.
local function co(v) local a = {x = v} local b = {a = a} for i = 1, 5 do a.x = a.x + i if v > 50 then coroutine.yield(a, b.a == a) end end return a.x end
for i = 1, 50 do co(i) end
local c = coroutine.wrap(co)
for i = 1, 5 do local a, same = c(60) print(show(a), same) end
local function peek() local n, v = debug.getlocal(2, 3) return n, type(v) == "table" and v.x, v end
local function seen_by_debugger(i, f) local a = {x = i} local s = a.x + 1 a.x = s if i > 90 then local n, x, v = f() v.x = v.x * 2 return n, x, a.x, v == a end return s end
for i = 1, 90 do seen_by_debugger(i, peek) end
print(seen_by_debugger(100, peek))
print(seen_by_debugger(100.5, peek))
-- A finalizer that looks at the frames in the midst of a loop.
local watched
local function watch() setmetatable({}, {__gc = function() for level = 1, 6 do local info = debug.getinfo(level, "n") if not info then break end for i = 1, 10 do local n, v = debug.getlocal(level, i) if n == "watch_me" then watched = v.x ~= nil end end end end}) end
local function loop(n) local watch_me = {x = 0, y = 0} for i = 1, n do watch_me.x = watch_me.x + i watch_me.y = watch_me.x - 1 end return watch_me.x, watch_me.y end
for i = 1, 30 do loop(10) end
watch() print(loop(20000)) collectgarbage() print(loop(10))
