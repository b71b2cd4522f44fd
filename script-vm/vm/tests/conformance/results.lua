-- Results: how many are kept in each position, of calls, methods, metamethods, natives and coroutines.
local function none() end
local function one() return 1 end
local function three() return 1, 2, 3 end
local function n(...) return select("#", ...) end
print(n(none()), n(one()), n(three()), n((none())), n((three())), n(none(), none()), n(three(), three()), n(three(), none()), n(none(), three()))
print(three(), three()) print((three())) print(three(), nil) print(none(), 1) print((none()), 1)
local a, b, c, d = three() print(a, b, c, d) a, b = none() print(a, b) a, b, c, d = three(), three() print(a, b, c, d)
local t = { three(), none(), three() } print(#t, t[1], t[2], t[3], t[4], t[5]) t = { none() } print(#t) t = { (none()) } print(#t, t[1]) t = { none(), none() } print(t[1], t[2])
print(three() + three(), -three(), three() .. "", not none(), three() == three(), #{ three() }) if none() then print("bad") else print("falsy") end
print(("x"):rep(three()), math.max(three()), select(three()), select(2, three()), select("#", three()))
-- Return in each form.
local function r0() return end local function r1() return three() end local function r2() return (three()) end local function r3() return 0, three() end local function r4() return three(), 0 end
local function r5(...) return ... end local function r6() do return three() end end local function r7(x) if x then return 1 else return 2, 3 end end local function r8() return none() end local function r9() return r5(r5(three())) end
print(n(r0()), n(r1()), n(r2()), n(r3()), n(r4()), n(r5()), n(r5(nil, nil)), n(r6()), n(r7(true)), n(r7(false)), n(r8()), n(r9()))
print(r1()) print(r3()) print(r4()) print(r9())
-- Metamethods keep one result, except __call.
local m = setmetatable({}, { __index = function() return three() end, __add = function() return three() end, __call = function(_, ...) return n(...), three() end, __len = function() return three() end,
  __concat = function() return three() end, __unm = function() return none() end, __eq = function() return 1, 2 end, __lt = function() return none() end, __le = function() return nil, 1 end, __tostring = function() return "T", "U" end })
print(m.x) print(m + 1) print(1 + m, n(m + 1)) print(m()) print(m(1, nil), n(m())) print(#m, n(#m)) print(m .. "x") print(-m, n(-m)) print(m == setmetatable({}, getmetatable(m)), m < m, m <= m, m > m) print(tostring(m), n(tostring(m)))
-- Natives with varying result counts.
print(n(pcall(none)), n(pcall(three)), n(pcall(error)), n(next({})), n(next({ 1 })), n(("x"):find("y")), n(("x"):find("x")), n(("xy"):find("(x)(y)")), n(("x"):gsub("x", "y")), n(string.byte("")), n(string.byte("ab", 1, 2)), n(load("x=")), n(load("x=1")), n(print), n(select(2)), n(table.unpack({})), n(math.type(nil == 1)), n(tostring(nil)), n(rawget({}, 1)), n(table.remove({})), n(table.insert({}, 1)), n(coroutine.running()), n(ipairs({})), n(pairs({})), n(assert(1, 2, 3)), n(assert(three())), n(setmetatable({}, nil)), n(getmetatable({})), n(tonumber("x")), n(utf8.codepoint("ab", 1, 2)), n(utf8.codepoint("ab", 1, 0)))
-- Method calls, chained calls, string calls, and calls through fields and results.
local o = { v = 1 } function o:add(k) self.v = self.v + k return self, self.v end print(o:add(1) == o, select(2, o:add(1))) print(select(2, o:add(1):add(2):add(3)))
local function curry(x) return function(y) return function(z) return x, y, z end end end print(curry(1)(2)(3)) print((curry(1)(2)(3))) print(curry "a" "b" "c")
local mt = { f = { g = { h = three } } } print(mt.f.g.h()) print(mt["f"]["g"].h(), 9) print(({ three })[1](), (three)())
-- Loops and conditions.
for i, v, w, x in (function(s, k) if k < 2 then return k + 1, three() end end), nil, 0 do print(i, v, w, x) end
for i in (function(_, k) k = (k or 0) + 1 if k < 3 then return k, "unused" end end) do print(i) end
local i = 0 while (function() i = i + 1 return i < 3, i end)() do print("w", i) end repeat i = i - 1 until (function() return i == 0, 1 end)() print(i)
-- Deep expression nesting needs many registers.
local function id(...) return ... end
print(id(id(id(id(1, 2), id(3, 4)), id(5, 6)), id(id(id(7, 8))))) print(1 + id(2 + id(3 + id(4 + id(5 + id(6 + id(7 + id(8)))))))) print(#({ { { { id(1, 2, 3) } } } })[1][1][1])
