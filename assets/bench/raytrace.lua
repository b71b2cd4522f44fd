-- Rays against spheres: vectors as small tables, objects with methods, many short-lived results. Size: image width.
local width = tonumber((...))
local sqrt, max = math.sqrt, math.max
local Vec = {}
Vec.__index = Vec
local function vec(x, y, z) return setmetatable({ x = x, y = y, z = z }, Vec) end
Vec.__add = function(a, b) return vec(a.x + b.x, a.y + b.y, a.z + b.z) end
Vec.__sub = function(a, b) return vec(a.x - b.x, a.y - b.y, a.z - b.z) end
function Vec:dot(b) return self.x * b.x + self.y * b.y + self.z * b.z end
function Vec:scale(s) return vec(self.x * s, self.y * s, self.z * s) end
function Vec:unit() return self:scale(1 / sqrt(self:dot(self))) end
local Sphere = {}
Sphere.__index = Sphere
function Sphere.new(center, radius, shade) return setmetatable({ center = center, radius = radius, shade = shade }, Sphere) end
function Sphere:hit(from, along)
  local offset = from - self.center
  local b = offset:dot(along)
  local discriminant = b * b - offset:dot(offset) + self.radius * self.radius
  if discriminant < 0 then return nil end
  local t = -b - sqrt(discriminant)
  if t > 0.001 then return t end
  return nil
end
local spheres = {}
for i = 1, 9 do spheres[i] = Sphere.new(vec((i % 3 - 1) * 2.2, (i - 5) * 0.4, 6 + i % 4), 0.9 + i % 2 * 0.3, 0.3 + i * 0.07) end
local light = vec(-3, 5, -4):unit()
local function nearest(from, along)
  local best, found
  for i = 1, #spheres do
    local t = spheres[i]:hit(from, along)
    if t and (not best or t < best) then best, found = t, spheres[i] end
  end
  return found, best
end
local function trace(from, along, depth)
  local sphere, t = nearest(from, along)
  if not sphere then return 0.1 end
  local point = from + along:scale(t)
  local normal = (point - sphere.center):unit()
  local brightness = sphere.shade * max(0.1, normal:dot(light))
  if depth > 0 then brightness = brightness + 0.3 * trace(point, along - normal:scale(2 * along:dot(normal)), depth - 1) end
  return brightness
end
local eye, sum = vec(0, 0, -3), 0
for y = 0, width - 1 do
  for x = 0, width - 1 do
    sum = sum + trace(eye, vec(x / width - 0.5, 0.5 - y / width, 1):unit(), 2)
  end
end
print(string.format("raytrace %d %.6f", width, sum))
