-- Hot calls of methods of receivers of several classes and shapes, which change while the calls are hot.
local Base = {}
Base.__index = Base
function Base:move(dx, dy) self.x = self.x + dx; self.y = self.y + dy end
function Base:area() return 0 end
function Base:name() return "base" end
local function class(base)
  local c = setmetatable({}, { __index = base })
  c.__index = c
  return c
end
local Circle, Rect, Tri = class(Base), class(Base), class(Base)
function Circle:area() return 3 * self.r * self.r end
function Rect:area() return self.w * self.h end
function Tri:area() return 0.5 * self.b * self.h end
function Tri:move(dx, dy) self.x = self.x + dx * 0.5; self.y = self.y - dy end
local Square = class(Rect)
function Square:area() return Rect.area(self) + self.extra end

local make = {
  function(i) return setmetatable({ x = i, y = 0, r = 2 }, Circle) end,
  function(i) return setmetatable({ x = i, y = 0, w = 2, h = i }, Rect) end,
  function(i) return setmetatable({ x = i, y = 0, w = 1.5, h = 2, extra = 1 }, Square) end,
  function(i) return setmetatable({ x = 0.5, y = 0, b = i, h = 2 }, Tri) end,
}
local function objects(n)
  local list = {}
  for i = 1, n do list[i] = make[i % 4 + 1](i) end
  return list
end
local function round(list, n)
  local total, sum = 0, 0
  for r = 1, n do
    for i = 1, #list do
      local o = list[i]
      o:move(0.5, r)
      total = total + o:area()
      sum = sum + o.x + o.y
    end
  end
  return total, sum
end
local function area(o) return o:area() end
local function one(o) local a = area(o) return a end
local list = objects(12)
for i = 1, 20 do round(list, 4) end
print(round(list, 10))
for i = 1, 60 do one(list[i % 12 + 1]) end
print(one(list[1]), one(list[2]), one(list[3]), one(list[4]))

-- A receiver of a new class, and one that has its methods itself.
list[5] = setmetatable({ x = 1, y = 2 }, class(Base))
list[6] = { x = 1, y = 2, move = Base.move, area = function(self) return self.x end }
print(round(list, 3))
for i = 1, 20 do round(list, 4) end
print(round(list, 3), one(list[5]), one(list[6]))

-- A method is replaced, removed, and shadowed by an instance and by a class in between.
function Rect:area() return 1000 end
print(round(list, 2), one(list[1]), one(list[2]))
Circle.area = nil
print(round(list, 2), one(list[4]))
function Circle:area() return 7 end
list[1].area = function() return 0.25 end
print(round(list, 2), one(list[1]), one(list[4]))
for i = 1, 20 do round(list, 4) end
print(round(list, 2))
function Square:move() self.moved = (self.moved or 0) + 1 end
print(round(list, 2), list[2].moved, list[2].x)
setmetatable(list[3], Circle)
print(pcall(round, list, 1))
list[3].r = 1
print(round(list, 1))

-- Shapes change inside a method, and a method replaces others while it runs.
local replaced = 0
function Tri:move(dx, dy)
  self.x = self.x + dx
  if self.x > 300 and not self.tag then
    self.tag = true
    replaced = replaced + 1
    Base.move = function(other, ex, ey) other.x = other.x - ex end
  end
end
for i = 1, 40 do round(list, 20) end
print(replaced, round(list, 3))
setmetatable(Circle, { __index = { area = function() return 5 end, move = function() end } })
Circle.area = nil
print(round(list, 2), one(list[4]))

-- More classes than a cache remembers.
local many = {}
for i = 1, 24 do
  local C = class(Base)
  C.area = function(self) return i end
  many[i] = setmetatable({ x = i, y = 1, ["f" .. i % 12] = i }, C)
end
Base.move = function(self, dx, dy) self.x = self.x + dx end
for i = 1, 30 do round(many, 3) end
print(round(many, 3), one(many[3]), one(many[20]))

-- No method, no table, no metatable, a metamethod in place of the class, and natives as methods.
local function failure(o)
  local saved = many[7]
  many[7] = o
  local ok, message = pcall(round, many, 1)
  many[7] = saved
  print(ok, ok and message or tostring(message):gsub("^.-:%d+: ", "", 1))
end
failure({ x = 1, y = 2 })
failure(setmetatable({ x = 1, y = 2 }, {}))
failure(setmetatable({ x = 1, y = 2 }, { __index = { move = Base.move } }))
failure(setmetatable({ x = 1, y = 2 }, { __index = { move = Base.move, area = 5 } }))
failure(nil)
failure(12)
failure("text")
failure(setmetatable({ x = 1, y = 2 }, { __index = function(_, k) return function() return k == "area" and 9 or nil end end }))
failure({ x = 1, y = 2, move = rawequal, area = rawlen })
print(pcall(area, {}), pcall(area, setmetatable({}, Tri)))

-- Visitors: tail calls of methods, and calls of methods in arguments.
local Num, Sum, Neg = class(Base), class(Base), class(Base)
function Num:accept(v) return v:num(self) end
function Sum:accept(v) return v:sum(self) end
function Neg:accept(v) return v:neg(self) end
local Eval, Show = {}, {}
Eval.__index, Show.__index = Eval, Show
function Eval:num(n) return n.value end
function Eval:sum(n) return n.left:accept(self) + n.right:accept(self) end
function Eval:neg(n) return -n.arg:accept(self) end
function Show:num(n) return tostring(n.value) end
function Show:sum(n) return "(" .. n.left:accept(self) .. "+" .. n.right:accept(self) .. ")" end
function Show:neg(n) return "-" .. n.arg:accept(self) end
local function tree(d)
  if d == 0 then return setmetatable({ value = 2 }, Num) end
  if d % 3 == 0 then return setmetatable({ arg = tree(d - 1) }, Neg) end
  return setmetatable({ left = tree(d - 1), right = tree(d - 1) }, Sum)
end
local t, eval, show = tree(5), setmetatable({}, Eval), setmetatable({}, Show)
local sum = 0
for i = 1, 60 do sum = sum + t:accept(eval) end
print(sum, t:accept(show))
for i = 1, 30 do t:accept(i % 2 == 0 and eval or show) end
function Eval:num(n) return n.value * 0.5 end
print(t:accept(eval))
