-- Numeric for: bounds at the ends of the integers, float steps, mixed kinds, the loop variable, errors.
local max, min, inf, nan = math.maxinteger, math.mininteger, math.huge, 0 / 0
local function run(a, b, c, limit)
  local out, n = {}, 0
  local ok, e = pcall(function()
    if c == nil then for i = a, b do n = n + 1 out[n] = tostring(i) if n == (limit or 8) then out[n] = out[n] .. ".." break end end
    else for i = a, b, c do n = n + 1 out[n] = tostring(i) if n == (limit or 8) then out[n] = out[n] .. ".." break end end end
  end)
  print(a, b, c, "->", ok and table.concat(out, " ") or e)
end
run(1, 3) run(1, 0) run(3, 1, -1) run(1, 3, 2) run(1, 1) run(0, 10, 3) run(10, 0, -3) run(1, 3, 5) run(-3, 3, 2) run(1, 3, -1)
run(max - 2, max) run(max, max) run(max - 1, max, 2) run(max - 5, max, 3) run(min, min + 2) run(min + 2, min, -1) run(min + 1, min, -2) run(min, max, max) run(max, min, min) run(min, max, max // 2) run(1, max, max) run(-1, min, min)
run(max, max + 1.0) run(1, inf) run(1, -inf) run(1, -inf, -1) run(max - 1, inf) run(min + 1, -inf, -1) run(1, nan) run(nan, 1) run(1, 3, nan) run(1, 2.5) run(1, 2.999999, 1) run(3, 1.5, -1) run(1, 2 ^ 70) run(1, -2 ^ 70, -1) run(1, -2 ^ 70) run(1, 2 ^ 63, max)
run(1.0, 3) run(1, 3.0) run(1, 3, 1.0) run(1, 2, 0.25) run(0.1, 0.5, 0.1) run(2, 1, -0.25) run(1.5, 1.5) run(-0.0, 0) run(inf, inf, 1) run(1.0, inf, 1) run(1, 3, 0.5) run(0.5, 3) run(2 ^ 53, 2 ^ 53 + 4) run(2.0 ^ 53, 2.0 ^ 53 + 4) run(1e300, inf, 1e300) run(-inf, inf)
run(1, 10, 0) run(1.0, 10, 0.0) run(1, 10, 0.0) run("1", 2) run(1, "2") run(1, 2, "1") run(nil, 1) run(1, nil) run({}, 1) run(1, {}) run(1, 2, {}) run(true, 1) run(1, true, 1) run("a", "b", "c")
print(pcall(function() for i = 1, 10, 0 do end end)) print(pcall(function() for i = nil, 10 do end end)) print(pcall(function() local t = {} for i = 1, t.n do end end)) print(pcall(function() for i = 1.5, "x" do end end)) print(pcall(function() for i = 1, 2, false do end end))
-- The control variable is a copy.
for i = 1, 3 do local was = i i = i * 10 print(was, i) end
for i = 3, 1, -1 do i = "changed" end
-- Bounds are evaluated once, in order.
local function say(n) io_log = (io_log or "") .. n .. " " return n end
for i = say(1), say(3), say(1) do say(10 + i) end print(io_log)
local limit = 3 for i = 1, limit do limit = 10 end print(limit)
local t = { 1, 2, 3 } for i = 1, #t do t[#t + 1] = i end print(#t)
-- Nesting, breaking, returning.
local function find(x) for i = 1, 5 do for j = 1, 5 do if i * j == x then return i, j end end end end print(find(12), find(7))
local sum = 0 for i = 1, 4 do for j = i, 4 do for k = j, 4 do sum = sum + i * j * k end end end print(sum)
for i = 1, 2 do for i = i * 10, i * 10 + 1 do print(i) end print(i) end
-- Loops without a body's use, empty ranges, loop in coroutines.
for _ = 1, 3 do end for i = 5, 1 do print("never") end
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end for x = 0, 1, 0.5 do coroutine.yield(x) end return "end" end)
print(co(), co(), co(), co(), co(), co(), co())
-- Accumulated float steps are exact additions.
local xs = {} for x = 0, 1, 0.1 do xs[#xs + 1] = string.format("%.17g", x) end print(table.concat(xs, " "))
local n = 0 for x = 0, 1, 1 / 3 do n = n + 1 end print(n)
for i = 1, 3 do local f = function() return i end print(f(), math.type(i)) end for i = 1.0, 2 do print(math.type(i)) end for i = 1, 2.0 do print(math.type(i)) end
