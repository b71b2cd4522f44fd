-- Flocking: each bird looks at all others through methods, with steering as multiple results. Size: frames.
local frames = tonumber((...))
local sqrt = math.sqrt
local COUNT = 120
local seed = 3
local function random()
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end
local Boid = {}
Boid.__index = Boid
function Boid.new() return setmetatable({ x = random() * 100, y = random() * 100, vx = random() - 0.5, vy = random() - 0.5 }, Boid) end
function Boid:near(other)
  local dx, dy = other.x - self.x, other.y - self.y
  return dx * dx + dy * dy < 150, dx, dy
end
function Boid:steer(flock)
  local n, cx, cy, ax, ay, sx, sy = 0, 0, 0, 0, 0, 0, 0
  for i = 1, #flock do
    local other = flock[i]
    if other ~= self then
      local near, dx, dy = self:near(other)
      if near then
        n = n + 1
        cx, cy = cx + other.x, cy + other.y
        ax, ay = ax + other.vx, ay + other.vy
        if dx * dx + dy * dy < 9 then sx, sy = sx - dx, sy - dy end
      end
    end
  end
  if n == 0 then return 0, 0 end
  return (cx / n - self.x) * 0.01 + (ax / n - self.vx) * 0.1 + sx * 0.05, (cy / n - self.y) * 0.01 + (ay / n - self.vy) * 0.1 + sy * 0.05
end
function Boid:move(fx, fy)
  self.vx, self.vy = self.vx + fx, self.vy + fy
  local speed = sqrt(self.vx * self.vx + self.vy * self.vy)
  if speed > 2 then self.vx, self.vy = self.vx / speed * 2, self.vy / speed * 2 end
  self.x, self.y = (self.x + self.vx) % 100, (self.y + self.vy) % 100
end
local flock = {}
for i = 1, COUNT do flock[i] = Boid.new() end
for frame = 1, frames do
  for i = 1, COUNT do flock[i]:move(flock[i]:steer(flock)) end
end
local sum = 0
for i = 1, COUNT do sum = sum + flock[i].x + flock[i].y end
print(string.format("boids %d %.4f", frames, sum))
