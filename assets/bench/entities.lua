-- Entities with optional components, systems that query them, spawning and despawning. Size: frames.
local frames = tonumber((...))
local world, free, alive, nextid = {}, {}, 0, 0
local function spawn(components)
  local id = table.remove(free)
  if not id then nextid = nextid + 1; id = nextid end
  world[id] = components
  alive = alive + 1
  return id
end
local function despawn(id)
  world[id] = false
  free[#free + 1] = id
  alive = alive - 1
end
local function query(a, b, visit)
  for id = 1, nextid do
    local entity = world[id]
    if entity then
      local first, second = entity[a], entity[b]
      if first and second then visit(id, first, second) end
    end
  end
end
local seed = 23
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n
end
local function wave(n)
  for i = 1, n do
    local kind = random(3)
    local components = { position = { x = random(100), y = random(100) }, health = { now = 20 + random(50) } }
    if kind > 0 then components.velocity = { x = random(5) - 2, y = random(5) - 2 } end
    if kind == 2 then components.poison = { rate = 1 + random(3) } end
    spawn(components)
  end
end
wave(1500)
local died = 0
for frame = 1, frames do
  query("position", "velocity", function(_, position, velocity)
    position.x = position.x + velocity.x
    position.y = position.y + velocity.y
    if position.x < 0 or position.x > 100 then velocity.x = -velocity.x end
    if position.y < 0 or position.y > 100 then velocity.y = -velocity.y end
  end)
  query("health", "poison", function(id, health, poison)
    health.now = health.now - poison.rate
    if health.now <= 0 then
      died = died + 1
      despawn(id)
    end
  end)
  if frame % 10 == 0 then wave(1500 - alive) end
end
local sum = 0
query("position", "health", function(id, position, health) sum = sum + id * position.x + position.y * health.now end)
print(string.format("entities %d %.6f %.6f", frames, died, sum))
