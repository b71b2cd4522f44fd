-- Bitwise operators: shifts past the width, negative shifts, floats and strings as operands, errors.
local max, min = math.maxinteger, math.mininteger
local values = { 0, 1, -1, 2, 0xFF, 0x7fffffff, 0x80000000, 0xffffffff, max, min, 0x5555555555555555, -0x5555555555555556, 3.0, -1.0, 2 ^ 53 }
for _, a in ipairs(values) do
  local row = {}
  for _, b in ipairs(values) do row[#row + 1] = string.format("%x,%x,%x", a & b, a | b, a ~ b) end
  print(a, string.format("%x", ~a), table.concat(row, " "))
end
local shifts = { 0, 1, 4, 31, 32, 62, 63, 64, 65, 1000, max, -1, -4, -63, -64, -65, min, 2.0 }
for _, a in ipairs { 1, -1, 0xF0F0F0F0F0F0F0F0, max, min, 12345 } do
  local row = {}
  for _, n in ipairs(shifts) do row[#row + 1] = string.format("%x:%x", a << n, a >> n) end
  print(table.concat(row, " "))
end
local v, n = 0xABCDEF, 5
print(v << 3, v >> 3, v << -3, v >> -3, 1 << n, -1 >> n, v & 0xF, 0xF & v, v | 0x100, v ~ 0xFF, ~v, v << 64, v >> 64, v << 63)
for _, s in ipairs { "10", "0x10", "7.0", "  8  ", "2.5", "x" } do
  print(pcall(function() return s & 1 end)) print(pcall(function() return 1 << s end)) print(pcall(function() return ~s end)) print(pcall(function() return s ~ s end))
end
print("10" + 0 | 1)
print(~0, ~~5, -1 >> 1, -1 << 1, 1 << 63, 1 << 62, (1 << 63) - 1 == max, min >> 63, min >> 1)
print(5 // 2 | 1, 1 | 2 ~ 3 & 4, 1 << 2 + 1, (6 & 3) == 2)
local bad = { 1.5, "1.5", "x", {}, true, 2 ^ 63, -2 ^ 64, 1 / 0, 0 / 0 }
for i = 1, #bad do
  local b = bad[i]
  print(pcall(function() return b & 1 end))
  print(pcall(function() return 1 | b end))
  print(pcall(function() return b ~ b end))
  print(pcall(function() return b << 1 end))
  print(pcall(function() return 1 >> b end))
  print(pcall(function() return ~b end))
end
print(pcall(function() local t = {} return t.x & 1 end))
print(pcall(function() return undefined_global | 1 end))
print(pcall(function() local s = "a" return 1 ~ s end))
print(pcall(function() return 1.5 & 2 end))
print(pcall(function() return 1 << 2.5 end))
-- A popular generator: 32-bit arithmetic within 64-bit integers.
local h = 2166136261
for c in ("the quick brown fox"):gmatch(".") do h = ((h ~ c:byte()) * 16777619) & 0xffffffff end
print(h, string.format("%08x", h))
local s = 88172645463325252
for i = 1, 5 do s = s ~ (s << 13); s = s ~ (s >> 7); s = s ~ (s << 17) print(s) end
