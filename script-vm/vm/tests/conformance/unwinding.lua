-- What optimized code reads once or holds in machine registers is written behind its back.
local function make(v) return function() return v end end
local get = make(1)
local function sum(n, at, how)
  local s = 0
  for i = 1, n do
    s = s + get()
    if i == at then how() end
    s = s + get()
  end
  return s
end
for i = 1, 50 do sum(20, 0) end
local function set() debug.setupvalue(get, 1, 10) end
print(sum(100, 50, set)) print(sum(10, 0))
-- joined
local other = make(1000)
print(sum(100, 50, function() debug.upvaluejoin(get, 1, other, 1) end)) print(sum(10, 0))
-- from within a comparator, a metamethod, a coroutine, a tail call, a finalizer
local t = setmetatable({}, { __index = function(_, k) debug.setupvalue(get, 1, k) return k end, __lt = function(a, b) debug.setupvalue(get, 1, 7) return true end })
print(sum(100, 50, function() table.sort({ 3, 1, 2 }, function(a, b) debug.setupvalue(get, 1, 3) return a < b end) end))
print(sum(100, 50, function() return t[4] end))
print(sum(100, 50, function() return t < t end))
print(sum(100, 50, function() coroutine.wrap(function() debug.setupvalue(get, 1, 5) coroutine.yield() end)() end))
print(sum(100, 50, function() return debug.setupvalue(get, 1, 6) end))
print(sum(100, 50, function() return pcall(function() debug.setupvalue(get, 1, 8) error("x") end) end))
print(sum(100, 50, function() setmetatable({}, { __gc = function() debug.setupvalue(get, 1, 9) end }) collectgarbage() end))
-- locals of waiting frames
local function outer(n, how)
  local a, b = 1, 0.5
  for i = 1, n do
    a = a + 1
    if i == n // 2 then how() end
    b = b + a
  end
  return a, b
end
for i = 1, 50 do outer(20, function() end) end
local function write() debug.setlocal(3, 3, 1000) end
print(outer(20, write))
print(outer(20, function() write() end))
print(outer(20, function() return (write()) end))
print(outer(20, function() table.sort({ 3, 1 }, function(a, b) debug.setlocal(4, 3, 5000) return a < b end) end))
local m = setmetatable({}, { __add = function() debug.setlocal(3, 3, 7000) return 1 end })
print(outer(20, function() local r = m + 1 end))
-- captured, assigned once
local function capture(n)
  local fs, s = {}, 0
  for i = 1, n do
    local k, j = i * 2, i
    fs[#fs + 1] = function() return k + j end
    s = s + k + fs[#fs]()
    j = j + 1
    s = s + fs[#fs]() - k
  end
  for i = 1, #fs do s = s + fs[i]() end
  return s
end
for i = 1, 40 do capture(10) end
print(capture(100))
