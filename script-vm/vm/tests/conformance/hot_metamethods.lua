-- Metamethods in hot loops: inlined ones, changed ones, errors and yields within them.
local V = {}
V.__index = V
local function new(x, y) return setmetatable({ x = x, y = y }, V) end
V.__add = function(a, b) return new(a.x + b.x, a.y + b.y) end
V.__sub = function(a, b) return new(a.x - b.x, a.y - b.y) end
V.__mul = function(a, s)
  if type(a) == "number" then return new(a * s.x, a * s.y) end
  return new(a.x * s, a.y * s)
end
V.__unm = function(a) return new(-a.x, -a.y) end
V.__eq = function(a, b) return a.x == b.x and a.y == b.y end
V.__lt = function(a, b) return a.x < b.x end
V.__le = function(a, b) return a.x <= b.x end

local function walk(p, v, n)
  local equal, less, less_equal = 0, 0, 0
  for i = 1, n do
    p = p + 0.5 * v - -(v * 0.25)
    if p == v then equal = equal + 1 end
    if p < v then less = less + 1 end
    if v <= p then less_equal = less_equal + 1 end
    if p.x > 20 then p = v + new(0, 0) end
  end
  return p.x, p.y, equal, less, less_equal
end
for i = 1, 40 do walk(new(i, 2), new(0.5, 0.25), 20) end
local first = walk(new(1, 2), new(0.5, 0.25), 100)
print(first, walk(new(1, 2), new(0.5, 0.25), 100))
print(walk(new(1, 2), new(1, 2), 60))

-- The metamethod is another one from now on.
local old = V.__add
V.__add = function(a, b) return new(a.x + b.x + 1, a.y) end
print(walk(new(1, 2), new(0.5, 0.25), 30))
V.__add = old
print(walk(new(1, 2), new(0.5, 0.25), 30))
V.__eq = nil
print(walk(new(1, 2), new(1, 2), 10))
V.__le = function() return nil end
print(walk(new(1, 2), new(0.5, 0.25), 30))

-- Errors within, and operands of other kinds.
local function sum(list, from)
  local s = from
  for i = 1, #list do s = s + list[i] end
  return s.x, s.y
end
local list = {}
for i = 1, 50 do list[i] = new(i, -i) end
for i = 1, 40 do sum(list, new(0, 0)) end
print(sum(list, new(0, 0)))
list[49] = new("a", 1)
print(pcall(sum, list, new(0, 0)))
list[49] = 7
print(pcall(sum, list, new(0, 0)))
list[49] = setmetatable({ x = 1, y = 1 }, { __add = function() return new(1000, 1000) end })
print(sum(list, new(0, 0)))
list[1] = setmetatable({ x = 1, y = 1 }, { __add = function() return new(1000, 1000) end })
print(pcall(sum, list, 5))

-- Numbers on the left, and then numbers with a metatable.
local function scale(v, n) local r = v for i = 1, n do r = 2 * r end return r.x end
for i = 1, 60 do scale(new(1, 1), 3) end
print(scale(new(1.5, 1), 10))
debug.setmetatable(0, { __mul = function(a, b) return new(a, a) end })
print(scale(new(1.5, 1), 10))
debug.setmetatable(0, nil)
print(scale(new(1.5, 1), 10))

-- Yields within.
local Y = {}
Y.__add = function(a, b)
  if b.n == 0 then coroutine.yield(a.n) end
  return setmetatable({ n = a.n + b.n }, Y)
end
Y.__lt = function(a, b)
  if a.n == 40 then coroutine.yield("less") end
  return a.n < b.n
end
local function count(n)
  local one, a, c = setmetatable({ n = 1 }, Y), setmetatable({ n = 0 }, Y), 0
  for i = 1, n do
    if i % 50 == 0 then one = setmetatable({ n = 0 }, Y) else one = setmetatable({ n = 1 }, Y) end
    a = a + one
    if a < one then c = c + 1 end
  end
  return a.n, c
end
for round = 1, 5 do
  local co = coroutine.wrap(count)
  print(co(120), co(), co(), co())
end

-- Who calls: tracebacks from within.
local T = {}
T.__add = function(a, b)
  if b == "trace" then error(debug.traceback("here", 1), 0) end
  return a
end
local t = setmetatable({}, T)
local function add(x) local r = t + x return r end
for i = 1, 200 do add({}) end
print((select(2, pcall(add, "trace")):gsub("%[C%].*", "")))

-- Only the second of two tables has a metamethod for equality.
local asked = 0
local Same = { __eq = function(a, b) asked = asked + 1; return a.id == b.id end }
local function matches(plain, named, n)
  local equal = 0
  for i = 1, n do
    if plain == named then equal = equal + 1 end
    if named ~= plain then equal = equal + 100 end
    plain.id = i % 3
  end
  return equal, plain.id
end
for i = 1, 40 do matches({ id = 1 }, setmetatable({ id = 1 }, Same), 20) end
print(asked, matches({ id = 1 }, setmetatable({ id = 1 }, Same), 50))
print(matches({ id = 1 }, { id = 1 }, 10))
