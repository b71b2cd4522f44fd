-- A* over a grid with walls: a binary heap ordered by a closure, nodes as tables, string-free keys. Size: searches.
local searches = tonumber((...))
local SIDE = 64
local walls, seed = {}, 11
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end
for i = 1, SIDE * SIDE do walls[i] = random(4) == 0 end
local Heap = {}
Heap.__index = Heap
function Heap.new(before) return setmetatable({ size = 0, before = before, items = {} }, Heap) end
function Heap:push(item)
  local items, before, at = self.items, self.before, self.size + 1
  self.size = at
  while at > 1 do
    local parent = (at - at % 2) / 2
    if not before(item, items[parent]) then break end
    items[at] = items[parent]
    at = parent
  end
  items[at] = item
end
function Heap:pop()
  local items, before, size = self.items, self.before, self.size
  local top, last = items[1], items[size]
  items[size] = nil
  size = size - 1
  self.size = size
  if size > 0 then
    local at = 1
    while true do
      local child = at * 2
      if child > size then break end
      if child < size and before(items[child + 1], items[child]) then child = child + 1 end
      if not before(items[child], last) then break end
      items[at] = items[child]
      at = child
    end
    items[at] = last
  end
  return top
end
local function search(start, goal)
  local gx, gy = goal % SIDE, math.floor(goal / SIDE)
  local open = Heap.new(function(a, b) return a.estimate < b.estimate or (a.estimate == b.estimate and a.cell < b.cell) end)
  local best = { [start] = 0 }
  open:push({ cell = start, cost = 0, estimate = 0 })
  local visited = 0
  while open.size > 0 do
    local node = open:pop()
    local cell = node.cell
    if cell == goal then return node.cost, visited end
    if node.cost == best[cell] then
      visited = visited + 1
      local x, y = cell % SIDE, math.floor(cell / SIDE)
      for direction = 1, 4 do
        local nx = x + (direction == 1 and 1 or direction == 2 and -1 or 0)
        local ny = y + (direction == 3 and 1 or direction == 4 and -1 or 0)
        if nx >= 0 and nx < SIDE and ny >= 0 and ny < SIDE then
          local next = ny * SIDE + nx
          local cost = node.cost + 1
          if not walls[next + 1] and cost < (best[next] or 1e9) then
            best[next] = cost
            open:push({ cell = next, cost = cost, estimate = cost + math.abs(nx - gx) + math.abs(ny - gy) })
          end
        end
      end
    end
  end
  return 0, visited
end
local total = 0
for i = 1, searches do
  local cost, visited = search(random(SIDE * SIDE), random(SIDE * SIDE))
  total = total + cost * 3 + visited
end
print(string.format("pathfind %d %.6f", searches, total))
