-- Closures and upvalues: fresh per iteration, shared, nested, captured in loops left by break and goto, parameters.
local function calls(list, ...) local out = {} for i, f in ipairs(list) do out[i] = tostring(f(...)) end print(table.concat(out, " ")) end
local fs = {}
for i = 1, 4 do fs[i] = function() i = i + 10 return i end end
calls(fs) calls(fs)
fs = {}
for _, v in ipairs { "a", "b", "c" } do fs[#fs + 1] = function() v = v .. "!" return v end end
calls(fs) calls(fs)
fs = {}
local n = 0
while n < 3 do n = n + 1 local k = n fs[n] = function(d) k = k + (d or 1) return k end end
calls(fs, 5) calls(fs)
fs = {}
repeat local r = n fs[#fs + 1] = function() r = r + 1 return r end n = n - 1 until r == 1
calls(fs) calls(fs)
-- Two closures share one variable; a third has another.
local function pair() local x = 0 return function() x = x + 1 return x end, function() return x end end
local inc, get = pair() local inc2, get2 = pair()
print(inc(), inc(), get(), inc2(), get2(), get())
-- Nested three deep, all levels assign.
local function outer() local a = 1
  return function() local b = 10 a = a + 1
    return function() a, b = a + 1, b + 1 return a, b end end end
local mid = outer() local in1, in2 = mid(), mid()
print(in1()) print(in2()) print(in1())
-- Captured while the frame still runs: both see the same variable.
do
  local x = 1
  local function get() return x end
  local function set(v) x = v end
  x = 2 print(get()) set(3) print(x) x = x + 1 print(get())
  for i = 1, 3 do x = x + i set(x * 2) end print(x, get())
end
-- Parameters and varargs as upvalues.
local function param(a, ...) local t = { ... } return function() a = a + 1 return a, #t, t[1] end end
local p1 = param(1, "x", "y") print(p1()) print(p1())
-- break and goto out of a scope close its variables.
fs = {}
for i = 1, 10 do local j = i * 2 fs[#fs + 1] = function() j = j + 1 return i .. ":" .. j end if i == 3 then break end end
calls(fs) calls(fs)
fs = {}
do
  local k = 0
  ::top::
  local fresh = k
  fs[#fs + 1] = function() fresh = fresh + 100 return fresh end
  k = k + 1
  if k < 3 then goto top end
end
calls(fs) calls(fs)
fs = {}
for i = 1, 3 do
  local a = i
  if i == 2 then goto continue end
  do local b = a * 10 fs[#fs + 1] = function() a, b = a + 1, b + 1 return a .. "/" .. b end end
  ::continue::
end
calls(fs) calls(fs)
-- while with a captured variable and continue.
fs = {}
local w = 0
while true do
  w = w + 1
  local v = w
  if v % 2 == 0 then goto next end
  if v > 7 then break end
  fs[#fs + 1] = function() v = v + 0.5 return v end
  ::next::
end
calls(fs) calls(fs)
-- Recursion through an upvalue, and mutual recursion.
local function fib(k) return k < 2 and k or fib(k - 1) + fib(k - 2) end print(fib(12))
local even, odd
function even(k) if k == 0 then return true end return odd(k - 1) end
function odd(k) if k == 0 then return false end return even(k - 1) end
print(even(10), odd(7), even(7))
local fact = (function(f) return (function(x) return x(x) end)(function(x) return f(function(v) return x(x)(v) end) end) end)
(function(self) return function(k) return k == 0 and 1 or k * self(k - 1) end end)
print(fact(10))
-- Many upvalues in one closure.
local a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12 = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
local function sum() a1, a12 = a12, a1 return a1 + a2 * a3 - a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11 + a12 end
print(sum(), a1, a12, sum(), a1)
-- Returned from a loop in mid-iteration; error in mid-scope closes too.
local function find() for i = 1, 5 do local v = i * i if v > 10 then return function() v = v + 1 return v end end end end
local found = find() print(found(), found())
local kept
print(pcall(function() local v = "before" kept = function() return v end v = "after" error("x", 0) end)) print(kept())
-- Identity: each evaluation makes a new closure when it captures something.
local function make() local z = {} return function() return z end end
print(make() == make(), make()() == make()())
-- Upvalue of a coroutine outlives it.
local co = coroutine.wrap(function() local v = 0 coroutine.yield(function() v = v + 1 return v end) v = v + 100 coroutine.yield(v) end)
local cf = co() print(cf(), cf(), co(), cf()) co = nil collectgarbage() print(cf())
-- Method closures over self, shadowing, a counter in a table.
local Account = {} Account.__index = Account
function Account.new(b) return setmetatable({ balance = b }, Account) end
function Account:depositor() return function(v) self.balance = self.balance + v return self.balance end end
local acc = Account.new(10) local d = acc:depositor() print(d(5), d(6), acc.balance)
local s = 1 local function shadow(s) local s = s + 1 do local s = s * 10 return s, function() return s end end end
local sv, sf = shadow(1) print(sv, sf(), s)
