-- Comparison of integers with floats, exact at the edges of both, strings, NaN, and mixed types.
local max, min, inf, nan = math.maxinteger, math.mininteger, math.huge, 0 / 0
local values = { 0, -0.0, 1, 1.0, -1, 1.5, -1.5, max, min, max - 1, min + 1, max + 0.0, min + 0.0, 2 ^ 53, 2 ^ 53 + 1 | 0, (2 ^ 53 | 0) - 1,
  -(2 ^ 53 | 0) - 1, 2 ^ 62, 2.0 ^ 63, -2.0 ^ 63, -2.0 ^ 63 - 2048, 2.0 ^ 63 - 1024, inf, -inf, nan, 0.1, 1e300, -1e300, 5e-324 }
local function bits(a, b)
  local s = ""
  s = s .. (a < b and "<" or ".") .. (a <= b and "[" or ".") .. (a > b and ">" or ".") .. (a >= b and "]" or ".")
  return s .. (a == b and "=" or ".") .. (a ~= b and "~" or ".")
end
for i, a in ipairs(values) do
  local row = {}
  for j, b in ipairs(values) do row[j] = bits(a, b) end
  print(i, table.concat(row, " "))
end

-- As conditions, with constants on either side and negated.
local function cond(x)
  local t = {}
  if x < 5 then t[#t + 1] = "x<5" end
  if x <= 5 then t[#t + 1] = "x<=5" end
  if x > 5 then t[#t + 1] = "x>5" end
  if x >= 5 then t[#t + 1] = "x>=5" end
  if 5 < x then t[#t + 1] = "5<x" end
  if 5 <= x then t[#t + 1] = "5<=x" end
  if x == 5 then t[#t + 1] = "x==5" end
  if x ~= 5 then t[#t + 1] = "x~=5" end
  if not (x < 5) then t[#t + 1] = "!x<5" end
  if not (x >= 5) then t[#t + 1] = "!x>=5" end
  if x < 5.5 then t[#t + 1] = "x<5.5" end
  if x > -3.0 then t[#t + 1] = "x>-3.0" end
  if x == 5.0 then t[#t + 1] = "x==5.0" end
  if x < 1e300 then t[#t + 1] = "x<1e300" end
  return table.concat(t, " ")
end
for _, v in ipairs { 5, 5.0, 4, 6, 4.9999, 5.5, -3, inf, -inf, nan, max, min } do print(cond(v)) end

-- Strings compare by bytes.
local strings = { "", "a", "b", "ab", "aa", "A", "a\0", "a\0b", "a\0c", "\255", "é", "z", "10", "9", ("x"):rep(60), ("x"):rep(60) .. "y" }
for _, a in ipairs(strings) do
  local row = {}
  for j, b in ipairs(strings) do row[j] = bits(a, b) end
  print(table.concat(row, " "))
end

-- Equality never converts and never fails.
local t, f = {}, function() end
local things = { false, true, 0, "0", 0.0, "", t, {}, f, print }
for i, a in ipairs(things) do
  local row = {}
  for j, b in ipairs(things) do row[j] = tostring(a == b):sub(1, 1) .. tostring(rawequal(a, b)):sub(1, 1) end
  print(i, (nil == a), table.concat(row, " "))
end
print(nil == false, 1 == "1", "a" .. "b" == "ab", ("x"):rep(50) == ("x"):rep(25) .. ("x"):rep(25))

-- Order fails for what has none.
local cases = { { 1, "2" }, { "1", 2 }, { {}, {} }, { nil, 1 }, { true, false }, { print, print }, { {}, 1 }, { 1.5, "x" } }
for i = 1, 8 do
  local a, b = cases[i][1], cases[i][2]
  print(pcall(function() return a < b end))
  print(pcall(function() return a <= b end))
  print(pcall(function() return a > b end))
  print(pcall(function() return a >= b end))
end
print(pcall(function() return 1 < "x" end))
print(pcall(function() return {} < 1 end))
print(pcall(function() return nil > 1 end))

-- and, or, not: values, not booleans.
print(nil and 1, false and 1, 0 and 1, nil or 1, false or nil, 0 or 1, "" and "yes", not nil, not 0)
print(1 and 2 and 3, 1 and nil and 3, nil or false or 3, 1 or error("never"), nil and error("never"))
local function tf(v) if v then return "T" else return "F" end end
print(tf(0), tf(""), tf({}), tf(nil), tf(false), tf(nan), tf(0.0))
local a, b, c = 1, nil, 3
print(a and b or c, a and c or b, (a or b) and c, not a == nil, not (a == nil), a == 1 and b == nil, a ~= 1 or c == 3)
local x = (a < c) == true; local y = not (a < c) ~= false
print(x, y, 1 < 2 == true, "x" == "x" ~= false)

-- Long strings, one of them a constant, the other put together.
do
  local long = "0123456789abcdef0123456789abcdef0123456789"
  local function same(a, b) return a == b, a ~= b end
  for _ = 1, 3 do
    print(same(long, (long .. 1):sub(1, -2)), same((long .. 1):sub(1, -2), long))
    print(same(long, long:sub(1, -3) .. long:sub(-2)), same(long, long:sub(1, -3) .. "98"))
  end
end
