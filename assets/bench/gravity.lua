-- Stars that attract each other, positions and velocities in fields of floats. Size: steps.
local steps = tonumber((...))
local sqrt = math.sqrt
local seed = 17
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end
local stars = {}
for i = 1, 24 do
  stars[i] = { x = random() * 10, y = random() * 10, z = random() * 10, vx = 0.0, vy = 0.0, vz = 0.0, mass = 0.5 + random() }
end
local function pull(dt)
  for i = 1, #stars do
    local a = stars[i]
    local ax, ay, az = 0.0, 0.0, 0.0
    for j = 1, #stars do
      if j ~= i then
        local b = stars[j]
        local dx, dy, dz = b.x - a.x, b.y - a.y, b.z - a.z
        local d2 = dx * dx + dy * dy + dz * dz + 0.05
        local f = b.mass / (d2 * sqrt(d2))
        ax, ay, az = ax + dx * f, ay + dy * f, az + dz * f
      end
    end
    a.vx, a.vy, a.vz = a.vx + ax * dt, a.vy + ay * dt, a.vz + az * dt
  end
  for i = 1, #stars do
    local a = stars[i]
    a.x, a.y, a.z = a.x + a.vx * dt, a.y + a.vy * dt, a.z + a.vz * dt
  end
end
for step = 1, steps do pull(0.01) end
local energy = 0
for i = 1, #stars do
  local a = stars[i]
  energy = energy + a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
end
print(string.format("gravity %d %.6f", steps, energy))
