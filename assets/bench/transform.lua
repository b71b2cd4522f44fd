-- Chains of 4x4 matrices as flat arrays of floats, as a scene graph has them. Size: frames.
local frames = tonumber((...))
local sin, cos = math.sin, math.cos
local function multiply(a, b, out)
  for row = 0, 12, 4 do
    local a1, a2, a3, a4 = a[row + 1], a[row + 2], a[row + 3], a[row + 4]
    for column = 1, 4 do
      out[row + column] = a1 * b[column] + a2 * b[column + 4] + a3 * b[column + 8] + a4 * b[column + 12]
    end
  end
  return out
end
local function rotation(angle, x, y)
  local c, s = cos(angle), sin(angle)
  return { c, s, 0, 0, -s, c, 0, 0, 0, 0, 1, 0, x, y, 0, 1 }
end
local nodes = {}
for i = 1, 200 do
  local parent = i > 1 and nodes[(i - i % 3) / 3 + 1]
  nodes[i] = { parent = parent ~= nodes[i] and parent or nil, angle = i * 0.1, x = i % 5, y = i % 7, world = { 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1 } }
end
local sum = 0
for frame = 1, frames do
  for i = 1, #nodes do
    local node = nodes[i]
    node.angle = node.angle + 0.01
    local here = rotation(node.angle, node.x, node.y)
    if node.parent then multiply(here, node.parent.world, node.world) else node.world = here end
  end
  sum = sum + nodes[frame % 200 + 1].world[13]
end
print(string.format("transform %d %.4f", frames, sum))
