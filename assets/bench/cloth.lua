-- A cloth of points and springs, by Verlet integration: records found through arrays of records. Size: frames.
local frames = tonumber((...))
local sqrt = math.sqrt
local SIDE = 32
local points, springs = {}, {}
for y = 0, SIDE - 1 do
  for x = 0, SIDE - 1 do
    points[#points + 1] = { x = x, y = y, px = x, py = y, pinned = y == 0 and x % 4 == 0 }
    local at = #points
    if x > 0 then springs[#springs + 1] = { a = points[at - 1], b = points[at], length = 1 } end
    if y > 0 then springs[#springs + 1] = { a = points[at - SIDE], b = points[at], length = 1 } end
  end
end
local function integrate(dt)
  for i = 1, #points do
    local p = points[i]
    if not p.pinned then
      local x, y = p.x, p.y
      p.x = x + (x - p.px) * 0.99
      p.y = y + (y - p.py) * 0.99 + 9.81 * dt * dt
      p.px, p.py = x, y
    end
  end
end
local function relax()
  for i = 1, #springs do
    local spring = springs[i]
    local a, b = spring.a, spring.b
    local dx, dy = b.x - a.x, b.y - a.y
    local d = sqrt(dx * dx + dy * dy)
    local pull = (d - spring.length) / d * 0.5
    if not a.pinned then a.x, a.y = a.x + dx * pull, a.y + dy * pull end
    if not b.pinned then b.x, b.y = b.x - dx * pull, b.y - dy * pull end
  end
end
for frame = 1, frames do
  integrate(1 / 60)
  for pass = 1, 4 do relax() end
end
local sum = 0
for i = 1, #points do sum = sum + points[i].x + points[i].y end
print(string.format("cloth %d %.6f", frames, sum))
