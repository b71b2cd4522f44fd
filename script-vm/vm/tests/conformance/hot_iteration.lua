-- Generic loops that are hot: over arrays, fields, dictionaries and closures, as they were and as they are changed meanwhile.
local max, min = math.maxinteger, math.mininteger
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) local ok, r = pcall(f, ...) print(ok, r) end
local function list(n, step) local t = {} for i = 1, n do t[i] = i * (step or 1) end return t end
local function warm(f, ...) for _ = 1, 120 do one(f, ...) end return f end

-- ipairs: kinds of arrays, holes, ends.
local function sum(t) local s = 0 for i, v in ipairs(t) do s = s + v * i end return s end
warm(sum, list(10))
print(one(sum, list(10)), one(sum, {}), one(sum, list(7, 0.5)), one(sum, {1, nil, 3}), one(sum, {1, "2", 3.5}), sum(list(3)))
try(sum, {1, {}, 2}) try(sum, nil) try(sum, 5) try(sum, "text")
local function count(t) local n = 0 for i in ipairs(t) do n = i end return n end
warm(count, {1, true, "x", {}})
print(one(count, {1, true, "x", {}}), one(count, {nil, 2}), one(count, {false, false}), one(count, {[1] = 1, [2] = 2, [4] = 4}))
-- Elements in the dictionary, behind metatables, in weak tables.
local scattered = {} for i = 5, 1, -1 do scattered[i] = i end
local inherited = setmetatable({1, 2}, {__index = function(_, i) if i < 6 then return i * 10 end end})
local weak = setmetatable({1, 2, 3}, {__mode = "v"})
local chained = setmetatable({1}, {__index = {9, 8, 7}})
local plain = setmetatable({4, 5}, {})
for _ = 1, 40 do
  local a, b, c, d, e = one(sum, scattered), one(sum, inherited), one(sum, weak), one(sum, chained), one(sum, plain)
  if _ == 1 or _ == 40 then print(a, b, c, d, e) end
end
-- What the loop does to the array it goes through.
local function change(t, f) local s = 0 for i, v in ipairs(t) do s = s + v f(t, i, v) if s > 1000 then break end end return s, #t end
local function leave() end
warm(change, list(5), leave)
print(change(list(5), function(t, i) if i == 2 then t[#t] = nil end end))
print(change(list(5), function(t, i, v) if #t < 9 then t[#t + 1] = v end end))
print(change(list(5), function(t, i) t[i + 1] = t[i + 1] and 2.5 end))
print(change(list(5), function(t, i) if i == 3 then setmetatable(t, {__index = function(_, k) if k < 8 then return 100 end end}) end end))
print(change(list(5), function(t, i) t[i] = nil end))
-- Loop variables are copies.
local function assigned(t) local s = 0 for i, v in ipairs(t) do i = i * 2 v = v + i s = s + v end return s end
warm(assigned, list(4)) print(one(assigned, list(6)))
-- Other beginnings.
local step = ipairs {}
local function from(t, first) local s = 0 for i, v in step, t, first do s = s * 2 + v if i > 20 then break end end return s end
warm(from, list(5), 0)
print(one(from, list(5), 2), one(from, list(5), 5), one(from, list(5), -1), one(from, list(5), max), one(from, list(5), min), one(from, {[0] = 7, 1, 2}, -1))
try(from, list(5), "2") try(from, list(5), 2.0) try(from, list(5), 2.5) try(from, list(5), nil)

-- pairs and next: sums and counts, since the order is nobody's business.
local function total(t) local s, n = 0, 0 for k, v in pairs(t) do s = s + v n = n + 1 end return s * 100 + n end
local function mixed(n) local t = {} for i = 1, n do t[i] = i t["k" .. i] = i t[i + 0.5] = i end return t end
local fields, many = {a = 1, b = 2, c = 3}, {} for i = 1, 200 do many["key" .. i] = i end
warm(total, fields)
print(one(total, fields), one(total, list(9)), one(total, many), one(total, mixed(20)), one(total, {}), one(total, {[3] = 3, [2.5] = 1}), one(total, {1, nil, 3}), total(fields))
for _ = 1, 40 do one(total, list(9)) one(total, many) one(total, mixed(5)) end
print(one(total, fields), one(total, list(9)), one(total, many), one(total, mixed(20)), one(total, {}))
try(total, nil) try(total, 1) try(total, {1, "x"}) try(total, {1, {}})
local function keys(t) local n = 0 for k in next, t do n = n + (type(k) == "string" and #k or 1) end return n end
warm(keys, many) print(one(keys, many), one(keys, fields), one(keys, list(5, 0.5)), one(keys, mixed(10)), one(keys, {}))
local function three(t) local n = 0 for k, v, nothing in pairs(t) do if nothing == nil then n = n + v end end return n end
warm(three, fields) print(one(three, fields), one(three, list(4)))
-- Taking away, and changing what is there.
local function clear(t) local n = 0 for k, v in pairs(t) do t[k] = nil n = n + v end return n, next(t) end
for _ = 1, 60 do clear({a = 1, b = 2, 5, 6}) clear(mixed(6)) clear(list(5)) end
print(clear({a = 1, b = 2, 5, 6})) print(clear(mixed(15))) print(clear(list(12)))
local function double(t) for k, v in pairs(t) do t[k] = v * 2 end return total(t) end
for _ = 1, 60 do double({a = 1, b = 2, 5, 6}) double(mixed(3)) end
print(one(double, {a = 1, b = 2, 5, 6}), one(double, mixed(8)), one(double, list(5, 0.25)))
local function others(t, gone) local n = 0 for k, v in pairs(t) do n = n + 1 for g in pairs(gone) do if g ~= k then t[g] = nil end end end return n end
for _ = 1, 60 do others(mixed(3), {}) others(list(4), {k1 = true}) end
print(one(others, list(5), {[5] = true, [4] = true}), one(others, {1, 2, 3, x = 1}, {[3] = true, x = true}), one(others, mixed(4), {k2 = true, [2.5] = true}) > 0)
local function half(t) local n = 0 for k in pairs(t) do n = n + 1 if n % 2 == 0 then t[k] = nil end end return n end
for _ = 1, 30 do local t = list(9) for _ = 1, 4 do half(t) end end
do local t = mixed(9) print(half(t), half(t), half(t), half(t)) end
-- Keys that are not there (any more), and beginnings in the middle.
local function after(t, k) local n = 0 for _, v in next, t, k do n = n + v end return n end
warm(after, list(6), 2) print(one(after, list(6), 2), one(after, list(6), 6), one(after, list(6), nil), one(after, {10, 20, x = 5}, 2))
for _, t in ipairs {fields, {x = 1}, {x = 1, y = 2}, many} do local first, v = next(t) print(v + one(after, t, first)) end
try(after, list(3), 40) try(after, list(3), "no") try(after, {}, 1) try(after, fields, 1)
-- __pairs and metatables without.
local proxy = setmetatable({}, {__pairs = function(t) return function(_, k) k = (k or 0) + 1 if k <= 4 then return k, k * k end end, t, nil end})
for _ = 1, 60 do one(total, proxy) end
print(one(total, proxy), one(total, setmetatable({a = 5}, {})), one(total, setmetatable({1, 2}, {__index = {3, 4, 5}})), one(total, setmetatable({6}, {__mode = "k"})))
local called = 0
local function guarded(t) for k, v in pairs(t) do called = called + v end end
for _ = 1, 60 do guarded(fields) end
try(guarded, setmetatable({}, {__pairs = function() error("no pairs") end})) print(called)

-- Closures as iterators.
local function range(n) local i = 0 return function() i = i + 1 if i <= n then return i end end end
local function through(f, n) local s = 0 for x in f(n) do s = s + x end return s end
warm(through, range, 10) print(one(through, range, 10), one(through, range, 0), through(range, 3))
local function letters(n) local i = 0 return function(state, control) i = i + 1 if i <= n then return i, "x", control end end, n, 0 end
local function several(f, n) local s = 0 for a, b, c, d in f(n) do s = s + a + #b + c + (d == nil and 1 or 0) end return s end
warm(several, letters, 6) print(one(several, letters, 6), one(several, letters, 1), several(letters, 4))
local function walk(list, at) if at < #list then return at + 1, list[at + 1] end end
local function stateless(t) local s = 0 for i, v in walk, t, 0 do s = s * 3 + i + v end return s end
warm(stateless, list(5)) print(one(stateless, list(5)), one(stateless, {}), one(stateless, {2.5, 1}))
try(stateless, {1, {}}) try(through, function() return 5 end, 1) try(through, function() return nil end, 1)
local function failing(n) local i = 0 return function() i = i + 1 if i > n then error("enough", 2) end return i end end
try(through, failing, 3) try(through, range, "x")
print(one(through, function(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end, 5))
print(one(through, function(n) return setmetatable({}, {__call = function() n = n - 1 if n > 0 then return n end end}) end, 5))
local function fib(n) return coroutine.wrap(function() for _, x in ipairs(list(n)) do coroutine.yield(x) end for k, v in pairs({a = 1}) do coroutine.yield(v) end end) end
for _ = 1, 30 do one(through, fib, 4) end print(one(through, fib, 6))

-- Captured variables, closing values, and ways out.
local function capture(t) local f = {} for i, v in ipairs(t) do f[i] = function() v = v + i return v end end local s = 0 for _, g in ipairs(f) do s = s + g() + g() end return s end
warm(capture, list(4)) print(one(capture, list(5)))
local log = {}
local function closing(t, c) local s = 0 for k, v in next, t, nil, c do s = s + v if v == 3 then break end end return s end
warm(closing, fields, nil)
local closer = setmetatable({}, {__close = function(_, e) log[#log + 1] = tostring(e) end})
print(one(closing, {1, 2, 3, 4}, closer), #log, one(closing, {1, 2}, closer), #log, one(closing, {1}, false))
for _ = 1, 40 do one(closing, {3}, closer) end
print(one(closing, {1, 2}, nil), #log) try(closing, {1}, 7) try(closing, {1, {}}, closer) print(#log, log[#log])
local function find(t, x) for i, row in ipairs(t) do for k, v in pairs(row) do if v == x then return i, k end end end end
for _ = 1, 80 do find({{1, 2}, {a = 3}, {4, b = 5}}, 5) end
print(find({{1, 2}, {a = 3}, {4, b = 5}}, 5)) print(find({{1, 2}, {a = 3}}, 3)) print(find({{1, 2}, {}}, 9))
local function skip(t) local s = 0 for i, v in ipairs(t) do if v % 2 == 0 then goto continue end s = s + v ::continue:: end return s end
warm(skip, list(8)) print(one(skip, list(9)), one(skip, {2, 4}), one(skip, {1, 2.5}))
local function nested(t) local n = 0 for _, a in ipairs(t) do for _, b in ipairs(t) do for _ in pairs(t) do n = n + a * b end end end return n end
warm(nested, list(3)) print(one(nested, list(5)), one(nested, {}), one(nested, {1.5}))

-- One place, several iterators.
local function any(f, s, c) local n = 0 for k, v in f, s, c do n = n + v end return n end
for _ = 1, 40 do any(next, fields) end
print(any(next, {1, 2, 3}), any(step, {1, 2, 3}, 0), any(walk, {1, 2, 3}, 0), any(next, fields))
for _ = 1, 40 do any(step, list(3), 0) any(walk, list(3), 0) any(next, fields) end
print(any(next, {1, 2, 3}), any(step, {1, 2, 3}, 0), any(walk, {1, 2, 3}, 0), any(next, fields))
try(any, nil) try(any, 5, 5) try(any, {}, {})

-- Loops that go on for long enough to be compiled in their midst.
local big, sums = {}, 0 for i = 1, 3000 do big[i] = i big["n" .. i] = 1 end
for _ = 1, 3 do for i, v in ipairs(big) do sums = sums + v end for k, v in pairs(big) do sums = sums + v end for k, v in next, fields do sums = sums + v end end
print(sums)
local cut = 0 for k, v in pairs(big) do if type(k) == "number" then big[k] = nil end cut = cut + 1 end print(cut, #big, next(big) ~= nil)
