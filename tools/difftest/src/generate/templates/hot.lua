--- hot.aliases 14 120
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function step(a, b, n)
  local s = 0
  for i = 1, n do
    local x = a.x
    b.x = b.x ‹+ 1¦* 3¦- i¦+ 0.5›
    a.y = ‹a.x¦b.x¦x› + i
    s = s + a.x - x ‹+ b.y¦¦- a.y›
    ‹if i % $p == 0 then a.z = i end¦if i == n // 2 then b.w = $i end¦a.x = a.x + x % 7¦›
    s = s + a.x
  end
  return s, a.x, b.x, a.y
end
local o, p = {x = $i, y = 1}, {x = ‹$i¦$f›, y = 2}
for i = 1, 30 do step(o, p, 3) end
print(one(step, o, o, 5)) print(one(step, o, p, 4)) print(one(step, p, p, 3)) print(one(step, ‹{y = 0, x = 1}¦{x = 1.5, y = 0, z = 3}¦o›, p, 4))
--- hot.shapes 12 100
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function grow(t, n)
  local s = 0
  for i = 1, n do
    local before = t.a
    ‹t.b = i¦if i == 2 then t.c = i end¦t.a = t.a + 1¦if i > 2 then t.a = nil t.a = before end›
    ‹t.d = before¦t.a = t.a + i¦›
    s = s + (t.a or 100) + (t.b or 0) + (t.c or 0)
  end
  return s
end
for i = 1, 25 do grow({a = i}, 3) end
print(one(grow, {a = 1}, 4), grow({b = 1, a = 2}, 4), grow({a = 1.5, c = 2}, 3), ‹try(one, grow¦try(grow›, {a = "x"}, 2), ‹try(one, grow¦try(grow›, setmetatable({}, {__index = function(_, k) return #k end}), 3))
--- hot.arrays 14 120
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function pass(t, u, n)
  local s = #t
  for i = 1, n do
    t[#t + 1] = ‹i¦i * 0.5¦s¦u[i]›
    s = s + #t - #u
    ‹u[i] = t[i]¦t[i] = u[#u]¦u[#u] = nil u[#u + 1] = i¦if i == 2 then u[i] = ‹"5"¦2.5¦i› end›
    s = s + t[i] + u[i]
  end
  return s
end
local t = {1, 2, 3}
for i = 1, 25 do pass({1, 2, 3, 4}, {4, 3, 2, 1}, 3) end
print(one(pass, t, t, 3), #t, table.concat(t, ","))
print(‹try(one, pass¦try(pass›, {1.5, 2.5}, {1, 2, 3}, 2)) print(‹try(one, pass¦try(pass›, {1, 2, 3}, {"7", "8", "9"}, 3)) print(‹try(one, pass¦try(pass›, {}, {1}, 2)) print(‹try(one, pass¦try(pass›, {true}, {1, 2}, 2))
--- hot.floats 14 90
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function f(x, y, n)
  local s, z = ‹0¦0.0¦-0.0¦x›, ‹0.0¦-0.0¦y›
  for i = 1, n do
    s = ‹s + z¦z + s¦s - z¦s * 1¦s * -1¦z - s¦s + 0.0¦s - 0.0¦-s¦s * z¦s / 1¦s % 3¦s // 1›
    z = ‹z * -1¦-z¦z + x - x¦z›
    ‹s = s + x¦s = s * y¦if s ~= s then s = 1 end¦›
  end
  return s, 1 / s, z, 1 / z, s == 0
end
for i = 1, 30 do f(‹-0.0¦0.0¦$f›, 1.5, 3) end
print(one(f, -0.0, -0.0, 3)) print(one(f, 0.0, $q, 3)) print(one(f, $q, $q, 3)) print(one(f, ‹1/0¦-1/0¦0/0¦$i›, ‹0.0¦$f¦$i›, 4)) print(‹try(one, f¦try(f›, "1", 2, 2))
--- hot.overflow 10 90
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function f(a, b, n)
  local s = a
  for i = 1, n do
    s = ‹s + b¦s * b¦s - b¦s * s + b¦(s << 1) ~ b¦s + b * i›
    ‹if s < a then s = s // 2 end¦if s % 2 == 0 then s = s + 1 end¦›
  end
  return s, math.type(s)
end
for i = 1, 30 do f(i, 3, 4) end
print(one(f, math.maxinteger, ‹1¦2¦math.maxinteger›, 3)) print(one(f, math.mininteger, ‹-1¦1¦math.mininteger›, 3)) print(one(f, $q, $i, 3)) print(one(f, $i, $f, 2))
--- hot.recursion 14 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function down(n, x, t)
  local a, b, c = n * 2, x, t.k
  if n == 0 then return ‹x + t.k¦t.k.y¦#x¦x.y¦t.f(x)› end
  ‹t.k = t.k + 1¦¦if n == 3 then t.k = t.k + 0.5 end›
  local r = down(n - 1, x, t)
  ‹return r + a¦return a + r + (c or 0)¦if r then return r, b end return a¦local q = r return q + t.k›
end
local t = {k = ‹1¦{y = 2}¦0.5›, f = function(v) return v end}
local good = ‹3¦"abc"¦{y = 5}¦1.5›
for i = 1, 30 do pcall(down, 4, good, t) end
print(‹try(one, down¦try(down›, 5, good, t)) print(‹try(one, down¦try(down›, 6, ‹$v¦$x¦2.5›, t)) print(‹try(one, down¦try(down›, 5, good, {k = ‹1.5¦nil¦"2"›})) print(‹try(one, down¦try(down›, ‹3¦2.0¦$i % 5›, good, t))
--- hot.inlined_errors 12 110
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local depth = 0
local function inner(t, k) ‹return t[k] + 1¦return t.x.y¦depth = depth + 1 return t.x¦if k > 3 then error({k}) end return k¦return -t.x› end
local function middle(t, k) local v = inner(t, k) ‹return v¦return v + k¦depth = depth + k return v› end
local function outer(t, k) local a, b = k, t local v = ‹middle(t, k)¦inner(t, k)¦middle(t, k) or a› return v, a + depth, b == t end
local t = {x = ‹{y = 1}¦4›, 10, 20, 30}
for i = 1, 35 do pcall(outer, t, i % 3 + 1) end
print(‹try(one, outer¦try(outer›, t, 2)) print(‹try(one, outer¦try(outer›, {}, 2)) print(‹try(one, outer¦try(outer›, {x = ‹"a"¦2.5¦{}›, 1.5, 2.5}, ‹2¦5¦"1"›))
local co = coroutine.wrap(function() return outer(setmetatable({}, {__index = function(_, k) return coroutine.yield(k) end}), 1) end)
print(try(co)) print(try(co, ‹{y = 3}¦7›))
--- hot.redefinition 12 110
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local Class = {} Class.__index = Class
function Class.new(v) return setmetatable({v = v}, Class) end
function Class:get(d) return self.v + (d or 0) end
function helper(x) return x + ‹1¦0.5› end
local function work(o, n) local s = 0 for i = 1, n do s = s + o:get(i) + helper(i) ‹if i == n - 1 then o.v = o.v + 1 end¦› end return s end
local o = Class.new($i)
for i = 1, 25 do work(o, 4) end
print(one(work, o, 4))
‹function Class:get(d) return self.v * 2 end¦Class.get = nil Class.__index = function(_, k) return function(self, d) return d end end¦o.get = function(self, d) return -d end¦setmetatable(o, {__index = {get = function(self) return 0.25 end}})¦rawset(Class, "get", helper)›
‹helper = math.abs¦function helper(x) return -x end¦helper = nil¦helper = setmetatable({}, {__call = function(_, x) return x * 3 end})¦›
for i = 1, 3 do print(‹try(one, work¦try(work›, o, 4)) end
print(‹try(one, work¦try(work›, ‹{v = 1, get = Class.get}¦Class.new("10")¦setmetatable({}, {__index = Class})¦nil›, 3))
helper = nil
--- hot.several_kinds 12 120
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local A, B, C = {}, {}, {}
A.__index = A B.__index = setmetatable(B, A) C.__index = C
function A:area() return self.w * ‹2¦self.w¦0.5› end
function B:area() return self.w + self.h end
function C.area(self) return ‹self.h¦-self.w¦self.w .. ""› end
function A:move(d) self.w = self.w + d return self end
function C:move(d) self.h = (self.h or 0) + d self.w = self.w - d return self end
local list = {}
for i = 1, 12 do list[i] = ‹i % 3 == 0 and¦i % 2 == 0 and› setmetatable({w = i}, A) or i % 4 == 1 and setmetatable({w = i, h = 1}, B) or setmetatable({h = 2, w = i}, C) end
local function total(list) local s = 0 for i = 1, #list do local o = list[i] s = s + o:area() + o.w o:move(‹1¦0.5¦i›) end return s end
for i = 1, 6 do print(one(total, list)) end
‹list[3].w = 1.5¦list[5] = setmetatable({x = 0, w = 2, h = 3}, A)¦function B:area() return 1 end¦list[2] = {w = 1, area = function(s) return s.w end, move = A.move}¦list[4] = nil›
print(‹try(one, total¦try(total›, list)) print(‹try(one, total¦try(total›, list))
--- hot.upvalues 12 100
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local n, m = $i, ‹$f¦$i›
local function bump(d) n = n + d return n end
local function peek() return n + m end
local function work(k) local s = 0 for i = 1, k do local before = n s = s + bump(i) + peek() + n - before ‹m = m + 1¦if i == 2 then n = n * 1.0 end¦m = n› end return s end
for i = 1, 25 do work(3) end
print(one(work, 4), n, m)
n = ‹"7"¦1.5¦$q› print(‹try(one, work¦try(work›, 3)) print(n, m)
local function count(k) if k == 0 then return n end n = n + 1 local a = n local r = count(k - 1) return r + a - n end
n = 0 for i = 1, 25 do count(4) end
print(one(count, 6), n) n = 0.5 print(one(count, 3), n)
--- hot.nested 10 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function grid(w, h, t)
  local s, hits = 0, 0
  for y = 1, h do
    local row = t[y]
    for x = 1, w do
      local v = row[x]
      if v ‹> 2¦~= 3¦› then hits = hits + 1 end
      ‹row[x] = v + y¦if x == y then row[x] = v ‹+ 0.5¦* 2› end¦s = s + (row[x + 1] or 0)›
      s = s + v * x
    end
    ‹t[y] = row¦if y == 2 then t[h] = t[1] end¦w = w ‹- 1¦+ 0››
  end
  return s, hits
end
local function make() return {{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}, {2, 3, 4, 5}} end
for i = 1, 6 do grid(4, 4, make()) end
print(one(grid, 4, 4, make())) print(one(grid, 3, 3, make())) print(‹try(one, grid¦try(grid›, 4, 4, {{1.5, 2, 3, 4}, {1, 2.5, 3, 4}, {1, 2, 3, 4}, {1, 2, 3, "4"}})) print(‹try(one, grid¦try(grid›, 5, 4, make()))
--- hot.added_fields 12 90
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function new(v) return {x = v} end
local function add(a, b, v)
  local s = a.x
  b.‹q¦r› = v
  ‹s = s + a.x¦s = s + b.x¦›
  a.‹r¦q› = v ‹+ 1¦* 0.5›
  ‹b.z = s¦a.z = a.x¦›
  return s, a.x, b.x‹¦, a.q, a.r, b.q, b.r, a.z, b.z›
end
for i = 1, 150 do add(new(i), new(-i), i) end
local o, p = new(1), ‹new(2)¦{x = 2}›
print(one(add, o, o, 7)) dump("o", o)
print(one(add, p, o, 8)) print(one(add, o, p, ‹1.5¦"s"¦9›))
dump("o", o) dump("p", p)
--- hot.changed_parameters 12 120
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function walk(n, x, t)
  n = n - 1
  ‹x = x + 1¦x = x * 2 t = t or x¦x, n = n + x, n›
  if n ‹<= 0¦< 1 or n > 40› then return ‹x + t.k¦t.k .. x¦x // t.k› end
  local y = ‹n * x¦x - n¦n›
  local r = walk(n, ‹x¦n % 3¦y % 5›, t)
  ‹return r + y + x¦return r - n, x¦x = r + n return x + y›
end
local t = {k = ‹2¦3›}
for i = 1, 40 do pcall(walk, 4, i % 3, t) end
print(‹try(one, walk¦try(walk›, 5, 1, t)) print(‹try(one, walk¦try(walk›, 5, ‹1.5¦0¦"2"›, t)) print(‹try(one, walk¦try(walk›, 4, 1, {k = ‹0.5¦nil¦"3"¦{}›})) print(‹try(one, walk¦try(walk›, 3.0, 2, t))
t.k = ‹0.25¦"7"¦0› print(‹try(one, walk¦try(walk›, 5, 2, t)) print(‹try(one, walk¦try(walk›, 4, 1, t))
--- hot.metamethods 14 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local V = {}
V.__index = V
local function new(x, y) return setmetatable({x = x, y = y}, V) end
V.__add = function(a, b) return new(a.x + b.x, ‹a.y + b.y¦a.y¦b.y - a.x›) end
V.__mul = function(a, s)
  if type(a) == "number" then return new(a * s.x, a * s.y) end
  ‹if type(s) == "table" then return a.x * s.x + a.y * s.y end¦›
  return new(a.x * s, a.y * s)
end
V.__unm = function(a) return new(-a.x, -a.y) end
V.__eq = function(a, b) return a.x == b.x ‹and a.y == b.y¦or a.y == b.y¦› end
V.__lt = function(a, b) return ‹a.x < b.x¦a.y¦a.x < b.y and a.x or nil› end
V.__le = function(a, b) return ‹a.x <= b.x¦not (b.x < a.x)¦1› end
local function step(p, v, n, k)
  local hits = 0
  for i = 1, n do
    p = p + ‹0.5 * v¦v * 2¦-v¦v * k¦k * v›
    if p == v then hits = hits + 1 end
    ‹if p < v then hits = hits + 10 end¦if v <= p then hits = hits + 100 end¦if not (p <= v) then hits = hits - 1 end¦›
    ‹if i == 3 then p = p * 0.25 end¦if i == n then v = v + p end¦if i == 2 and k == 7 then V.__add = function(a, b) return a end end¦›
  end
  return hits, p.x, p.y
end
for i = 1, 30 do step(new(i, 1), new(‹0.5¦1¦i›, 2), 4, ‹i¦0.5¦1.5›) end
print(one(step, new(1, 2), new(0.5, 0.5), 5, 2)) print(one(step, new(1, 2), new(1, 2), 3, 7)) print(one(step, new($i, 0.5), new(-0.0, $i), 3, 1 << 53))
print(‹try(one, step¦try(step›, new(1, 2), 5, 3, 2)) print(‹try(one, step¦try(step›, new("x", {}), new(1, 1), 3, 2)) print(‹try(one, step¦try(step›, 1, new(1, 1), 3, 2)) print(‹try(one, step¦try(step›, new(1, 2), setmetatable({x = 1, y = 3}, {__add = V.__add, __mul = V.__mul, __unm = V.__unm, __eq = V.__eq, __lt = V.__lt, __le = V.__le}), 3, 2))
--- hot.metamethod_yields 6 120
local log = {}
local M = {}
M.__add = function(a, b) if a.n % $p == 0 then ‹coroutine.yield(a.n)¦log[#log + 1] = coroutine.isyieldable()¦error("no " .. a.n)› end return setmetatable({n = a.n + b.n}, M) end
M.__lt = function(a, b) if b.n == $p then ‹coroutine.yield("lt")¦error({})¦log[#log + 1] = "lt"› end return a.n < b.n end
local function run(a, b, n) local c = 0 for i = 1, n do a = a + b if a < b then c = c + 1 elseif b < a then c = c + 2 end end return a.n * 10 + c end
local function start(x, y, n) return coroutine.wrap(function() local ok, r = pcall(run, setmetatable({n = x}, M), setmetatable({n = y}, M), n) log[#log + 1] = type(r) == "table" and "t" or tostring(r) return ok end) end
for i = 1, 30 do local co = start(i, 1, 3) for j = 1, 8 do local ok, r = pcall(co) log[#log + 1] = type(r) == "table" and "t" or tostring(r) if not ok or r == true then break end end end
for i = 1, #log do log[i] = tostring(log[i]) end print(table.concat(log, " "), #log)
--- hot.numbers 12 100
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function f(t, k, n)
  local s, c = t[1], 0
  for i = 1, n do
    local x, y = t[i % #t + 1], t[(i + k) % #t + 1]
    s = ‹x + y¦x - y¦x * y¦s + x - y¦-x + s¦x - 0›
    if x ‹<¦<=¦==¦>¦>=¦~=› y then c = c + 1 end
    if x ‹<¦<=¦>¦>=› ‹0¦3¦1 << 53› then c = c + 10 end
    ‹if s == x then c = c + 100 end¦if 2 < s then c = c + 1000 end¦›
  end
  return tostring(s) .. " " .. c
end
for i = 1, 30 do f({1, 2.5, 3, -0.0, i}, i, 6) end
print(one(f, {1, 2.5, 3, 0}, 1, 7)) print(one(f, {(1 << 53) + 1, 2.0 ^ 53, 1 << 53, -2.0 ^ 53, -(1 << 53) - 1}, ‹1¦2›, 9)) print(one(f, {math.maxinteger, math.mininteger, 2.0 ^ 63, -2.0 ^ 63, 0.5}, ‹1¦3›, 9)) print(one(f, {0/0, 1, 1/0, -1/0, 2.5}, 1, 8)) print(‹try(one, f¦try(f›, {1, "2", 3.5}, 1, 5))
--- hot.counted 14 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function f(t, u, n, m)
  local s = 0
  for i = ‹1, n¦m, n¦n, m, -1¦n, 1, -1¦m, n, 2¦1, #t¦#t, m, -1› do
    ‹s = s + t[i]¦s = s + t[i] - u[i]¦s = s + t[i + 1] * 2¦s = s + (t[i - 1] or 100)¦t[i] = s s = s + u[i]¦s = s + t[i] + (t[i + $p] or 7)¦if i > 2 then s = s + t[i - 2] end s = s + t[i]›
    if s > 9000 then break end
    ‹if i == $p then break end¦if i == 3 then u[#u + 1] = i end¦if i == 2 then t[#t] = nil end¦if s > 1000 then t[i] = 0.5 end¦u[i] = i * 2¦if i == 3 then setmetatable(t, {__index = function(_, k) return k end}) end¦¦›
  end
  return s, n
end
for i = 1, 30 do f({1, 2, 3, 4, 5}, {5, 4, 3, 2, 1}, ‹4¦5¦3›, 1) end
local t = {1, 2, 3, 4, 5, 6}
print(try(one, f, t, t, 4, 1)) print(#t) print(try(one, f, {1, 2, 3}, {3, 2, 1}, ‹4¦5¦3¦0›, ‹1¦0¦2›)) print(try(f, {1, 2, 3, 4}, {4, 3, 2, 1}, 3, ‹1¦-1¦0›))
print(try(one, f, {1.5, 2.5, 3.5, 4.5}, {1, 2, 3, 4}, 3, 1)) print(try(one, f, {}, {}, 2, 1)) print(try(one, f, {1, 2, 3}, {1, 2, 3}, math.maxinteger, ‹math.maxinteger¦math.maxinteger - 1¦math.mininteger›))
print(try(one, f, {1, 2, 3}, {1}, ‹math.mininteger¦2›, ‹math.mininteger¦1›)) print(try(one, f, {1, 2, "3", 4}, {1, 2, 3, {}}, 4, 1))
--- hot.invariant 12 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local o = {k = 2, t = {1, 2, 3}, u = 1}
local function f(p, q, n)
  local s = 0
  for i = 1, n do
    for j = 1, n do
      ‹s = s + p.k * j¦s = s + #p.t¦s = s + p.t[1] + j¦s = s + p.k // 2¦s = s + (p.k + 0.5) * q.k›
      ‹q.k = q.k + 1¦q.t[#q.t + 1] = j¦if j == 2 then q.k = ‹"5"¦1.5¦q.k + 1› end¦if i == 2 then q.t = {4, 5} end¦if i == 2 and j == 2 then q.z = 1 end¦if j == 3 then setmetatable(q, {__index = p}) end¦q.u = s¦›
    end
    ‹s = s + p.k¦q.k = i¦s = s + #q.t¦p.u = s¦›
  end
  return s
end
for i = 1, 25 do f({k = i, t = {1, 2}, u = 0}, {k = 2, t = {3, 4}, u = 0}, 3) end
print(one(f, o, {k = 1, t = {1, 2, 3}, u = 0}, 3)) print(‹try(one, f¦try(f›, o, o, 3)) print(‹try(one, f¦try(f›, {k = 1.5, t = {1.5}, u = 0}, o, 4)) print(try(one, f, {t = {}, k = 3, u = 1}, o, 2)) print(try(one, f, o, {}, 2))
--- hot.iteration 16 130
local function one(f, ...) local r = f(...) return r end
local function walk(l, i) if i < #l then return i + 1, l[i + 1] end end
local function go(t, u, n)
  local s, c = 0, 0
  for ‹i, v in ipairs(t)¦i, v in next, t¦i, v in pairs(t)¦i, v in walk, t, 0› do
    c = c + 1
    s = s + ‹v¦v * i¦(u[i] or 1)¦v - c¦#t›
    ‹¦if i == $p then break end¦i = i + 1 s = s + i¦if i == n then t[i] = ‹2.5¦"3"¦i› end¦t[i] = v + 1¦if c == n then u = t end¦if c == n then t[#t] = nil end›
    ‹¦for k, w in ‹pairs(u)¦ipairs(u)¦next, u› do ‹s = s + w¦c = c + 1 u[k] = w¦if w == $p then s = s - 1 end¦u[k] = nil› end›
  end
  ‹for k, w in pairs(u) do s = s + w ‹u[k] = nil¦c = c + #tostring(k)¦¦if k == n then u[k] = 1 end› end¦for i, w in ipairs(u) do c = c + 1 s = s - w end¦›
  return s, c
end
local function many(n) local t = {} for i = 1, n do ‹t[i] = i¦t["k" .. i] = i¦t[i * 2] = i¦t[i] = i t["k" .. i] = 1¦t[i + 0.5] = i› end return t end
for i = 1, 25 do go({1, 2, 3, 4}, ‹{1, 2}¦{a = 1, b = 2}¦many(3)¦{}›, 3) end
print(‹try(one, go¦try(go›, {1, 2, 3}, many(‹4¦40›), 2)) print(‹try(one, go¦try(go›, ‹{1.5, 2.5}¦{"1", 2}¦{}¦{1, 2, 3, 4, 5, 6}›, {x = 1, y = 2}, 3))
print(‹try(one, go¦try(go›, setmetatable({1, 2}, ‹{__index = function(_, i) if i < 5 then return i end end}¦{}¦{__index = {7, 8, 9}}¦{__pairs = function(t) return next, {1, 2}, nil end}›), {4}, 2)) print(‹try(one, go¦try(go›, ‹{1, {}}¦nil¦{1, 2, 3}¦{true}›, {5, 6}, 2))
--- hot.iterators 12 110
local function one(f, ...) local r = f(...) return r end
local function range(n, m) local i = m or 0 return function(state, last) i = i + 1 if i <= n then return i ‹¦, i * 2¦, last¦, i, i› end end ‹¦, n, 0¦, nil, nil, nil› end
local function down(n, i) ‹if i > 1 then return i - 1 end¦return i > 1 and i - 1 or nil¦if i > 1 then return i - 1, n end›  end
local function go(f, n)
  local s = 0
  for a ‹¦, b¦, b, c› in ‹f(n)¦f(n, 1)¦down, n, n› do
    s = s + a ‹¦+ (b or 3)¦+ (c or 2)¦›
    ‹¦if a == $p then break end¦a = a * 2 s = s + a¦local g = function() a = a + 1 return a end s = s + g()›
  end
  return s
end
for i = 1, 25 do go(range, 4) end
print(one(go, range, 5), go(range, 0), ‹try(one, go¦try(go›, ‹function(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i) end end) end¦function(n) return next, {1, 2} end¦function(n) return ipairs({3, 2, 1}) end¦function() return 5 end¦function() return setmetatable({}, {__call = function(_, _, c) if not c then return 1 end end}) end›, 3))
--- hot.vectors 12 140
local function one(f, ...) local r = f(...) return r end
local function make(a, b, c) return ‹vec2(a, b)¦vec2(a, b)¦vec3(a, b, c)› end
local function step(v, w, k, n)
  local s = 0.0
  for i = 1, n do
    v = ‹v + w¦v - w * k¦v * w + v¦w / k - v¦k * v + -w¦-v + w / 3¦v + k / w¦v:lerp(w, k)¦v:min(w):max(-v)¦v:normalize() * k¦(v - w):abs() * 0.5›
    ‹w = v * 0.5¦if i == 2 then w = v * 1 end¦w = w + v.‹xy¦yx¦xx› * ‹k¦0.25›¦if v == w then s = s + 1 end¦v = ‹vec2(v.y, -v.x)¦vec2(v.x + w.x, v.y * k)¦v:floor()¦vec2(v.x / 3, 1 - v.y)››
    s = s + ‹v.x¦v.y * i¦v:length()¦v:dot(w)¦v:distance(w)¦w:length_squared()¦v.x - w.y›
    ‹¦if v.x < w.y then s = -s end¦if v == w then v = v * k end¦if v.x ~= v.x then v = w end›
  end
  return v, s
end
local function try_step(...) local ok, v, s = pcall(step, ...) if not ok then print(ok) else print(s, v:unpack()) end end
for i = 1, 30 do try_step(make(i, 0.1, 2), make(‹0.3¦-i¦0.0›, i, 1), ‹2¦0.5¦i›, 3) end
try_step(make($n, $n, $n), make($e, $n, $e), $n, 4) try_step(make($e, $e, $e), make($e, $e, $n), $e, 3)
try_step(‹vec3(1, $n, 2), vec3($n)¦vec2($n), vec3(1)¦vec2(1, $n), 2¦3, vec2($n)›, ‹2¦$e¦vec2(2)›, 3)
print(pcall(function() print(one(step, make(1, 2, 3), make(0.5, 0.25, 4), 3, 2):unpack()) end) == true)
--- hot.vector_fields 10 130
local function one(f, ...) local r = f(...) return r end
local function move(list, n, dt)
  local sum = vec2(0, 0)
  for i = 1, n do
    local o = list[(i - 1) % #list + 1]
    local at = o.at + o.speed * dt
    if at.x ‹<¦>› ‹0¦$e› then at = vec2(‹-at.x¦0¦1600 - at.x›, at.y) o.speed = ‹-o.speed¦o.speed.yx¦o.speed * 0.9› end
    o.at = ‹at¦at¦i % 7 == 6 and vec3(at, 1).xy or at›
    ‹o.last = at¦list[#list + 1] = ‹{ at = at, speed = o.speed }¦o›¦o.track = { at, o.at }¦›
    sum = sum + ‹at¦o.at - o.speed¦o.at:normalize()›
  end
  return sum
end
local function all(k) local t = {} for i = 1, 3 do t[i] = { at = vec2(i, k), speed = vec2(k, -i) } end return t end
for i = 1, 25 do move(all(i), 4, ‹0.5¦1¦i›) end
local t = all($n)
‹¦t[2].speed = vec3(1, 2, 3)¦t[2].at = nil¦t[1].at = { x = 1 }¦t[3].speed = $n¦setmetatable(t[2], { __index = { at = vec2(1) } }) t[2].at = nil›
print(pcall(function() print(one(move, t, 5, ‹0.5¦$e›):unpack()) end)‹ == true¦ == true›)
for i = 1, 3 do local o = t[i] print(pcall(function() return o.at.x, o.at.y, o.speed.x end) == true and o.at.x) end
--- hot.vector_library 6 110
local function one(f, ...) local r = f(...) return r end
local meta = getmetatable(‹vec2(1)¦vec2(1)¦vec3(1)›)
local function use(v, w, n)
  local s = 0.0
  for i = 1, n do
    v = ‹v + w¦v * 2¦2 * v¦-v¦w - v¦v / i›
    s = s + ‹v.x¦v.yx.x¦v:length()¦v:dot(w)›
    ‹if i == n then meta.‹__add¦__sub¦__mul¦__div¦__unm› = function(a, b) return w end end¦›
  end
  return v, s
end
for i = 1, 30 do use(vec2(i, 1), vec2(1, 0.5), 0) use(vec3(i), vec3(1, 2, 3), 0) end
local saved = {} for _, name in ipairs { "__add", "__sub", "__mul", "__div", "__unm", "__index" } do saved[name] = meta[name] end
for i = 1, 25 do
  local ok, v, s = pcall(use, vec2(i, 1), vec2(1, 0.5), 3) if i > 20 then print(ok, ok and v.x, ok and s) end
  ok, v, s = pcall(use, vec3(i, 1, 2), vec3(1, 0.5, 1), 3) if i > 20 then print(ok, ok and v.x, ok and s) end
  ‹if i == 22 then meta.‹__add¦__mul¦__unm¦__index› = ‹nil¦function(a, b) return 7 end› end¦if i == 22 then meta.__index = function(v, k) return function() return 1 end end end¦›
end
for name, value in pairs(saved) do meta[name] = value end
print(pcall(function() print(one(use, vec2(1, 1), vec2(3, 0.5), 1).x) end) == true)
for name, value in pairs(saved) do meta[name] = value end
--- hot.rewritten 14 130
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local Class = {} Class.__index = Class
function Class:get(d) return self.v + d end
function scale(x) return x * ‹2¦0.5› end
local function work(o, n, at, how)
  local s = 0
  for i = 1, n do
    s = s + scale(i) + math.floor(i / 2) + o:get(i)
    how(o, i == at)
    s = s + scale(1) + ‹math.max(i, 3)¦o:get(2)¦math.abs(-i)›
  end
  return s
end
local function object(v) return setmetatable({v = v}, Class) end
local floor, old, get = math.floor, scale, Class.get
for i = 1, 10 do work(object(i), 4, 0, tostring) end
local changes = {
  function(o, now) if now then scale = function(x) return x + 1 end end end,
  function(o, now) if now then math.floor = function(x) return floor(x) + $i end end end,
  function(o, now) if now then function Class:get(d) return self.v - d end end end,
  function(o, now) if now then setmetatable(o, {__index = {get = function(self, d) return 1000 end}}) end end,
  function(o, now) if now then ‹rawset(_G, "scale", old)¦scale = nil¦_G.scale = math.abs¦_ENV.scale = "no"› end end,
  function(o, now) if now then ‹table.sort({2, 1}, function(a, b) scale = old return a < b end)¦coroutine.wrap(function() scale = old coroutine.yield() end)()¦local r = setmetatable({}, {__add = function() scale = old return 1 end}) + 1¦pcall(function() math.floor = floor error("x") end)› end end,
  function(o, now) if now then Class.__index = ‹{get = function() return 3 end}¦function(_, k) return get end¦Class› end end,
}
for i = 1, #changes do
  for j = 1, 8 do pcall(work, object(j), 6, 0, changes[i]) end
  print(i, ‹one(pcall, work¦try(one, work¦try(work›, object($i), ‹6¦40›, ‹3¦2¦5›, changes[i]))
  ‹scale, math.floor = old, floor¦›
end
scale, math.floor = nil, floor
--- hot.receivers 20 160
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function class(base) local c = setmetatable({}, {__index = base}) c.__index = c return c end
local A = class() local B, C = class(A), class(‹A¦{}›) local D = class(B)
function A:move(d) self.x = self.x + d ‹¦if self.x > $i then self.z = d end¦if d == 3 then self.move = nil end› end
function A:get() return ‹self.x¦self.x + (self.w or 1)¦0› end
function B:get() return self.x + ‹self.w¦1¦A.get(self)› end
function C:move(d) self.x = self.x - d ‹¦self.y = d¦self.w = nil› end
function C:get(k) return ‹self.w¦self.x * 0.5¦k› end
‹function D:move(d) return B.move(self, d + 1) end¦function D:get() return 3 end¦¦D.get = ‹rawlen¦type¦$x›› ‹C.get = A.get¦function C:own(k) return k + 1 end¦›
local function get(o, k) ‹return o:get(k)¦local r = o:get(k + 1, k) return r¦return (o:get(k))› end
local make = {
  function(i) return setmetatable({x = i, w = ‹2¦1.5›}, A) end,
  function(i) return setmetatable({x = i, w = 1, ‹y = 2¦v = i›}, B) end,
  function(i) return setmetatable({‹w = 2, x = i¦x = i + 0.5, w = i›}, C) end,
  function(i) return setmetatable({x = i, w = 4}, D) end,
  function(i) return {x = i, w = 1, move = ‹A.move¦function(self, d) self.x = d end¦C.move›, get = function(self) return ‹i¦self.x› end} end,
  function(i) return setmetatable({x = i, ["k" .. i] = i}, class(‹A¦B›)) end,
}
local function work(list, n, now, change)
  local s = 0
  for r = 1, n do
    for i = 1, #list do
      local o = list[i]
      ‹o:move(r)¦o:move(r * 0.5)¦o:move(o.x - s % 3)›
      ‹s = s + o:get(r)¦s = s + get(o, r)¦local t = o:get(i) s = s + t›
      s = s + o.x ‹+ (o.w or 1)¦- (o.y or 2)¦›
      ‹¦if r == now and i == 2 then change(list, o) end¦if r == now then change(list, list[1]) end›
    end
  end
  return s
end
local function objects(n, kinds) local list = {} for i = 1, n do list[i] = make[i % kinds + 1](i) end return list end
local kinds = ‹1¦2¦4¦5¦6›
local list = objects(‹4¦12›, kinds)
local nothing = function() end
for i = 1, 12 do work(list, 4, 0, nothing) end
if $b then list = objects(12, 6) for i = 1, 12 do work(list, ‹1¦5›, 0, nothing) end end
local changes = {
  function(list, o) function A:get() return $i end end,
  function(list, o) ‹A.move = nil¦B.get = nil¦D.move = function(self) self.q = 1 end› end,
  function(list, o) o.get = ‹function() return 0.25 end¦nil¦$x› end,
  function(list, o) setmetatable(o, ‹C¦D¦nil¦{}¦{__index = function(t, k) return function() return #k end end}¦{__index = {move = nothing}}›) end,
  function(list, o) list[#list] = ‹make[5](1)¦make[6](30)¦$x¦nil› end,
  function(list, o) ‹B.__index = A¦setmetatable(B, {__index = C})¦D.__index = nil¦rawset(C, "get", nothing)› end,
}
for i = 1, #changes do
  print(i, ‹try(one, work¦try(work›, list, ‹3¦20›, 2, changes[‹i¦$p›]))
  for j = 1, ‹0¦6› do pcall(work, objects(8, kinds), 4, 0, nothing) end
  print(i, try(one, get, list[‹1¦2¦3¦9›], 2))
end
--- hot.short_lived 16 140
local function one(f, ...) local r = f(...) return r end
local V = {} V.__index = V
local kept
local function new(x, y) ‹return setmetatable({x = x, y = y}, V)¦local o = setmetatable({}, V) o.x = x o.y = y return o¦local o = {x = x} o.y = y return setmetatable(o, V)› end
function V:add(o) return new(self.x + o.x, ‹self.y + o.y¦self.y - o.x¦o.y›) end
function V:scale(s) ‹return new(self.x * s, self.y * s)¦if s == 0 then return self end return new(self.x * s, self.y)¦self.x = self.x * s return self› end
function V:dot(o) return self.x * o.x + ‹self.y * o.y¦self.y¦(self == o and 1 or o.y)› end
local function pass(v, n, s)
  local p, acc = ‹new(s, n)¦new(0, 0.5)¦{x = s, y = 1, add = V.add, dot = V.dot}›, ‹0¦0.0¦n›
  local box = {at = p, ‹count = 0¦count = n¦at = v›}
  for i = 1, n do
    local d = v:scale(s)‹:add(v)¦:add(new(i, s))¦›
    ‹p = p:add(d)¦if i % 2 == 1 then p = d end¦p, d = d, p¦box.at = d¦p.x = p.x + d.y¦box = {at = d, count = i}›
    acc = acc + ‹d:dot(v)¦p:dot(d)¦d.x¦box.at:dot(d)¦box.at.x + d.x›
    ‹if acc ~= acc then kept = p end¦if i == n - 1 then kept = ‹d¦p¦box¦{d, p}› end¦box.count = i¦›
    ‹if p == d or rawequal(box.at, p) then acc = acc + 1 end¦›
  end
  ‹return acc, p.x, p.y¦return acc, p¦return acc, box.at, box.at == p¦return acc + p.x›
end
local v, w = new(‹1.5¦1¦2.0›, 2), new(3, ‹0.5¦4›)
for i = 1, 30 do pass(v, 4, ‹2¦0.5¦1›) ‹if i % 8 == 0 then v = new(1, 2) end¦› end
local function show(...) local out = {...} for i = 1, 4 do local o = out[i] if type(o) == "table" then out[i] = "t" .. tostring(o.x) .. " " .. tostring(o.y) .. tostring(getmetatable(o) == V) else out[i] = tostring(o) end end return table.concat(out, " ", 1, 4) end
print(show(one(pass, w, 5, 2))) print(show(pass(v, 5, 0.5)))
print(show(‹try(one, pass¦try(pass›, ‹new(1, "2")¦new("a", 1)¦new({}, 1)¦{x = 1, y = 2}¦new(0/0, 1)›, 4, 1))) print(show(try(pass, w, 4, ‹"2"¦nil¦{}¦0›)))
‹V.__newindex = function(t, k, x) rawset(t, k, -x) end¦V.__gc = function() end¦V.__eq = function() return true end¦V.scale = function(self) kept = self return self end¦V.__mode = "k"¦V.add = nil¦›
print(show(‹try(one, pass¦try(pass›, w, 5, 2))) print(show(try(pass, new(1, 1), 4, 1)))
if kept then print(show(kept, kept.at, kept[1], kept[2])) end
--- hot.results 14 110
local function one(f, ...) local r = f(...) return r end
local function g(x, y) ‹return x + 1¦return x, y¦return x * 2, 1, y¦if x > 3 then return x end return x, 1¦if x == $p then return end return x¦do end¦if not (x > 0 and x < 5) then return x end return (g(x + 1))› end
local function h(x, ...) ‹return x¦return x, ...¦return select("#", ...), x¦local a, b = ... return x + (a or 1), b› end
local function k(a, b, c) ‹return a + (b or 10)¦return (a or 3) * 2 + (c or 0)¦return b or a¦return a, b, c› end
local function go(x, n)
  local s = 0
  for i = 1, n do
    local a, b = k(‹x, ¦¦i, 2, ›‹g(i)¦g(i, x)¦h(g(i))¦k(g(x), g(i))¦math.floor(x)¦math.abs(x), g(i)¦(g(i))›)
    s = s + (a or 0) + (b or 100)
    local t = {‹g(i)¦i, g(x)¦k(g(i, x))¦h(k(i, i))›}
    s = s + #t + (t[1] or 5)
    ‹¦s = s + select("#", g(i, x))¦t[#t + 1] = k(g(i)) s = s + #t¦s = s + (k(k(g(x)))) ›
  end
  ‹return s¦return g(s)¦return k(g(s, x))¦return s, g(x)¦return h(s, g(x))¦return (g(s))¦return math.max(s, x)›
end
for i = 1, 30 do go(‹$p¦$p + 0.5¦i›, 3) end
print(one(go, $i, 4)) print(go(‹$i¦$f›, 3)) print(try(go, ‹"2"¦nil¦{}¦$f›, 3)) print(‹try(one, go, ‹"x"¦{}¦true›¦go($i›, 2))
--- hot.varargs 12 110
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function sum(...) local s = ‹0¦0.5› for i = ‹1¦1¦0¦2›, select("#", ...) do s = s + ((select(i, ...)) ‹or 100¦› ) end return s end
local function pick(i, ...) local x‹¦, y¦, y, z› = ‹select(i, ...)¦...¦select(i, ...), ...¦(select(i, ...))› return x, select("#", ...)‹¦, y¦, ...› end
local function inner(a, ...) local b, c = ... ‹if b == nil then return a, select("#", ...) end¦if a == 7 then a = a .. "" end¦› return a + (b or 1) * 2 ‹+ (c or 0)¦, ...¦- select("#", ...)¦, select(‹2¦-1¦1›, ...)› end
local function pass(f, ...) return f(...) end
local function outer(n, x, ...)
  local s, last = 0
  for i = 1, n do
    ‹s = s + inner(i, x, ...)¦s = s + inner(i, ...)¦s = s + pass(inner, i, x)¦s = s + pass(sum, i, 2, ...)¦s = s + (pass(inner, i))¦local a, b = pass(pick, 1, i, x, ...) s = s + a last = b¦s = s + #{pass(pick, ‹1¦2¦-1›, i, x, 3)}›
    ‹last = pick(1, i, ...)¦last = select("#", inner(i, nil, x, nil))¦last = inner(i)¦last = pass(pass, inner, i, 2, x)¦› ‹if i == $p then x = ‹nil¦"8"¦x¦2.5› end¦›
  end
  return s, last
end
for i = 1, 30 do ‹outer(3, i)¦outer(3, i, 4, 5)¦one(outer, 3, i, 2)› sum(1, 2, 3) pick(1, i, 2) end
print(one(outer, 5, 3)) print(one(outer, 4, 2.5, 1)) print(outer(4, 1, ‹nil, nil¦2, nil¦nil, 3¦9, 8, 7, 6, 5, 4, 3, 2, 1›)) print(try(outer, 9, ‹$i¦$f¦{}¦nil›, $i)) print(try(one, outer, 4, 1, "x"))
print(try(sum, 1, ‹nil, 2¦2, nil¦{}, 3¦"4", 5›)) print(try(pick, ‹0¦-1¦-3¦1.5¦"2"¦"#"¦"x"¦{}¦2.0›, 1, 2)) print(try(pick)) print(select("#", pick(‹1¦2¦9›, nil, nil)))
--- hot.protected 12 110
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local log = {}
local closer = setmetatable({}, {__close = function(_, e) log[#log + 1] = type(e) ‹¦if #log % 9 == 0 then error("closing", 0) end› end})
local function risky(i, x) ‹if i % $p == 0 then error(‹"e" .. i¦{}¦nil¦"level", 2¦x›) end¦local c <close> = closer if i % 4 == 3 then error("c", 0) end¦if i % 5 == 4 then x = x.y.z end¦if i % 6 == 5 then return end¦› return i ‹+ x¦, x¦› end
local function tail(i, ...) return risky(i, ...) end
local function work(n, x, ...)
  local s, t = 0, ""
  for i = 1, n do
    local ‹ok, r¦ok, r, q¦ok› = pcall(‹risky, i, x¦risky, i, ...¦tail, i, x, i¦function(...) return risky(i, ...) end, x¦pcall, risky, i, x¦one, risky, i, x¦coroutine.wrap(risky), i, x¦math.abs, x›)
    ‹if ok then s = s + i else t = t .. type(‹r¦i›) end¦s = s + (ok and (tonumber(‹r¦i›) or 3) or 1000)¦if not ok then pcall(error) t = t .. "f" end›
    ‹pcall(risky, i)¦s = s + select("#", pcall(tail, i, x))¦t = t .. str((pcall(risky, i, x)))¦›
  end
  return s, t, #log
end
for i = 1, 20 do ‹work(5, i)¦one(work, 6, i, 2)› end
print(one(work, 8, 2)) print(work(7, 1.5, nil)) print(try(work, 12, ‹nil¦{}¦"3"¦{y = {z = 4}}›, $i))
local co = coroutine.wrap(function() for i = 1, 6 do local ok, r = pcall(function(x) ‹local c <close> = closer¦› local y = coroutine.yield(x) ‹if y == 3 then error("y" .. y) end¦work(2, y)› return y end, i) log[#log + 1] = str(ok) .. str(r) end return "end" end)
for i = 1, 7 do print(try(co, i)) end print(#log, log[#log])
--- hot.closures 10 100
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function counter(n) return function(d) n = n + ‹(d or 1)¦1¦(d or 0.5)› return n end end
local function chain(f, ...) local a, b = ... return function(...) return f(a, b, ...) end end
local function use(n, x)
  local fs, s, c = {}, 0, counter(‹0¦x›)
  for i = 1, n do
    local v = i ‹* x¦›
    fs[#fs + 1] = function(...) v = v + ‹select("#", ...)¦(... or 1)¦i› return v, i end
    ‹v = v + 1¦if i % 2 == 0 then v = v * 2 end¦›
    s = s + c(‹i¦¦x›) + fs[‹#fs¦1›](‹¦i¦nil, 2›) ‹+ chain(math.max, i, x)(3)¦+ chain(counter(i))()¦+ v›
  end
  for i = 1, #fs do local a, b = fs[i](i) s = s + a - b end
  return s, c()
end
for i = 1, 30 do use(3, i) end
print(one(use, 4, 2)) print(use(3, 1.5)) print(try(use, 3, ‹"2"¦"x"¦nil¦{}›))
--- hot.lookups 8 100
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local t, keys = ‹{}¦setmetatable({}, {__index = function(_, k) return #k end})¦{a = 1}¦{k1 = 5, 2}›, {‹"k1", "k2", "none"¦"k" .. 3, "", "a"¦"k1", ("k"):rep($i % 50), "k4"›}
for i = 1, ‹8¦150› do t["k" .. i] = ‹i¦i * 0.5¦i % 2 == 0 and i or nil› end
local function look(t, keys, n)
  local s = 0
  for i = 1, n do
    for j = 1, #keys do
      local k = keys[j]
      local v = t[k] ‹¦if v == nil then t[k] = i end¦if j == 2 then t[k] = nil end¦if i == $p then t["n" .. i] = j end›
      s = s + (‹tonumber(v) or 1¦v or 7¦t[k] or 0.5›)
      ‹assert(s == s, "nan")¦if s > 1e6 then error("large " .. i) end¦assert(j ~= $p or i ~= $p, k)¦›
    end
  end
  return s
end
for i = 1, 30 do ‹look(t, keys, 2)¦pcall(look, t, keys, 3)¦one(look, t, keys, 2)› end
‹try(one, look¦try(look›, t, keys, 3) ‹try(one, look¦try(look›, {k1 = 1.5, k2 = "2"}, keys, 3) ‹try(one, look¦try(look›, t, {‹1¦true¦"k2"¦{}›, "k1"}, 4) try(look, ‹nil¦"s"¦t›, keys, 2)
--- hot.tail 14 160
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local other
local function step(n, x, t)
  if n == 0 then return ‹x¦x, n¦t.k + x¦x.y¦#x¦t.f(x)› end
  ‹if n == $p then x = ‹x + 0.5¦x .. ""¦-x¦t.k¦nil¦{y = n}› end¦t.k = t.k + 1¦if n > $p then t.k = t.k - 1 end¦›
  ‹if n == 20 then ‹coroutine.yield(n)¦error("at " .. tostring(x))¦other = tostring¦t = {k = 0.5}› end¦›
  ‹return step(n - 1, x, t)¦return other(n - 1, x, t)¦return other(n - 1, step(‹0¦n // 3›, x, t), t)¦local r = other(n - 1, x, t) return r¦return step(n - 1, x + other(n // 4, x, t), t)¦return other(n - 1, x)¦return step(n - 1, x, t, x)›
end
other = function(n, x, t)
  if n <= 0 then return ‹x¦n¦x, x¦t.k› end
  ‹x = x + 1¦¦if n == $p then x = ‹$v¦x * 0.5› end›
  ‹return step(n - 1, x, t)¦return other(n - 1, x, t)¦return 1 + step(n - 1, x, t)¦return (step(n - 1, x, t))›
end
local kept = other
for i = 1, 35 do one(pcall, step, 3, ‹i¦0.5›, {k = i, f = tostring}) one(pcall, kept, 4, i, {k = 1}) end
other = kept
local function whole(f, ...) print(pcall(f, ...)) end
whole(one, step, 6, $i, {k = 1}) other = kept whole(step, ‹25¦9›, $n, {k = 0.5, f = math.abs}) other = kept whole(one, ‹step¦kept›, ‹30¦5›, $x, {k = 2}) other = kept
local co = coroutine.wrap(function() return one(step, 22, $n, {k = 1, f = math.abs}) end) whole(co) whole(co)
--- hot.mutual 14 160
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local a, b, c
function a(n, t) if n <= 0 then return ‹0¦t.v¦n, 1¦0.5¦""¦nil› end ‹if n == 9 then t.v = ‹"x"¦nil¦0.5› end¦› return ‹b(n - 1, t) + 1¦1 + b(n - 1, t)¦(b(n - 1, t))¦b(n - 1, t)¦t.v + b(n - 2, t)› end
function b(n, t) if n <= 0 then return ‹1¦t.v¦n› end ‹t.v = t.v + 1¦¦if n == 12 then b = ‹a¦tostring¦c› end› local r = ‹c(n - 1, t)¦a(n - 1, t)› return ‹r¦r + n¦r, n¦r + (t.v or 0)› end
function c(n, t) ‹¦if n == 15 then ‹coroutine.yield(n)¦error({})¦t.w = t.v.y› end› if n <= 0 then return ‹t.v¦2› end return ‹a(n - 1, t)¦b(n - 1, t) * 1.0¦b(n - 1, t), n› end
local first = b
for i = 1, 35 do one(pcall, a, ‹5¦4¦3›, {v = i}) one(pcall, c, 4, {v = 1}) end
print(pcall(one, a, 8, {v = 1})) print(pcall(a, ‹16¦10›, {v = $i})) b = first print(pcall(one, c, ‹17¦7›, {v = $n})) b = first print(pcall(one, a, 6, {v = $x})) b = first print(pcall(a, $x, {v = 1}))
local co = coroutine.wrap(function() return one(a, ‹18¦30›, {v = 1}) end) print(pcall(co)) print(pcall(co))
--- hot.bytes 6 60
local byte, text = string.byte, ‹"some text, 12"¦("ab\0"):rep(5)¦str($v)›
local function scan(s, from, to, t)
  local sum = 0
  for i = from, to do
    local c = ‹byte(s, i)¦string.byte(s, i)¦byte(s)¦s:byte(i)›
    ‹if c and c > 64 then sum = sum + c end¦sum = sum + (c or 0.5)¦t[c or "none"] = i¦if c == nil then error("end at " .. i) end sum = sum ~ c›
    ‹¦sum = sum + select("#", byte(s, i))¦if i == $p then s = s .. "x" end¦if i == $p then string.byte = function() return 7 end end¦if i == $p then i = ‹i + 0.5¦"1"¦nil› byte(s, i) end›
  end
  return sum
end
for i = 1, 30 do ‹scan(text, 1, 8, {})¦pcall(scan, text, 0, 9, {})¦scan("x" .. i, 1, 2, {})› end
print(pcall(scan, text, -20, 20, {})) print(pcall(scan, ‹""¦"a"¦12345¦1.5¦nil¦{}›, ‹1, 3¦-2, 12¦0.0, 3¦math.maxinteger - 1, math.maxinteger¦"1", 2›, {}))
print(pcall(scan, text, 1, #text, {})) string.byte = byte
--- hot.mortal_classes 14 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local last
local function class(n, x)
  local C = ‹{}¦{tag = n}¦{tag = n, x = x}›
  C.__index = ‹C¦{get = ‹nil¦function(self) return n end›}¦C¦setmetatable({}, {__index = C})›
  ‹function C:get(y) return ‹n + y¦self.v + n¦n * 0.5¦n, y› end¦C.get = n % 3 == 0 and math.max or function(self, y) return self.v - n end¦if n % 4 < 3 then function C.get() return n end end›
  ‹¦C.__add = function(a, b) return n + (tonumber(b) or 1) end¦C.__len = function() return n end›
  return C
end
local function use(o, y) return ‹o:get(y)¦o:get(y), 1¦(o:get(y))¦o.get(o, y)› end
local function turn(n, x, times)
  local s = 0
  for i = 1, n do
    ‹local C = class(i, x)¦local C = i % $p ~= 0 and last or class(i, x) last = C¦local C = class(i // 2, x) last = i % 3 == 0 and C or nil›
    local o = setmetatable(‹{v = i}¦{v = x}¦i % 2 == 0 and {v = i} or {v = i, w = x}›, C)
    for j = 1, times do
      local ok, r = pcall(‹use, o, j¦one, use, o, j¦one, function() local r = o:get(j) return r end›)
      s = s + (ok and tonumber(r) or ‹0.5¦#tostring(r == nil)›)
      ‹¦if i % 5 == 0 then collectgarbage("step"‹¦, $p›) end¦if j == $p then local waste = {} for k = 1, 6 do waste[k] = class(k, o) end end›
    end
  end
  return s
end
for i = 1, ‹6¦20› do ‹turn(3, i, 4)¦one(turn, 2, 0.5, 5)¦turn(2, i, 2) collectgarbage("step")› end
collectgarbage() print(one(turn, ‹30¦12›, $n, 3)) last = nil collectgarbage() print(turn(‹8¦25›, $f, ‹2¦4›)) print(pcall(turn, 5, "x", 2))
--- hot.dictionaries 14 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local C = {} C.__index = ‹C¦C¦{get = function(self, y) return y end, part = 0.5}¦function(_, k) return k == "part" and 2 or function(self, y) return y end end›
function C:get(y) return (self.v or 0) ‹+ y¦* y¦- (self.part or 1)› end ‹C.part = 1¦C["pa" .. "rt"] = 2¦›
‹¦C.__newindex = function(t, k, v) rawset(t, k, v) end¦C.__newindex = C¦C["m" .. 1] = 3›
local function fields(n, v) local o = {} for k = 1, n do o["f" .. k] = k end ‹o.v = v¦o["v"] = v¦if n > 1 then o.v = v end› return ‹setmetatable(o, C)¦setmetatable(o, n % 2 == 0 and C or nil)› end
local function copy(t) local r = {} for k, v in pairs(t) do r[k] = v end return ‹setmetatable(r, C)¦r¦setmetatable(r, getmetatable(t))› end
local function use(o, y)
  local s = o.v
  ‹o.v = y¦o.v = (s or 0) + y¦if y % 3 == 0 then o.v = nil end¦o.w = y›
  ‹s = o:get(y)¦local ok, r = pcall(function() return o:get(y) end) s = ok and r or -1¦s = (o.part or 0) + y¦s = o["v"]›
  ‹¦if y == $p then o["part"] = s end¦if y == $p then o.get = function() return 7 end end¦if y == 3 then o["f1"] = nil end›
  return s, o.v, ‹o.part¦o.f1¦o["f" .. y]¦o.missing›
end
local function all(n)
  local out = {}
  for i = 1, n do
    local o = ‹fields(i % 5, i)¦copy(fields(3, i))¦copy({v = i, x = 1, get = C.get})¦i % 2 == 0 and fields(2, 0.5) or copy({v = i, y = 2})›
    for y = 1, 3 do local ok, a, b, c = pcall(use, o, y) out[#out + 1] = tostring(ok) .. tostring(a):sub(1, 8) .. tostring(b):sub(1, 8) .. (type(c) == "number" and c or "") end
  end
  return table.concat(out, " ")
end
for i = 1, 25 do ‹one(use, fields(i % 4, i), 2)¦use(copy({v = 1, w = 2}), 1)¦pcall(use, fields(1, 0.5), i)› end
‹print(#one(all, 6))¦print(one(all, 4))› print(pcall(use, fields(2, ‹"s"¦nil¦{}¦$n›), 2)) print(pcall(use, fields(3, $f), $p))
do local names = {} for k in pairs(copy({v = 1, w = 2, ["a" .. 1] = 3})) do names[#names + 1] = k end table.sort(names) print(table.concat(names, " ")) end
--- hot.absent 14 120
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local A = {part = $v} A.__index = ‹A¦A¦nil› local B = setmetatable({}, ‹{__index = A}¦A¦nil›) B.__index = B
local function make(i) local o = {x = i} ‹if i % 3 == 0 then o.opt = i end¦if i % 2 == 0 then o["d" .. i % 3] = i end¦o.opt = i % 2 == 0 and i or nil› return setmetatable(o, ‹B¦i % 2 == 0 and A or B¦i % 4 > 0 and B or nil›) end
local function look(o, i)
  ‹local r = o.opt¦local r = o.none¦local r = o.part¦local r = o.opt or o.part› 
  if r then ‹return r¦return o.none, r¦o.none = i return r› end
  ‹if i == $p then o.opt = ‹i¦"s"¦false› end¦if i == 7 then A.none = ‹i¦print¦nil› end¦if i == 8 then B.part = ‹i¦{}¦nil› end¦if i == 9 then o.part = nil end¦›
  ‹return o.none¦return ABSENT_GLOBAL¦return o.part, o.opt¦return #str(o.none)›
end
local objects = {} for i = 1, 10 do objects[i] = make(i) end
local function all(n) local s = {} for i = 1, n do local ok, a, b = pcall(look, objects[i % 10 + 1], i) s[#s + 1] = tostring(ok) .. ":" .. (type(a) == "table" and "t" or type(a) == "function" and "f" or tostring(a)) .. (b == nil and "" or type(b)) end return table.concat(s, " ") end
for i = 1, ‹25¦12› do ‹one(all, 5)¦all(4)¦pcall(look, make(i), 2)› end
‹setmetatable(A, {__index = ‹function(_, k) return k¦function(_, k) error(k)› end})¦A.__index = ‹nil¦B¦function(_, k) return k .. "?" end›¦setmetatable(B, nil)¦A.opt = 5 A.opt = 6¦ABSENT_GLOBAL = $n¦setmetatable(B, {__index = {none = $v}})¦for i = 1, 10 do objects[i].opt = i end›
print(one(all, 12)) ‹A.part = $n¦B.none = $v¦objects[2] = ‹nil¦5¦"str"›¦getmetatable(objects[1] or {}).__index = nil¦setmetatable(objects[3], {})› print(one(all, ‹24¦6›)) ABSENT_GLOBAL = nil
--- hot.counting 14 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function run(a, b, c, t)
  local s, n = 0, 0
  for i = ‹a, b, c¦a, b, ‹2¦-2¦3¦-1¦0.5¦-0.25¦1.0¦$p¦$q›¦a, b¦a / 2, b¦a, b / 2, c¦a, b / 2¦a // 1, b, ‹3¦-3¦c›› do
    n = n + 1
    ‹s = s + i¦s = s + i % 7¦if t[i] then s = s + t[i] end¦s = s + (t[n] or 1)¦for j = i, i + 2 ‹¦, 0.5¦, c› do s = s + j n = n + 1 if n > 30 then break end end›
    ‹i = i * 2¦¦if n == 3 then c = -c end›
    if n > 20 then break end
  end
  return n, s
end
local t = {1, 2, 3, 4, 5, 6, 7, 8, 9}
for i = 1, 30 do run(‹1, 8, 2¦8, 1, -2¦1.5, 4, 0.5¦1, 7.5, 3¦1, 9, 1›, t) end
for _, r in ipairs {{1, 9, 2}, {9, 1, -3}, {$i, $n, $p}, {$n, $n, ‹$q¦$f¦$i›}, {0.5, 3, 0.25}, {$q, $q, $q}} do
  print(‹pcall(run, ¦pcall(one, run, ›r[1], r[2], r[3], t))
end
print(pcall(run, ‹1, "8", 1¦1, 8, 0¦"1", 2, 1¦{}, 1, 1¦1, nil, 1¦1.5, 2, 0.0›, t))
--- hot.divisions 10 110
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function f(x, y, n)
  local s, rounds = 0, 0
  for i = ‹1¦-n¦x // 3›, ‹n¦x // 3 + n› do
    rounds = rounds + 1
    if rounds > 12 then break end
    s = s * 3 + ‹i // ‹2¦3¦7¦8¦-3¦-4¦10¦$p¦y›¦x // ‹$p¦16¦y¦i›¦(x + i) // ‹5¦64¦$d›› - ‹i % ‹2¦3¦7¦8¦-3¦-4¦10¦$p¦y›¦x % ‹$p¦16¦y¦i›¦(x - i) % ‹5¦64¦$d››
    ‹if s % 2 == 0 then s = s // 2 end¦¦x = x - i›
  end
  return s
end
for i = 1, 30 do f(i * 5, ‹3¦-3¦8¦i›, 3) end
for _, x in ipairs {$i, $i, -$p, math.maxinteger, math.mininteger, $q, $f} do print(pcall(‹f, ¦one, f, ›x, ‹$i¦-1¦$q¦$p¦$f›, 4)) end
--- hot.stores 14 120
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local count, other = 0, 0
local function look(o) count = count + 1 return o.x end
local function f(o, p, t, v, n)
  local s = 0
  for i = 1, n do
    local x = o.x
    o.x = ‹v¦i¦v + i¦x›
    ‹s = s + p.x¦s = s + p.y¦s = s + o.x¦p.y = i¦p.x = i¦s = s + look(p)¦t[i] = v¦s = s + t[i]¦count = i¦if i == $p then error("out") end¦›
    o.x = ‹v * 2¦o.x + 1¦x¦p.x¦s›
    ‹o.y = o.x¦o.y = o.y¦o.x = o.x¦t[i] = t[i + 1] t[i] = i¦count = s count = count + 1 other = count¦t[1] = i t[1] = t[1] + v¦›
    ‹o.x = x + 1¦o.x, p.x = p.x, o.x¦p.x = i p.x = p.x * 2¦›
    s = s + o.x + p.x + t[1]
  end
  return s, o.x, o.y, p.x
end
for i = 1, 25 do pcall(f, {x = 1, y = 2}, {x = 3, y = 4}, {1, 2, 3, 4, 5}, 2, 3) end
local o, p, t = {x = $i, y = 1}, {x = ‹$i¦$f›, y = 2}, {1, 2, 3, 4, 5}
print(pcall(one, f, o, o, t, 3, 4)) print(pcall(f, o, p, t, ‹$n¦0.5¦"2"¦"x"›, 3)) print(pcall(one, f, p, o, {‹1.5, 2.5, 3.5, 4.5¦"1", 2, 3, 4›}, $i, 2))
print(o.x, o.y, p.x, p.y, t[1], t[2], t[3], count, other)
--- hot.elements 14 130
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function f(t, u, a, b)
  local s = 0
  for i = a, b do
    ‹t[i] = i¦t[i] = u[i] or i * 0.5¦t[i + 1] = t[i] or 1¦if i % 3 == 0 then t[i] = nil end¦t[-i] = i›
    ‹s = s + (t[i] or 1)¦s = s + (t[i - 1] or 2) + (u[i] or 3)¦local v = u[i + 1] if v then s = s + v end¦s = s + (t[0] or 4) + (u[0] or 5)›
    ‹u[i] = s¦¦u[i // 2] = i¦u[i - 1] = nil¦t[0] = s›
  end
  return s, t[1]
end
for i = 1, 25 do f({[0] = 1, 2, 3}, ‹{[0] = 1, 2, 3, 4}¦{1, 2, 3}¦{}›, ‹0¦1¦-1›, 5) end
for _, t in ipairs {{}, {[0] = 9}, {1.5, 2.5}, {[3] = 3, [5] = 5}, {‹1, 2, nil, 4¦true¦10, 20, 30›}, setmetatable({1}, ‹{__index = function(_, k) return k end}¦{__index = {[0] = 4, [2] = 5}}¦{}›)} do
  print(‹pcall(f, ¦pcall(one, f, ›t, ‹t¦{[0] = 2, 3, 4}¦{7, 8, ‹9¦"9"¦{}›}›, ‹0¦-1¦2¦1›, ‹6¦$d›))
  for i = -2, 8 do if t[i] ~= nil then print(i, type(t[i]) == "number" and t[i]) end end
end
--- hot.mixed 14 130
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local function f(t, u, k, n)
  local s, last = ‹0¦0.5›, nil
  for i = 1, n do
    local v = t[i]
    ‹s = s + v * k¦s = s - v / 4¦s = s + (k - v)¦if v * k > s then last = v end s = s + 1¦s = s + v * k + (u[i] or 0) * 0.5¦s = s + (v < k and v or k)›
    ‹if i == $p then last = v end¦u[i] = v¦u[i] = s * 0.5¦t[i] = v * 0.5¦t[i + 1] = -v¦›
  end
  return s, last, u[2]
end
for i = 1, 25 do f({‹1, -2, 3¦1, 2.5, -3¦-1.5, 2.5, 3.5›, 4, 5}, {‹¦1, 2, -3›}, ‹0.5¦-1.5¦i + 0.5¦2›, 4) end
for _, t in ipairs {{1, -2, 3, 4}, {0.5, -0.0, 2.5, 1e300}, {-1, 2.5, -3, 4}, {$e, $i, $n, -5}, {1, "2", 3, 4}, {‹true¦nil¦{}¦"x"›, 2, -3, 4}, setmetatable({-1}, {__index = function(_, k) return ‹-k¦k * 0.5¦nil› end})} do
  print(‹pcall(f, ¦pcall(one, f, ›t, ‹{}¦t¦{1, -2, 3}›, ‹0.5¦$f¦-2¦2›, 4))
end
--- hot.library 14 130
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local sin, cos, exp, log, atan, floor = math.sin, math.cos, math.exp, math.log, math.atan, math.floor
local function r(x) return floor(x * 1000) end
local function f(x, y, s, n)
  local a, t = 0, ""
  for i = 1, n do
    a = a + ‹math.max(x, y, i)¦math.min(x, i)¦math.max(x, 0)¦math.min(math.max(i, x), y)¦math.max(x, y)¦math.min(i, 2.5, y)¦math.max(a, i, x, y)›
    ‹a = a + r(sin(i) + cos(x))¦a = a + r(exp(-i) + log(i))¦a = a + r(atan(x, i))¦a = a + x % i + (i + 0.5) % y¦a = a + i ^ 2 + r(x ^ 0.5)¦a = a - r(i ^ x)¦a = a + (x + 0.5) % 7.5¦›
    t = t .. ‹s:sub(i, i)¦s:sub(-i, -i)¦s:sub(i)¦s:sub(1, i)¦s:sub(x, y)¦string.sub(s, i, i + 1)¦s:sub(i, $d)›
    if #t > 60 then t = t:sub(-5) end
  end
  return a, t
end
for i = 1, 25 do pcall(f, ‹i¦i + 0.5¦2›, ‹3¦1.5¦i›, "some text", 3) end
for _, p in ipairs {{1, 2}, {1.5, 2}, {-2, -0.0}, {$n, $n}, {$q, $i}, {$f, $f}, {‹"5"¦{}¦0/0¦"x"›, 3}} do print(‹pcall(f, ¦pcall(one, f, ›p[1], p[2], ‹"abcdefgh"¦$s¦12345¦""›, 3)) end
--- hot.several 14 130
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local log = 0
local function g(a, b) ‹for _ = 1, 2 do log = log + 1 end¦› ‹if a == $p then return end¦if a == b then return a end¦if a > 4 then return a, b, 3 end¦if b == 3 then log = log + 1 end¦› return ‹a + 1, b¦b, a¦a, nil¦a, b, a + b¦a.x, b›  end
local function h(a, b) ‹if a == 2 then return a, "two" end¦¦if a == 5 then error("five") end› return g(‹a, b¦b, a¦a + 1, b - 1›) end
local function k(a, b, n) ‹if n > 0 then local x, y = k(a, b, n - 1) return y, x end¦if n > 0 then return k(b, a, n - 1) end¦› return ‹h(a, b)¦g(a, b)¦a, b› end
local function iterator(n) local i = 0 return function() i = i + 1 if i <= n then return ‹i, i * 2¦i, nil, i¦i› end end end
local function f(a, b, n)
  local s = ""
  for i = 1, n do
    local x, y, z = ‹g(a, i)¦h(i, b)¦k(i, b, 3)¦h(a, b)›
    s = s .. str(x) .. str(y) .. ‹str(z)¦select("#", g(i, a))¦select("#", k(a, b, 2))¦str((h(i, 1)))›
    ‹for p, q, w in iterator(i) do s = s .. p .. str(q) .. str(w) end¦a, b = b, a¦a, b = g(1, i)¦local t = {h(i, 3)} s = s .. #t¦›
    if #s > 90 then s = s:sub(-9) end
  end
  return s
end
for i = 1, 30 do pcall(f, i % 4, 2, 3) end
print(pcall(f, 1, 2, 4)) print(pcall(one, f, 3, $i, 4)) print(pcall(f, ‹2.5¦{x = 1}¦"2"¦$n›, 3, 3)) print(pcall(k, 1, 2, 5)) print(log)
--- hot.keys 12 120
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local A, B = {}, {}
local ks = {‹"a", "b", A, B, true¦"a", "b", "c"¦1, 2.5, "a", false¦A, B, 0, 3›, ‹$k¦$v¦2.0¦-1›}
local function f(t, u, n)
  local s = 0
  for i = 1, n do
    local k = ks[i % #ks + 1]
    if k ~= nil and k == k then
      local v = t[k]
      s = s + (‹type(v) == "number" and v or 1¦v and 2 or 1¦v == nil and 3 or 1›)
      ‹t[k] = i¦u[k] = s¦if i % 3 == 0 then t[k] = nil end¦t.a = i¦›
      ‹s = s + (t[k] == u[k] and 1 or 0)¦if u[k] then s = s + 1 end¦s = s + math.abs(i - 3) - math.abs(-s)¦›
    end
  end
  return s
end
for i = 1, 25 do pcall(f, {a = 1, b = 2, [A] = 3}, ‹{}¦{a = 1}¦{[B] = 5, 6}›, 6) end
for _, t in ipairs {{}, {a = 1, c = 3}, {[A] = 1, [true] = 2, 3}, {‹"x", y = 2¦a = $n, b = $v¦[2.5] = $i, 7›}, setmetatable({}, ‹{__index = function(_, k) return type(k) == "number" and k or nil end}¦{__index = {a = 5, [A] = 6}}¦{__newindex = function(t, k, v) rawset(t, k, 9) end}›)} do
  print(‹pcall(f, ¦pcall(one, f, ›t, ‹t¦{a = 2}¦"text"›, 7))
end
--- hot.effects 10 130
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local set, strong, weak = setmetatable, setmetatable({}, {}), {__mode = "‹k¦v¦kv¦x›"}
local function fill(t, m, at, n)
  local last
  for i = 1, n do
    local a = t[1]
    ‹t[i % 4 + 1] = i¦t.x = i t[2] = a¦t[i % 4 + 1] = i + 0.5 t.x = a›
    if i == at then last = set(t, m) end
    t[1] = ‹a + 1¦i¦t[2]›
  end
  return last == t
end
for i = 1, 25 do fill({0, 0, 0, 0, x = 1}, strong, $p, 6) end
local function result(m, at) local t = {1, 2, 3, 4, x = 5} print(‹fill(t, m, at, 8)¦one(fill, t, m, at, 8)›, t[1], t[2], t[3], t[4], t.x) end
result(weak, $p) result(weak, 1) result(strong, $p) result({__index = strong}, 2) result(weak, 8)
local function chain()
  local base = {m = ‹{v = 0}¦{v = 0}, f = one¦{v = 0}, x = 1›}
  local middle = set({}, {__index = base})
  return set({}, ‹{__index = middle}¦{__index = base}›), base, middle
end
local function look(o, b, n)
  local s = 0
  for i = 1, n do
    ‹b.m = {v = i}¦if i == 2 then b.m = {v = 5} end¦b.x = i¦b.y = i›
    s = s * 10 + o.m.v
    ‹if o.y then s = s + 1 end¦if o.x then s = s + o.x end¦if i == 3 then b.m = nil b.m = {v = 7} end¦›
  end
  return s
end
for i = 1, 40 do local o, b = chain() pcall(look, o, b, ‹1¦2›) end
for i = 1, 3 do local o, b, m = chain() print(pcall(look, o, ‹b¦m¦b›, 4)) print(pcall(one, look, o, b, 3)) end
--- hot.garbage 12 90
local sub, long = string.sub, ("x"):rep(20000)
local function join(n) local length = 0 for i = 1, n do local s = ‹long .. i¦i .. long¦sub(long, i % 9 + 1)¦long:sub(2, -i - 1)› length = length + #s end return length end
for i = 1, 25 do join(2) end
print(join(‹600¦500›), join(7))
--- hot.callbacks 14 140
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local seen, odd, mt = 0, $p, {}
local function less(a, b) ‹seen = seen + 1 ¦›‹if a.k == odd then return a.v end ¦if a.k == odd then error("odd") end ¦›return a.k ‹<¦>¦<=› b.k end
local function each(a, b) ‹seen = seen + #a ¦›if a == "zz" then ‹return 1, 2¦error(a, 0)¦seen = a.x return seen¦coroutine.yield(a)¦return {}¦mt.__lt = function(x, y) return x.k > y.k end return nil› end return ‹a .. b¦b¦nil, a¦seen› end
mt.__lt = function(a, b) ‹seen = seen + 1 ¦›‹if a.k == odd then return b.v end ¦›return a.k < b.k end
mt.__len = function(t) if t.k == odd then ‹return nil, 1¦error(t)¦return t.v .. "!"¦return› end return t.k end
mt.__index = function(t, key) ‹if key == "v" then return t.k * 2 end ¦›return key end
mt.__concat = function(a, b) return ‹b¦(b == odd and a.v or 1), 2¦a.k .. b› end
mt.__tostring = function(t) return t.k .. "" end
local function list(n) local t = {} for i = 1, n do t[i] = setmetatable({k = i * 7 % 11}, mt) end return t end
local function keys(t) local s = "" for i = 1, #t do s = s .. str(t[i].k) .. " " end return s end
for i = 1, 6 do
  local t = list(9) table.sort(t, less) table.sort(t)
  ("ab cd ef"):gsub("(%w)(%w)", each)
  for j = 1, 9 do pcall(one, less, t[j], t[1]) pcall(tostring, t[j]) pcall(rawequal, t[j].v, #t[j]) pcall(one, function(x) return x .. j end, t[j]) end
end
local t = list(10) t[$p].k = ‹odd¦0.5¦"x"¦odd + 0.0¦nil› t[4].v = ‹true¦1¦nil¦{}›
print(pcall(table.sort, t, less)) print(pcall(keys, t)) print(pcall(table.sort, t)) print(pcall(keys, t))
print(pcall(string.gsub, "ab zz ef", "(%w)(%w)", each))
print(coroutine.wrap(function() return pcall(string.gsub, "cd zz", "(%w%w)", each) end)())
print(pcall(function(x) return #x, x .. odd, x < t[1], x[1] end, t[2])) print(pcall(tostring, t[$p])) print(seen)
--- hot.perhaps 16 160
local function one(f, ...) local r = f(...) return r end for i = 1, 40 do one(tostring, i) end
local u, v, w = $i, ‹$i¦$s›, {k = 1}
local function plain(x) return ‹1¦x› end
local function bound(x) return ‹u¦v¦w.k¦u, x› end
function LESS(x) return 2 end function MORE(x) return ‹u¦w¦v› end
local function use(f, x, on, n)
  local s = 0
  local g, h if on then g = MORE else g = LESS end ‹if x == nil then h = f else h = bound end¦h = on and bound or plain¦h = g¦h = f›
  for i = 1, n do
    if ‹on¦i == on¦on and i > 1¦on == i and x› then
      ‹if f(x) == "number" then s = s + 1 end¦s = s + #tostring(f(x))¦s = s + #tostring(g(x))¦local r = h(x) s = s + #str(r)¦s = s + #str(g(i)) + #str(h(i))¦s = s + i // x + i % x¦s = s + x.k + #x.t¦s = s + x:m(i)¦s = s + (x << 1) + (1 >> x)¦s = s + x[1] + #x¦s = s + #x + x:byte(1)¦for _, e in f(x) do s = s + 1 end¦s = s + f(x[1])›
    end
    s = s + i
  end
  return s
end
local good = ‹5¦5¦{k = 2, t = {1}, m = function(_, y) return y end, 7, 8}¦"text"›
local yes, no = ‹1, false¦2, 0¦3, nil›
local made = ‹type¦type¦math.type¦bound¦plain¦LESS¦MORE¦pairs¦ipairs¦tostring¦math.floor¦math.abs›
for i = 1, ‹40¦60› do pcall(use, made, good, yes, 5) ‹use(made, good, no, 5)¦if i % 3 == 0 then use(made, good, no, 5) end¦pcall(use, ‹made¦nil¦plain›, ‹nil¦good¦false›, no, 5)› end
for _, f in ipairs {false, 7, 0.5, "f", made, {}, print, plain, bound, LESS} do
  for _, x in ipairs {false, 0, -1, 2.5, "x", {}, good} do
    if use(f, x, no, ‹1¦3›) ~= use(f, good, no, ‹1¦3›) then print("differs", str(f), str(x)) end
  end
end
print(use(nil, nil, no, 4), pcall(use, ‹made¦plain¦bound¦nil›, ‹good¦$v›, yes, 4)) LESS, MORE = nil, nil
