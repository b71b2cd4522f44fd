-- Globals, library functions and methods that hot code relies on are rewritten: between calls, in the midst of a loop, from
-- within what the loop calls, from a metamethod, a coroutine, a comparator.
local function out(...) print(...) end
function double(x) return x * 2 end
Config = { scale = 3 }
local function sum(n, at, how)
  local s = 0
  for i = 1, n do
    s = s + double(i) + math.floor(i / 2)
    if i == at then how() end
    s = s + double(1) + math.max(i, 5)
  end
  return s
end
for i = 1, 60 do sum(30, 0) end
out(sum(100, 0))
local old = double
out(sum(100, 50, function() double = function(x) return x * 3 end end))
out(sum(100, 0))
double = old
out(sum(100, 50, function() local floor = math.floor math.floor = function(x) return floor(x) + 1 end end))
out(sum(100, 0))
out(sum(100, 50, function() rawset(_G, "double", function(x) return -x end) end))
out(sum(100, 50, function() table.sort({ 2, 1 }, function(a, b) double = old return a < b end) end))
local m = setmetatable({}, { __add = function() double = function(x) return x + 0.5 end return 1 end, __index = function() double = old return 1 end })
out(sum(100, 50, function() return m + 1 end))
out(sum(100, 50, function() return m.x end))
out(sum(100, 50, function() coroutine.wrap(function() math.max = function(a, b) return a end coroutine.yield() end)() end))
out(pcall(sum, 100, 50, function() double = nil end))
double = old
out(sum(100, 50, function() _G.double = function(x) return tostring(x) end end))
double = old
-- methods
local Shape = {} Shape.__index = Shape
function Shape.new(w) return setmetatable({ w = w }, Shape) end
function Shape:area() return self.w * self.w end
function Shape:grow() self.w = self.w + 1 end
local function total(list, n, at, how)
  local s = 0
  for i = 1, n do
    local o = list[i % #list + 1]
    s = s + o:area()
    if i == at then how(o) end
    o:grow()
    s = s + o:area()
  end
  return s
end
local function shapes() local l = {} for i = 1, 5 do l[i] = Shape.new(i) end return l end
for i = 1, 60 do total(shapes(), 30, 0) end
out(total(shapes(), 100, 0))
local area = Shape.area
out(total(shapes(), 100, 50, function() function Shape:area() return self.w end end))
out(total(shapes(), 100, 0))
Shape.area = area
out(total(shapes(), 100, 50, function() Shape.__index = { area = function() return 1 end, grow = function() end } end))
Shape.__index = Shape
out(total(shapes(), 100, 50, function(o) setmetatable(o, { __index = { area = function() return 1000 end, grow = function() end } }) end))
out(total(shapes(), 100, 50, function(o) o.area = function() return 7 end end))
out(total(shapes(), 100, 50, function(o) setmetatable(Shape, { __index = function() end }) end))
-- an environment that is written again and again
counter = 0
local function count(n) for i = 1, n do counter = counter + double(1) end return counter end
for i = 1, 40 do count(10) end
out(count(1000))
double = function(x) return x * 10 end
out(count(1000))
-- another environment
local env = setmetatable({}, { __index = _G })
local chunk = load("local function f(n) local s = 0 for i = 1, n do s = s + math.abs(-i) + double(i) if i == n // 2 and hook then hook() end end return s end return f", "env", "t", env)
local f = chunk()
for i = 1, 60 do f(30) end
out(f(100))
env.hook = function() env.math = { abs = function() return 0 end } end
out(f(100))
env.hook = function() env.math = nil end
out(f(100))
env.hook = function() getmetatable(env).__index = { math = math, double = function() return 0 end } end
out(f(100))
out(f(100))
collectgarbage()
out(f(10), sum(10, 0))
