-- Fields whose names were computed: objects copied field by field, and dictionaries that are used like objects.
local function copy(t)
  local r = {}
  for k, v in pairs(t) do r[k] = v end
  return r
end

local original = { x = 1, y = 2.5, name = "n", f = print }

local Class = {}
Class.__index = Class
function Class:get(d) return self.v + d end
function Class:own() return "class" end
Class.shared = "shared"

local function dictionary(n)
  local o = {}
  for k = 1, n do o["f" .. k] = k end
  o.v = n
  return setmetatable(o, Class)
end

local function use(o, d)
  local r = o:get(d)
  o.v = r
  return r, o.shared, o:own(), o.missing
end

for i = 1, 60 do
  local o = i % 3 == 0 and setmetatable({ v = i }, Class) or dictionary(i % 7)
  local v = o.v
  local r, shared, own, missing = use(o, 1)
  assert(r == v + 1 and o.v == r and shared == "shared" and own == "class" and missing == nil)
  if i % 5 == 0 then
    -- What the object has itself comes before what its class has.
    o["o" .. "wn"] = function() return "own" end
    o["sha" .. "red"] = i
    local _, mine, who = use(o, 0.5)
    assert(mine == i and who == "own")
    o.own, o.shared = nil, nil
    local _, theirs, which = use(o, 0)
    assert(theirs == "shared" and which == "class")
  end
end

-- Stores that a metatable wants to know of.
local log = {}
local Watched = { __index = Class, __newindex = function(t, k, v) log[#log + 1] = k; rawset(t, k, v) end }
local function watched()
  local o = {}
  for k = 1, 3 do o["g" .. k] = k end
  return setmetatable(o, Watched)
end
local function put(o, v) o.v = v; o.g1 = v end
for i = 1, 40 do
  local o = watched()
  put(o, i)
  put(o, i + 1)
  assert(o.v == i + 1 and o.g1 == i + 1)
  o.g1 = nil
  put(o, nil)
  put(o, 3)
  assert(o.v == 3 and o.g1 == 3)
end
assert(#log == 40 * 4, #log)

-- Inherited by way of functions and of dictionaries.
local Base = {}
for _, name in ipairs({ "alpha", "beta", "gamma" }) do Base[name .. "_"] = function(self) return name .. self.v end end
Base.__index = Base
local Derived = setmetatable({}, { __index = function(_, k) return k == "dynamic" and function() return "d" end or Base[k] end })
Derived["__in" .. "dex"] = Derived
local function call(o) return o:alpha_() .. o:dynamic() end
for i = 1, 40 do
  local o = {}
  for k = 1, i % 4 do o["h" .. k] = k end
  o.v = i
  assert(call(setmetatable(o, Derived)) == "alpha" .. i .. "d")
end

-- A class that is a dictionary, and changes.
local Odd = {}
for i = 1, 3 do Odd["m" .. i] = function(self, a) return i * a end end
Odd.__index = Odd
local function second(o, a) return o:m2(a) end
for i = 1, 60 do
  if i == 30 then Odd["m" .. 2] = function(_, a) return -a end end
  assert(second(setmetatable(i % 2 == 0 and {} or dictionary(2), Odd), 5) == (i < 30 and 10 or -5))
end

-- Deleting fields while they are visited, and setting them again.
for round = 1, 20 do
  local t = copy(original)
  for k in pairs(t) do t[k] = nil end
  assert(next(t) == nil)
  for k, v in pairs(original) do t[k] = v end
  local count = 0
  for k, v in pairs(t) do
    count = count + 1
    assert(original[k] == v)
  end
  assert(count == 4)
end
