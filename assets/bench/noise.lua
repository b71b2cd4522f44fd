-- Gradient noise in two dimensions: floor, tables of integers, float arithmetic. Size: samples per side.
local side = tonumber((...))
local floor = math.floor
local permutation, seed = {}, 7
for i = 0, 255 do permutation[i] = i end
for i = 255, 1, -1 do
  seed = (seed * 16807) % 2147483647
  local j = seed % (i + 1)
  permutation[i], permutation[j] = permutation[j], permutation[i]
end
for i = 0, 255 do permutation[256 + i] = permutation[i] end
local function fade(t) return t * t * t * (t * (t * 6 - 15) + 10) end
local function mix(a, b, t) return a + (b - a) * t end
local function slope(hash, x, y)
  local h = hash % 4
  if h == 0 then return x + y elseif h == 1 then return x - y elseif h == 2 then return y - x end
  return -x - y
end
local function noise(x, y)
  local xi, yi = floor(x), floor(y)
  local dx, dy = x - xi, y - yi
  xi, yi = xi % 256, yi % 256
  local u, v = fade(dx), fade(dy)
  local a, b = permutation[xi] + yi, permutation[xi + 1] + yi
  local low = mix(slope(permutation[a], dx, dy), slope(permutation[b], dx - 1, dy), u)
  local high = mix(slope(permutation[a + 1], dx, dy - 1), slope(permutation[b + 1], dx - 1, dy - 1), u)
  return mix(low, high, v)
end
local sum = 0
for y = 0, side - 1 do
  for x = 0, side - 1 do
    local height, strength, scale = 0, 1, 0.03
    for octave = 1, 4 do
      height = height + noise(x * scale, y * scale) * strength
      strength, scale = strength * 0.5, scale * 2
    end
    sum = sum + height * height
  end
end
print(string.format("noise %d %.6f", side, sum))
