-- Particles with position and velocity as vectors, or as pairs of fields where the engine has no `vec2`. Size: frames.
local frames = tonumber((...))
local COUNT = 10000
local seed = 12345
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end
local particles = {}
local update, sum
if vec2 then
  for i = 1, COUNT do
    local at = vec2(random() * 800, random() * 600)
    particles[i] = { at = at, velocity = vec2(random() * 200 - 100, random() * 200 - 100) }
  end
  local GRAVITY = vec2(0, 98)
  function update(dt)
    local fall = GRAVITY * dt
    for i = 1, #particles do
      local p = particles[i]
      local v = p.velocity + fall
      local at = p.at + v * dt
      if at.x < 0 then
        at, v = vec2(-at.x, at.y), vec2(-v.x, v.y)
      elseif at.x > 800 then
        at, v = vec2(1600 - at.x, at.y), vec2(-v.x, v.y)
      end
      if at.y < 0 then
        at, v = vec2(at.x, -at.y), vec2(v.x, -v.y)
      elseif at.y > 600 then
        at, v = vec2(at.x, 1200 - at.y), vec2(v.x, -v.y * 0.9)
      end
      p.at, p.velocity = at, v
    end
  end
  function sum(p) return p.at.x + p.at.y end
else
  for i = 1, COUNT do
    local x, y = random() * 800, random() * 600
    particles[i] = { x = x, y = y, vx = random() * 200 - 100, vy = random() * 200 - 100 }
  end
  function update(dt)
    for i = 1, #particles do
      local p = particles[i]
      local vx, vy = p.vx, p.vy + 98 * dt
      local x, y = p.x + vx * dt, p.y + vy * dt
      if x < 0 then
        x, vx = -x, -vx
      elseif x > 800 then
        x, vx = 1600 - x, -vx
      end
      if y < 0 then
        y, vy = -y, -vy
      elseif y > 600 then
        y, vy = 1200 - y, -vy * 0.9
      end
      p.x, p.y, p.vx, p.vy = x, y, vx, vy
    end
  end
  function sum(p) return p.x + p.y end
end
for _ = 1, frames do update(1 / 60) end
local total = 0
for i = 1, COUNT do total = total + sum(particles[i]) end
-- As many digits as are the same in 32 and in 64 bits.
print(string.format("particles %d %.1f", frames, total / COUNT))
