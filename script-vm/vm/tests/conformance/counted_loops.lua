-- Loops that count over arrays and are hot: bounds, lengths, kinds and fields that stay the same, and those that do not.
local max, min = math.maxinteger, math.mininteger
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) local ok, r = pcall(f, ...) print(ok, r) end
local function list(n, step) local t = {} for i = 1, n do t[i] = i * (step or 1) end return t end
local function warm(f, ...) for _ = 1, 120 do one(f, ...) end return f end

-- Sums up and down, with neighbours.
local function up(t, a, b) local s = 0 for i = a, b do s = s + t[i] end return s end
local function down(t, a, b) local s = 0 for i = a, b, -1 do s = s + t[i] end return s end
local function near(t, a, b) local s = 0 for i = a, b do s = s + t[i + 1] - t[i - 1] end return s end
local t = list(20)
warm(up, t, 1, 20) warm(down, t, 20, 1) warm(near, t, 2, 19)
print(one(up, t, 1, 20), one(up, t, 3, 5), one(up, t, 5, 3), one(up, t, 20, 20), one(down, t, 20, 1), one(down, t, 4, 4), one(down, t, 1, 2), one(near, t, 2, 19))
-- Beyond both ends.
try(up, t, 1, 21) try(up, t, 0, 5) try(up, t, -3, -1) try(down, t, 21, 1) try(down, t, 3, 0) try(near, t, 1, 19) try(near, t, 2, 20)
-- At the ends of the integers.
try(up, t, max, max) try(up, t, max - 1, max) try(up, t, min, min) try(down, t, min, min) try(down, t, min + 1, min) try(down, t, max, max - 1) try(near, t, max, max) try(near, t, min, min) try(up, t, min, max) try(down, t, max, min)
print(one(up, t, 1, min), one(down, t, 1, max), one(up, t, max, min))
local function far(t, a, b) local s = 0 for i = a, b do s = s + (t[i - 3] or 1) + (t[i + 1] or 2) end return s end
local odd = setmetatable(list(6), { __index = function(_, k) return k // 2 end })
for n = 1, 60 do far(list(10), 4, 9) end
print(one(far, list(10), 4, 9), one(far, odd, 1, 8), one(far, odd, max - 2, max - 1), one(far, odd, min, min + 3))
-- Steps.
local function stepped(t, a, b, c) local s = 0 for i = a, b, c do s = s * 2 + t[i] end return s end
warm(stepped, t, 1, 20, 3) print(one(stepped, t, 20, 1, -4), one(stepped, t, 2, 20, 9)) try(stepped, t, 1, 22, 7) try(stepped, t, 20, -1, -7) try(stepped, t, 1, 5, 0) try(stepped, t, max - 1, max, max)
-- Floats and strings as bounds.
try(up, t, 1.0, 3) try(up, t, 1, 3.5) try(up, t, 1, "3") try(up, t, 1.5, 3)

-- A loop that ends early looks at nothing behind its end.
local function find(t, x, n) for i = 1, n do if t[i] == x then return i end end return false end
for k = 1, 200 do find(t, k % 20 + 1, 20) end
print(one(find, t, 7, 1000), one(find, t, 1, max), one(find, t, 20, 20), one(find, t, 99, 20))
for k = 1, 200 do find(t, k % 20 + 1, 1000) end
print(one(find, t, 20, 1000), one(find, list(3), 9, 3), one(find, list(3, 0.5), 1.5, 100))

-- Lengths that change while the loop runs.
local function grow(t, n) local s = 0 for i = 1, n do s = s + t[i] t[#t + 1] = i end return s + #t end
local function shrink(t, n) local s = 0 for i = 1, n do if i == 5 then t[#t] = nil end s = s + (t[i] or 1000) end return s end
for _ = 1, 60 do grow(list(4), 8) shrink(list(8), 6) end
print(one(grow, list(4), 8), one(grow, list(1), 9), one(shrink, list(8), 8), one(shrink, list(9), 8), one(shrink, list(5), 5))
try(grow, {}, 3) try(grow, list(2, 0.5), 5)
-- Kinds that change while it runs.
local function mix(t, n, v) local s = 0 for i = 1, n do if i == 4 then t[6] = v end s = s + t[i] end return s end
for _ = 1, 60 do mix(list(8), 8, 6) end
print(one(mix, list(8), 8, 2.5), one(mix, list(8, 0.5), 8, 1), one(mix, list(8), 8, "7")) try(mix, list(8), 8, {}) try(mix, list(8), 8, nil)
-- Metatables that come while it runs.
local function meta(t, n) local s = 0 for i = 1, n do if i == 3 then setmetatable(t, { __index = function(_, k) return k * 100 end }) end s = s + t[i] end return s end
for _ = 1, 60 do meta(list(6), 6) end
print(one(meta, list(6), 8), one(meta, list(2), 4)) try(meta, list(1), 4)
-- The table of the loop changes.
local function switch(t, u, n) local s = 0 for i = 1, n do s = s + t[i] if i == 4 then t = u end end return s end
for _ = 1, 60 do switch(list(8), list(8), 8) end
print(one(switch, list(8), list(8, 10), 8), one(switch, list(8), list(8, 0.5), 8)) try(switch, list(8), list(6), 8) try(switch, list(4), {}, 5)

-- Two names of one table.
local function copy(t, u, n) for i = 2, n do t[i] = u[i - 1] end return t[n] end
for _ = 1, 60 do copy(list(8), list(8), 8) end
local same = list(8) print(one(copy, same, same, 8), table.concat(same, " "))
local function scale(o, p, n) local s = 0 for i = 1, n do s = s + o.k p.k = p.k * 2 end return s end
for _ = 1, 60 do scale({ k = 1 }, { k = 2 }, 5) end
local p = { k = 1 } print(one(scale, p, p, 5), p.k, one(scale, { k = 0.5 }, p, 3), p.k)
local function append(t, u, n) local s = 0 for i = 1, n do u[#u + 1] = i s = s + #t end return s end
for _ = 1, 60 do append(list(2), list(2), 4) end
local a = {} print(one(append, a, a, 5), one(append, a, {}, 5))

-- Errors in the middle, with what was done before them.
local log
local function noisy(t, n) log = {} for i = 1, n do log[#log + 1] = i t[i] = t[i] + 1 end return #log end
for _ = 1, 60 do noisy(list(6), 6) end
local holes = { 1, 2, 3, nil, 5 } try(noisy, holes, 5) print(#log, holes[1], holes[3], holes[5])
local words = { 1, 2, "x", 4 } try(noisy, words, 4) print(#log, words[2], words[3], words[4])
local short = list(3) try(noisy, short, 5) print(#log, short[3], short[4])

-- What is the same in every iteration of loops in loops, until it is not.
local function nested(o, n)
  local s = 0
  for i = 1, n do
    for j = 1, #o.list do s = s + o.list[j] * o.k end
    if i == n - 1 then o.k = o.next end
  end
  return s
end
for _ = 1, 60 do nested({ list = list(4), k = 2, next = 2 }, 4) end
print(one(nested, { list = list(4), k = 2, next = 3 }, 4), one(nested, { list = list(4), k = 2, next = 0.5 }, 4), one(nested, { list = {}, k = 2 }, 4), one(nested, { k = 1, next = 5, list = list(3, 0.5) }, 3))
try(nested, { list = list(4), k = 2 }, 4) try(nested, { k = 1 }, 2)
local limit = { n = 5 }
local function counted() local c = 0 for i = 1, 6 do for j = 1, limit.n do c = c + 1 if i == 3 then limit.n = 2 end end end return c end
for _ = 1, 60 do limit.n = 5 counted() end limit.n = 5 print(one(counted), limit.n)
-- Integers that wrap inside.
local function wrap(x, n) for i = 1, n do x = x + 1 end return x end
for _ = 1, 60 do wrap(1, 20) end print(one(wrap, max - 3, 10) == min + 6, one(wrap, max, 1) == min)
local function around(t, x, n) local s = 0 for i = 1, n do x = x + 1 s = s + (t[x] or 1) end return s end
for _ = 1, 60 do around(list(30), 2, 20) end print(one(around, list(30), max - 3, 8), one(around, list(30), min, 4), one(around, list(30), -4, 9))
