-- Takeuchi's function: calls of three arguments and nothing else. Size: rounds.
local rounds = tonumber((...))
local function tak(x, y, z)
  if y >= x then return z end
  return tak(tak(x - 1, y, z), tak(y - 1, z, x), tak(z - 1, x, y))
end
local sum = 0
for round = 1, rounds do sum = sum + tak(18, 12, 6 + round % 2) end
print(string.format("tak %d %.6f", rounds, sum))
