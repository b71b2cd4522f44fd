-- Fields that are not there, and come: in the object, in its classes, in the environment, by way of a metatable.
local Base = {}
Base.__index = Base
Base.speed = 2
local Middle = setmetatable({}, { __index = Base })
Middle.__index = Middle
local Leaf = setmetatable({}, { __index = Middle })
Leaf.__index = Leaf

local function look(o)
  local a = o.target
  local b = o.speed
  local c = o.never
  return a, b, c
end

local function all(list)
  local s = {}
  for i = 1, #list do
    local a, b, c = look(list[i])
    s[#s + 1] = tostring(a) .. " " .. tostring(b) .. " " .. tostring(c)
  end
  return table.concat(s, ";")
end

local list = {}
for i = 1, 12 do
  local o = { x = i }
  if i % 3 == 0 then o.target = i end
  if i % 4 == 0 then o["dyn" .. i] = i end
  list[i] = setmetatable(o, ({ Base, Middle, Leaf })[i % 3 + 1])
end

for round = 1, 40 do
  local seen = all(list)
  if round % 10 == 1 then print(round, seen) end
  -- Each change is looked for in the same places, which are hot by then.
  if round == 12 then Base.never = "base" end
  if round == 14 then Middle.never = 7 end
  if round == 15 then Middle.never = 8 end
  if round == 17 then Base.speed = 3.5 end
  if round == 19 then Base.speed = print ~= nil end
  if round == 21 then Middle.never = nil end
  if round == 22 then list[1].never = false end
  if round == 24 then list[3].target = nil end
  if round == 25 then setmetatable(list[2], nil) end
  if round == 26 then setmetatable(list[2], {}) end
  if round == 27 then getmetatable(list[2]).__index = Base end
  if round == 28 then getmetatable(list[2]).__index = function(_, k) return k .. "!" end end
  if round == 30 then getmetatable(list[2]).__index = { never = 1 } end
  if round == 31 then setmetatable(Base, { __index = { target = "far" } }) end
  if round == 33 then setmetatable(Base, { __index = function(_, k) return "made " .. k end }) end
  if round == 35 then setmetatable(Base, nil) end
  if round == 36 then Leaf.target = "leaf" Base.never = nil end
  if round == 38 then list[5].target = 5 rawset(list[6], "target", nil) end
  print(round, all(list))
end

-- Globals that are not there yet.
local function flags()
  local n = 0
  for i = 1, 20 do
    if DEBUG_FLAG then n = n + 1 end
    if not UNKNOWN_FLAG then n = n + 100 end
  end
  return n
end
for i = 1, 30 do
  if i == 10 then DEBUG_FLAG = true end
  if i == 15 then UNKNOWN_FLAG = 0 end
  if i == 20 then DEBUG_FLAG = nil end
  if i == 25 then setmetatable(_G, { __index = function(_, k) return k == "DEBUG_FLAG" end }) end
  print(i, flags())
end
setmetatable(_G, nil)

-- What is no table.
local function field(v) return v.len end
for i = 1, 40 do field({}) field(setmetatable({}, Leaf)) end
print(pcall(field, nil), pcall(field, 5), field("text") == string.len, pcall(field, true))
for i = 1, 40 do pcall(field, "s") pcall(field, nil) end
print(field({ len = 1 }), field(setmetatable({}, { __index = { len = 2 } })), pcall(field, print))
