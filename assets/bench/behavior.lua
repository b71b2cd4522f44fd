-- Behaviour trees: nodes of many classes behind one method name, closures for leaves. Size: ticks in thousands.
local ticks = tonumber((...)) * 1000
local Node = {}
Node.__index = Node
local function class() local c = setmetatable({}, { __index = Node }); c.__index = c; return c end
local Sequence, Selector, Invert, Repeat, Leaf = class(), class(), class(), class(), class()
function Node.make(c, fields) return setmetatable(fields, c) end
function Node:count() return 1 end
function Sequence:tick(agent)
  for i = 1, #self.children do if not self.children[i]:tick(agent) then return false end end
  return true
end
function Selector:tick(agent)
  for i = 1, #self.children do if self.children[i]:tick(agent) then return true end end
  return false
end
function Invert:tick(agent) return not self.child:tick(agent) end
function Repeat:tick(agent)
  for i = 1, self.times do if not self.child:tick(agent) then return false end end
  return true
end
function Leaf:tick(agent) return self.act(agent) end
local function leaf(act) return Node.make(Leaf, { act = act }) end
local function threshold(field, limit) return leaf(function(agent) return agent[field] > limit end) end
local function change(field, amount) return leaf(function(agent) agent[field] = agent[field] + amount; return true end) end
local tree = Node.make(Selector, { children = {
  Node.make(Sequence, { children = { threshold("hunger", 20), change("food", -1), change("hunger", -15) } }),
  Node.make(Sequence, { children = { Node.make(Invert, { child = threshold("food", 3) }), Node.make(Repeat, { times = 3, child = change("food", 1) }), change("hunger", 4) } }),
  Node.make(Sequence, { children = { change("hunger", 1), threshold("energy", 10), change("energy", -2), change("distance", 1) } }),
  Node.make(Sequence, { children = { change("energy", 9), change("hunger", 2) } }),
} })
local agents = {}
for i = 1, 10 do agents[i] = { hunger = i, food = 5 + i % 4, energy = i * 7 % 30, distance = 0 } end
for tick = 1, ticks do tree:tick(agents[tick % 10 + 1]) end
local sum = 0
for i = 1, 10 do local a = agents[i]; sum = sum + a.distance * 3 + a.food + a.hunger + a.energy end
print(string.format("behavior %d %.6f", ticks, sum))
