-- Hot loops over numbers of all kinds: steps, directions, limits that are floats, loops over floats, the ends of the ranges.
local max, min, huge = math.maxinteger, math.mininteger, math.huge
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) print(pcall(f, ...)) end
local function warm(f, ...) for _ = 1, 120 do one(f, ...) end return f end

-- How a loop goes: rounds, what they add up to, the last value, at most a hundred rounds.
local function loop(a, b, c)
  local n, s, last = 0, 0, nil
  for i = a, b, c do
    n = n + 1 s = s + i last = i
    if n == 100 then break end
  end
  return n .. " " .. s .. " " .. tostring(last)
end
local function constant(step) return load("local a, b = ... local n, s, last = 0, 0, nil for i = a, b, " .. step .. " do n = n + 1 s = s + i last = i if n == 100 then break end end return n .. ' ' .. s .. ' ' .. tostring(last)", "=step") end

local bounds = {
  {1, 10}, {10, 1}, {5, 5}, {0, -1}, {1, 10.5}, {10, 0.5}, {-3.5, 3}, {1.0, 4}, {0, 1}, {1, huge}, {-1, -huge}, {1, -huge},
  {max - 2, max}, {min + 2, min}, {min, max}, {max, min}, {max - 1, huge}, {min + 1, -huge}, {max - 1, 2^63}, {min, -2^63},
  {1, 0/0}, {0/0, 1}, {-0.0, 0.0}, {0.0, -0.0}, {1, 2^53}, {2^53, 2^53 + 4}, {huge, huge}, {-huge, huge}, {1, -0.0},
}
local steps = {1, -1, 2, -2, 3, -7, 0.5, -0.25, 1.0, max, min, min + 1, huge, -huge, 1e308}
-- A loop that has seen one kind, and then meets all others.
for number, first in ipairs {{1, 20, 1}, {20, 1, -3}, {1, 20.5, 2}, {0.0, 2, 0.25}, {3.5, -3, -0.5}, {1, 9, 4}} do
  local f = load(string.format("local loop = ... return function(a, b, c) local n, s, last = 0, 0, nil for i = a, b, c do n = n + 1 s = s + i last = i if n == 100 then break end end return n .. ' ' .. s .. ' ' .. tostring(last) end -- %d", number))()
  warm(f, first[1], first[2], first[3])
  print(first[1], first[2], first[3], one(f, first[1], first[2], first[3]))
  for _, range in ipairs(bounds) do
    for _, step in ipairs(steps) do print(range[1], range[2], step, one(f, range[1], range[2], step)) end
  end
  try(f, 1, 10, 0) try(f, 1, 10, 0.0) try(f, 1, "10", 1) try(f, 1.5, "10", 1) try(f, "1", 10, 1) try(f, 1, {}, 1) try(f, 1, 10, 0/0) try(f, nil, 1, 1)
end
-- Steps that stand in the code.
for _, step in ipairs {"1", "-1", "2", "-2", "3", "-5", "0.5", "-0.5", "1e300", "9223372036854775807", "math.mininteger", "-0.25", "1.0"} do
  local f = constant(step)
  warm(f, 1, 20) warm(f, 20, 1)
  for _, range in ipairs(bounds) do print(step, range[1], range[2], one(f, range[1], range[2])) end
  try(f, 1, "x") try(f, {}, 1) try(f, "1", 1)
end
try(constant("0"), 1, 2) try(constant("0.0"), 1, 2)

-- A limit that is a float, as in a search for divisors.
local function primes(n)
  local found = {}
  for i = 2, n do
    local is_prime = true
    for d = 2, math.sqrt(i) do if i % d == 0 then is_prime = false break end end
    if is_prime then found[#found + 1] = i end
  end
  return table.concat(found, " ")
end
print(one(primes, 400)) print(one(primes, 50))
local function half(n) local s = 0 for i = 1, n / 2 do s = s + i end return s end
warm(half, 20) print(one(half, 21), one(half, 1), one(half, 0), one(half, -3), one(half, 2.0), one(half, 7.9))
try(half, 0/0) try(half, "12") try(half, "x")

-- Steps that are variables: a sieve, and one that turns round.
local function sieve(n)
  local out = {} for i = 1, n do out[i] = true end
  for i = 2, n do if out[i] then for j = i * i, n, i do out[j] = false end end end
  local c = 0 for i = 2, n do if out[i] then c = c + 1 end end
  return c
end
for n = 100, 130 do sieve(n) end print(one(sieve, 500))
local function walk(t, a, b, c) local s = 0 for i = a, b, c do s = s * 3 + t[i] end return s end
local t = {} for i = 1, 30 do t[i] = i end
warm(walk, t, 1, 30, 4) print(one(walk, t, 2, 30, 7), one(walk, t, 30, 1, -4), one(walk, t, 3, 1, 1)) try(walk, t, 1, 31, 5) try(walk, t, -1, 5, 2) try(walk, t, 30, -2, -4)

-- Bounds that are looked at before a loop in steps.
local function threes(t, a, b) local s = 0 for i = a, b, 3 do s = s * 2 + t[i] end return s end
local function fours(t, a, b) local s = 0 for i = a, b, -4 do s = s * 2 + t[i] end return s end
local function pairwise(t, n) local s = 0 for i = 1, n, 2 do s = s + t[i] * t[i + 1] end return s end
warm(threes, t, 1, 30) warm(fours, t, 30, 1) warm(pairwise, t, 29)
print(one(threes, t, 1, 28), one(threes, t, 2, 30), one(threes, t, 30, 30), one(threes, t, 5, 1), one(fours, t, 29, 1), one(fours, t, 30, 2), one(fours, t, 1, 2), one(pairwise, t, 30), one(pairwise, t, 0))
try(threes, t, 1, 31) try(threes, t, 3, 33) try(threes, t, 0, 9) try(threes, t, -2, -1) try(threes, t, max - 1, max) try(threes, t, min, min + 1) try(fours, t, 34, 1) try(fours, t, 30, -2) try(fours, t, min, min) try(fours, t, 3, -10) try(pairwise, t, 31)

-- The variable is the loop's own: what is assigned to it counts for nothing.
local function own(n, c) local s = 0.0 for x = 0.0, n, c do s = s + x x = x * 2 s = s + x end return s end
warm(own, 2, 0.25) print(one(own, 2, 0.25), one(own, 3, 0.5), one(own, 0, 1), one(own, -1, 1))
local function nested(n) local s = 0 for x = 0, 1, 0.25 do for y = x, 0, -0.5 do for k = 1, n, 2 do s = s + x * y * k end end end return s end
warm(nested, 5) print(one(nested, 8), one(nested, 1))
-- Errors, yields and closures in the midst of loops over floats.
local function failing(n, at) for x = 0, n, 0.5 do if x == at then error("at " .. x) end end return n end
warm(failing, 3, -1) try(failing, 3, 2) try(failing, 3, 3.0) try(failing, 3, 0)
local co = coroutine.wrap(function() for x = 1, 0, -0.25 do coroutine.yield(x) end return "end" end)
for _ = 1, 6 do print(co()) end
local fs = {} for x = 0, 1, 0.5 do fs[#fs + 1] = function() x = x + 1 return x end end print(fs[1](), fs[1](), fs[2](), fs[3]())
