-- What operations of optimized code do beside what they are for.

-- A table becomes weak: its elements are elsewhere then.
local strong, weak = setmetatable({}, {}), {__mode = "k"}
local set = setmetatable
local function bump(t, metatable)
  local a = t[1]
  local u = set(t, metatable)
  t[1] = a + 1
  return u
end
local made = {}
for i = 1, 200 do made[i] = {1, 2, 3} end
for i = 1, 200 do bump(made[i], strong) end
local t = {1, 2, 3}
print(bump(t, weak) == t, t[1], t[2], t[3])
local function fill(t, metatable, n)
  local last
  for i = 1, n do
    t[i % 8 + 1] = i
    if i == n // 2 then last = set(t, metatable) end
  end
  return last == t
end
for i = 1, 60 do fill({0, 0, 0, 0, 0, 0, 0, 0}, strong, 40) end
for _, metatable in ipairs {weak, {__mode = "v"}, {__mode = "x"}, strong} do
  local t = {0, 0, 0, 0, 0, 0, 0, 0}
  print(fill(t, metatable, 40), table.concat(t, " "))
end
-- A class gets a metatable.
local function derive(class, base, object)
  local before = object.name
  set(class, base)
  return before, object.name
end
for i = 1, 100 do
  local class = {}
  derive({}, {__index = {name = i}}, setmetatable({}, {__index = class}))
end
local class = {}
print(derive(class, {__index = {name = "base"}}, setmetatable({}, {__index = class})))

-- A lookup makes a class of a table that is stored into behind it.
local function chain()
  local base = {m = {v = 0}}
  local middle = setmetatable({}, {__index = base})
  return setmetatable({}, {__index = middle}), base
end
local function mixed(object, base, values, n)
  local s = 0
  for i = 1, n do
    base.m = values[i]
    s = s * 10 + object.m.v
  end
  return s
end
local values = {{v = 1}, {v = 2}, {v = 3}, {v = 4}}
for i = 1, 400 do
  local object, base = chain()
  mixed(object, base, values, 1)
end
for i = 1, 4 do
  local object, base = chain()
  print(mixed(object, base, values, 4))
end
local function called(object, base, functions, n)
  local s = 0
  for i = 1, n do
    base.f = functions[i]
    s = s * 10 + object:f(i)
  end
  return s
end
local functions = {}
for i = 1, 4 do functions[i] = function(_, x) return (x + i) % 10 end end
for i = 1, 400 do
  local object, base = chain()
  called(object, base, functions, 1)
end
for i = 1, 4 do
  local object, base = chain()
  print(called(object, base, functions, 4))
end

-- Loops whose only garbage is strings are collected in.
local long = ("x"):rep(20000)
local sub = string.sub
local function join(n)
  local length = 0
  for i = 1, n do
    local s = long .. i
    length = length + #s
  end
  return length
end
local function cut(n)
  local length = 0
  for i = 1, n do
    local s = sub(long, i % 100 + 1, -2)
    length = length + #s
  end
  return length
end
for i = 1, 60 do
  join(2)
  cut(2)
end
-- 3,000 strings of 20 KB
collectgarbage()
print(join(1500), cut(1500), collectgarbage("count") < 30000)
