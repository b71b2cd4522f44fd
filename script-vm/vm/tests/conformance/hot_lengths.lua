-- Lengths of lists with and without metatables, which change while they are hot.
local List = {}
List.__index = List
function List:push(v) self[#self + 1] = v end
function List:pop()
  local v = self[#self]
  self[#self] = nil
  return v
end
function List:size() return #self end

local function new(...) return setmetatable({ ... }, List) end
local function size(o) return #o end

local l = new()
local sum = 0
for round = 1, 60 do
  for i = 1, 5 do l:push(i * round) end
  for i = 1, 4 do sum = sum + l:pop() + l:size() + size(l) end
end
print(sum, #l, size({ 1, 2 }), size("text"))

for i = 1, 80 do
  local o = i % 2 == 0 and { i, i } or new(i)
  assert(size(o) == (i % 2 == 0 and 2 or 1))
  if i == 40 then List.__len = function(self) return -rawlen(self) end end
  if i == 41 then assert(size(new(1, 2, 3)) == -3) end
  if i == 42 then List.__len = function() return "text" end end
  if i == 43 then assert(size(new(1, 2, 3)) == "text") end
  if i >= 40 then List.__len = nil end
end

-- With other keys, and weak.
local odd = setmetatable({ 1, 2, nil, 4, n = 1, [1000] = 5 }, List)
print(size(setmetatable({ x = 1 }, List)), size(odd) >= 2, size(setmetatable({ {}, {} }, { __mode = "k" })))
print(size(setmetatable({ 1, 2 }, { __mode = "k", __len = function() return 9 end })))
print(pcall(size, nil), pcall(size, 5), pcall(size, print))
for i = 1, 40 do pcall(size, nil) size("abc") end
print(size("abc"), size(new(1, 2)), pcall(size, true))
