-- Elements that are integers at one time and floats at another, in hot code: arrays that change their kind between runs
-- and within one, values that are no numbers, what is left of an integer where floats are made of it.
local max, min, nan, inf = math.maxinteger, math.mininteger, 0 / 0, math.huge
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) print(pcall(f, ...)) end
local function list(n, v) local t = {} for i = 1, n do t[i] = v or i end return t end
local function both(n) local t = list(n) for i = 2, n, 2 do t[i] = i + 0.5 end return t end

-- Made floats of each time: by a factor, by division, by a constant.
local function scaled(t, k) local s = 0 for i = 1, #t do s = s + t[i] * k end return s end
local function halves(t) local s = 0.0 for i = 1, #t do s = s + t[i] / 2 end return s end
local function shifted(t) local s = 0 for i = 1, #t do s = s - (0.25 - t[i]) + 1.5 / t[i] end return s end
for _, f in ipairs {scaled, halves, shifted} do
  for _ = 1, 30 do one(f, list(12), 0.5) end
  print(one(f, list(12), 0.5), one(f, list(9, 1.5), 0.5), one(f, both(9), 0.5), one(f, {}, 0.5))
  for _ = 1, 30 do one(f, list(12, 2.5), 0.5) one(f, both(11), 0.5) end
  print(one(f, list(12), 3), one(f, list(9, 1.5), 3), one(f, both(9), 3), one(f, {max, min, 1}, 0.5), one(f, {max, 0.5}, 2))
  print(one(f, {nan, 1}, 1) ~= one(f, {nan, 1}, 1), one(f, {inf, 1.5}, 1), one(f, {-0.0, 3}, 1), one(f, {2, -0.0}, 1))
  try(f, {1, "2", 3}, 0.5) try(f, {1, "x"}, 0.5) try(f, {1.5, {}}, 0.5) try(f, {{}, {}}, 0.5) try(f, {true, 1}, 0.5) try(f, nil, 1)
  print(one(f, setmetatable({1, 2.5}, {__len = function() return 3 end, __index = function(_, k) return k * 2 end}), 0.5))
  try(f, setmetatable({1}, {__len = function() return 2 end}), 0.5)
end

-- The array turns within the loop that reads it.
local function smoothed(t) for i = 2, #t - 1 do t[i] = (t[i - 1] + t[i + 1]) * 0.5 end return t end
for _ = 1, 25 do one(smoothed, list(10)) end
print(table.concat(one(smoothed, list(10)), " "), table.concat(one(smoothed, both(7)), " "))
for _ = 1, 25 do smoothed(both(9)) smoothed(list(9, 0.5)) end
print(table.concat(one(smoothed, list(8)), " "), table.concat(one(smoothed, {3, 1, 2}), " "))
local function swept(x, y, n) for j = 1, n do for i = 1, #x do y[i] = x[i] * 0.5 + j end x, y = y, x end return x end
for _ = 1, 15 do swept(list(8, 1), {}, 4) end
print(table.concat(swept(list(5, 1), {}, 3), " "), table.concat(swept(list(5, 1), list(5), 2), " "))
try(swept, {1, 2, "z"}, {}, 2) print(table.concat(swept({1, 2}, {4, setmetatable({}, {__mul = function() return 7 end})}, 2), " "))

-- What was an integer is one where it is looked at, also after the code was left.
local log = {}
local function seen(t, k, at) local s = 0.0 for i = 1, #t do local v = t[i] s = s + v * k if i == at then log[#log + 1] = v end end return s end
for _ = 1, 40 do seen(list(6), 0.5) seen(both(6), 0.5) end
print(one(seen, list(6), 0.5, 3), one(seen, both(6), 0.5, 4), one(seen, {1, 2.0, 3}, 0.5, 2), one(seen, {max, 2}, 1.0, 1))
print(log[1], log[2], log[3], log[4], math.type(log[1]), math.type(log[3]))
local function picked(t, k) local last for i = 1, #t do local v = t[i] if v * k > 2.25 then return v, i, last end last = v end return "none", last end
for _ = 1, 40 do picked(list(4), 0.5) picked(both(4), 0.5) end
print(picked(list(9), 0.5)) print(picked(both(9), 0.5)) print(picked({1, 2, 4.75}, 0.5)) print(picked({1, max}, 0.5)) print(picked({}, 1))
local function paired(t) local a, b = {}, 0 for i = 1, #t do b = b + t[i] * 0.5 a[i] = t[i] end return a, b end
for _ = 1, 40 do paired(list(5)) paired(both(5)) end
local copy, sum = paired({1, 2.0, 3, 4.5}) print(sum, math.type(copy[1]), math.type(copy[2]), copy[3], copy[4])

-- Integers with integers stay so, whatever else there is.
local function mixed(t, u) local s = 0 for i = 1, #t do s = s + t[i] * u[i] end return s end
for _ = 1, 40 do mixed(list(5), list(5)) mixed(list(5), list(5, 0.5)) mixed(both(5), list(5)) end
print(mixed(list(5), list(5)), mixed(list(5), list(5, 0.5)), mixed(both(5), both(5)), mixed({max, 1}, {2, 1}), mixed({min}, {-1}))
try(mixed, {1, 2}, {1}) try(mixed, {1, 2}, {1, {}})
