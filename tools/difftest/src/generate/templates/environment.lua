--- environment.load 9 8
local f, e = load(‹"return 1 + 2, ..."¦"x ="¦"return $k"¦"local a <const> = 1; a = 2"¦"goto nowhere"¦"break"¦"for i = 1 do end"¦"return 'unfinished"¦"x = }"¦"::a:: ::a::"¦"local function f() return ... end"¦"return 0x"¦"a.b:c = 1"¦"f() = 1"¦"return 3 .. 4 .. x"¦"if x then"¦"local t = {1, 2"¦"x = 1 1"¦"return [[a"¦"return '\\q'"¦"return '\\300'"¦"return '\\u{110000000}'"¦"--[[ unfinished"¦"return 1e"¦"and"¦"return return"¦"local 1"¦"x, y"¦"do local x goto l1 end ::l1:: local y"¦"goto l2 local z ::l2:: z = 1"¦"repeat local x until y z"¦"return function(a, ..., b) end"¦"\27binary"¦"return @"¦"x = ~"›‹¦, "=name"¦, "@file.lua"¦, "a long chunk name\nwith lines"›)
print(type(f), e)
if f then try(f, $v, $i) end
--- environment.load_env 8 10
local env = {n = $i, print = print}
local f = load("n = n + 1; created = n * 2; local g = function() n = n + 10 return n end; return n, created, g", "chunk", "t", env)
print(f()) print(select(2, f()))
local _, _, g = f()
print(g(), env.n, n, rawget(_G, "created"))
try(load, "return missing.field", "=env", "t", {})
try(load("return missing.field", "=env", "t", {}))
try(load("local x = 1 return x.y.z", "=(load)"))
try(load("error('in chunk')", "@chunk.lua"))
print(load("return ...", "c", ‹"t"¦"bt"¦"b"›))
--- environment.load_function 5 8
local parts, i = {"return ", "1 +", " 2", ‹nil¦"", " + 100"¦", ...", nil¦" + "›}, 0
local f, e = load(function() i = i + 1 return parts[i] end, "=parts")
print(type(f), e) if f then try(f, $i) end
try(load, function() error("reader", 0) end)
try(load, function() return {} end)
--- environment.env_local 8 10
local outer = $i
do
  local _ENV = {outer2 = outer, print = print, str = str}
  value = $d
  print(value, outer2, outer, x)
  function made() value = value + 1 return value end
  print(made(), made())
end
print(value, made)
local function with(_ENV) return a, b, c end
print(with({a = $i, c = $v}))
try(function() local _ENV = nil; return x end)
try(function() local _ENV = ‹{}¦setmetatable({}, {__index = function(_, k) return k end})›; return x, y.z end)
try(function() local _ENV <const> = {}; q = 1 return q end)
--- environment.globals 7 8
counter = $i
local function bump() counter = counter + 1 return counter end
print(bump(), bump(), _G.counter, _G["counter"], rawget(_G, "counter"))
_G.counter = $n
print(counter, _G._G == _G, _ENV == _G)
_G["dyn" .. $p] = $v
counter = nil
try(bump)
print(counter, rawget(_G, "counter"))
--- environment.shadow 5 6
local print, type = print, type
local x = $i
local x = x + 1
do local x = x * 2 print(x) do local x <const> = x + 1 print(x) end print(x) end
print(x)
local function x(n) if n == 0 then return "zero" end return x(n - 1) end
print(x(3))
local f = function(a, a) return a end
print(f(1, 2), (function(_, _) return _ end)(1, 2))
--- environment.goto 6 12
do goto skip; local unused = 1; ::skip:: end
local i = 0
::top:: i = i + 1
if i < $p then goto top end
print(i)
for a = 1, 3 do for b = 1, 3 do if b == 2 then goto continue end if a == 3 then goto out end print(a, b) ::continue:: end end ::out::
while true do do goto done end end ::done::
print(load("goto x; local a ::x:: a = 1"), load("do ::x:: end goto x"), load("::x:: ::x::"), load("break"), load("for i = 1, 2 do break end ::ok:: goto ok2 ::ok2::"))
--- environment.evaluation_order 7 10
local log = {}
local function t(v) log[#log + 1] = str(v) return v end
local a = {t(1), t(2), x = t(3), [t(4)] = t(5), t(6)}
local i = 1
local b = {}
i, b[i], b[i + 1] = i + 1, 20, 30
dump("b", i, b)
local r = t(10) + t(20) * t(30) - t(40)
local s = t("a") .. t("b") .. t("c")
local f = (function(...) return select("#", ...) end)(t(1), t(2), (t(3)))
local c = t(1) < t(2) and t(3) > t(4) or t(5) == t(5)
local g = t({f = function(self, x) return x end}):f(t(9))
print(table.concat(log, " "), r, s, f, c, g)
local q, w, z = (function() return 1, 2, 3 end)()
local q2, w2, z2 = ((function() return 1, 2, 3 end)())
print(q, w, z, q2, w2, z2)
--- environment.logic 8 8
local n, f, z = nil, false, 0
print(n or f, f or n, n and f, f and n, z and 1, z or 1, not z, not n, n == f, (n or $v), (f and $v), $v and $v, $v or $v)
local x = $v
if x then print("true") else print("false") end
if not x then print("not") elseif x == $v then print("same") else print("else") end
local y = x and (x == 1 and "one" or "other") or "none"
print(y, not not x, x == nil, x ~= false, (x or y) == (x or y))
while not (x and z > 2) do z = z + 1 if z > 4 then break end end
print(z)
--- environment.many_locals 3 20
local a, b, c, d, e, f, g, h = 1, 2, 3, $i, $n, $s, $v, $b
local i, j, k, l, m, n, o, p = a + b, c * d, a, b, c, d, e, f
local q, r, s, t, u, v, w, x = {a, b, c, d}, {i, j}, function() return a + c, k end, p, o, n, m, l
dump("all", a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, t, u, v, w, x, s())
--- environment.constants 4 10
local K <const>, S <const>, F <const>, N <const> = 10, "const", 2.5, nil
print(K + 1, K * F, S .. K, -K, K // 3, K == 10, N, #S, K < F, S < "d", K & 3, ({[K] = S})[10])
local function f(x) if x == K then return S elseif x == F then return N else return x < K and K or F end end
print(f(10), f(2.5), f(3), f(30))
for i = K, K + 2 do if i == K then print(i, S) end end
