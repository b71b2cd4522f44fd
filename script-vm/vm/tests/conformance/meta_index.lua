-- __index and __newindex: functions, tables, chains, raw access, inheritance, changing metatables under running code.
local log = {}
local function flush() print(table.concat(log, " ")) log = {} end
local base = { a = "base.a", b = "base.b", [1] = "base.1" }
local mid = setmetatable({ b = "mid.b" }, { __index = base })
local top = setmetatable({ c = "top.c" }, { __index = mid })
print(top.a, top.b, top.c, top.d, top[1], rawget(top, "a")) base.d = "late" print(top.d) mid.a = "shadow" print(top.a) mid.a = nil print(top.a) top.a = "own" print(top.a, base.a) top.a = nil print(top.a)
local f = setmetatable({}, { __index = function(t, k) log[#log + 1] = tostring(k) return k == "self" and t or type(k) .. "!" end })
print(f.x, f[1], f[true], f.self == f, f[1.5], f[2 ^ 53]) flush() f.x = 5 print(f.x) flush()
-- __newindex: only for absent keys.
local store = {}
local n = setmetatable({ have = 1 }, { __newindex = function(t, k, v) log[#log + 1] = tostring(k) .. "=" .. tostring(v) rawset(t, k, v) end })
n.have = 2 n.x = 1 n.x = 2 n[1] = "a" n[1] = "b" n.y = nil n.y = 3 n.have = nil n.have = 4 flush() print(n.have, n.x, n[1], n.y)
local redirect = setmetatable({}, { __newindex = store, __index = store }) redirect.k = "v" redirect[1] = "one" print(rawget(redirect, "k"), store.k, redirect.k, rawget(redirect, 1), redirect[1])
local chain = setmetatable({}, { __newindex = setmetatable({}, { __newindex = function(t, k, v) log[#log + 1] = "deep " .. k rawset(t, k, v) end }) }) chain.z = 1 flush() print(rawget(chain, "z"))
-- Array parts: appends through __newindex.
local arr = setmetatable({}, { __newindex = function(t, k, v) rawset(t, k, v * 10) end, __index = function(_, k) return -k end })
for i = 1, 5 do arr[i] = i end print(arr[1], arr[5], arr[6], #arr) arr[3] = 3 print(arr[3]) table.insert(arr, 6) print(arr[6]) arr[#arr] = nil print(arr[6], #arr)
-- Inheritance with constructors, super calls and method overriding.
local Animal = {} Animal.__index = Animal
function Animal.new(name) return setmetatable({ name = name }, Animal) end
function Animal:speak() return self.name .. " " .. self:sound() end function Animal:sound() return "..." end
local Dog = setmetatable({}, { __index = Animal }) Dog.__index = Dog
function Dog.new(name) local d = Animal.new(name) d.tricks = {} return setmetatable(d, Dog) end function Dog:sound() return "woof" end function Dog:speak() return Animal.speak(self) .. "!" end
local Puppy = setmetatable({}, { __index = Dog }) Puppy.__index = Puppy function Puppy.new(name) return setmetatable(Dog.new(name), Puppy) end function Puppy:sound() return Dog.sound(self):upper() end
local animals = { Animal.new "cat", Dog.new "rex", Puppy.new "bit" }
for round = 1, 3 do for _, a in ipairs(animals) do io_out = (io_out or "") .. a:speak() .. "; " end if round == 1 then function Dog:sound() return "wuff" end elseif round == 2 then Puppy.sound = nil end end print(io_out)
-- Defaults shared by many objects; one of them gets its own.
local defaults = { hp = 100, pos = { x = 0 } } local mt = { __index = defaults } local objs = {} for i = 1, 4 do objs[i] = setmetatable({}, mt) end
objs[2].hp = 50 objs[3].pos.x = 9 print(objs[1].hp, objs[2].hp, objs[4].pos.x) defaults.hp = 75 print(objs[1].hp, objs[2].hp) mt.__index = { hp = "swapped" } print(objs[1].hp, objs[2].hp, objs[1].pos) mt.__index = nil print(objs[1].hp) mt.__index = function(_, k) return k .. "?" end print(objs[1].hp)
-- Metatables replaced while a loop uses the object.
local m1, m2 = { __index = { v = 1 } }, { __index = { v = 2 } } local o, sum = setmetatable({}, m1), "" for i = 1, 6 do sum = sum .. o.v if i == 3 then setmetatable(o, m2) elseif i == 5 then setmetatable(o, nil) o.v = 7 end end print(sum)
-- Multiple values, rawset, rawget, rawlen, rawequal see no metamethods.
local all = setmetatable({}, { __index = error, __newindex = error, __len = error, __eq = error }) rawset(all, "k", 1) print(rawget(all, "k"), rawget(all, "z"), rawlen(all), rawequal(all, {}), all.k)
print(pcall(function() return all.z end)) print(pcall(function() all.z = 1 end))
-- Errors in handlers, handlers of other types, loops in chains.
local bad = setmetatable({}, { __index = 5, __newindex = true }) print(pcall(function() return bad.x end)) print(pcall(function() bad.x = 1 end)) print(pcall(function() return bad[1] end))
local s = setmetatable({}, { __index = "text" }) print(s.len, s.x, pcall(function() return s.len(s) end))
local loop = {} setmetatable(loop, { __index = loop, __newindex = loop }) print(select(2, pcall(function() return loop.x end))) print(select(2, pcall(function() loop.x = 1 end)))
local callable = setmetatable({}, { __call = function(_, t, k) return "called " .. tostring(k) end }) print(pcall(function() return setmetatable({}, { __index = callable }).key end))
-- Strings, numbers and nil are indexed through their types' metatables.
print(("x").len, ("x").nothing, ("abc"):len(), #"abc", ("%d"):format(3), pcall(function() return ("x").a.b end)) print(pcall(function() return (5).x end)) print(pcall(function() local v = true v.x = 1 end))
print(pcall(function() ("x").y = 1 end)) getmetatable("").__index = function(str, i) if type(i) == "number" then return string.sub(str, i, i) else return string[i] end end print(("hello")[2], ("hello"):upper(), ("hello")[9] == "") getmetatable("").__index = string
-- Tracking proxies.
local function track(t) return setmetatable({}, { __index = function(_, k) log[#log + 1] = "r" .. tostring(k) return t[k] end, __newindex = function(_, k, v) log[#log + 1] = "w" .. tostring(k) t[k] = v end, __len = function() log[#log + 1] = "#" return #t end }) end
local p = track { 10, 20 } p[#p + 1] = p[1] + p[2] flush() p.x, p.y = p.y, p.x flush() p[1] = p[1] + 1 flush() print(#p, p[3])
-- A read-only table; strict globals; missing method.
local ro = setmetatable({}, { __index = { v = 1 }, __newindex = function(_, k) error("read-only: " .. k, 2) end }) print(ro.v, pcall(function() ro.v = 2 end))
local env = setmetatable({}, { __index = function(_, k) error("undeclared " .. k, 2) end }) print(pcall(load("x = 1 y = x return y + z", "=strict", "t", env)))
print(pcall(function() return animals[1]:fly() end)) print(pcall(function() animals[9]:speak() end))
-- Deep inheritance.
local d = { v = "deep" } for i = 1, 60 do d = setmetatable({ ["k" .. i] = i }, { __index = d }) end print(d.v, d.k1, d.k60, d.k61)
