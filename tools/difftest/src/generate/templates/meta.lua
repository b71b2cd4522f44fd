--- meta.defaults 6 12
local reads = {}
local t = setmetatable({$k = $i}, {__index = function(self, key) reads[#reads + 1] = key return ‹#key¦key .. "!"¦nil¦$i› end})
print(t.$k, t.$k, t["missing"], t.$k, rawget(t, "$k"))
rawset(t, "$k", $v)
print(t.$k, #reads, table.concat(reads, ","))
--- meta.chain 8 14
local A = {who = "A", a = $i}
local B = setmetatable({who = "B", b = $i}, {__index = A})
local C = setmetatable({}, {__index = ‹B¦function(t, k) return B[k] end¦setmetatable({}, {__index = B})›})
print(C.who, C.a, C.b, C.c, rawget(C, "who"))
for i = 1, 3 do
  print(C.a, C.who)
  if i == 1 then A.a = $n elseif i == 2 then B.a = "shadow" end
end
A.late = $v
B.who = nil
print(C.late, C.who, C.a)
setmetatable(B, ‹nil¦{__index = {a = "other"}}›)
print(C.a, C.who)
--- meta.cache 5 20
local n = 0
local fibs = setmetatable({[0] = 0, [1] = 1}, {__index = function(t, k) n = n + 1 local v = t[k - 1] + t[k - 2] t[k] = v return v end})
print(fibs[$p * 3], n, fibs[$p], n)
--- meta.newindex 8 14
local log, store = {}, {}
local t = setmetatable({present = 1}, {__newindex = ‹function(t, k, v) log[#log + 1] = str(k) .. "=" .. str(v) rawset(t, k, v) end¦store¦function(t, k, v) store[k] = v end¦setmetatable({}, {__newindex = store})›})
t.present = $i
t.absent = $v
t.absent = $i
t[1] = $s
t[$d] = nil
dump("t", t)
dump("store", store)
print(table.concat(log, ";"))
--- meta.proxy 5 14
local function readonly(inner) return setmetatable({}, {__index = inner, __newindex = function(_, k) error("read-only field " .. str(k), 2) end, __len = function() return #inner end, __pairs = function() return spairs(inner) end, __metatable = "locked"}) end
local r = readonly({$i, $i, $i, name = $s})
print(#r, r[1], r.name, getmetatable(r))
try(function() r.name = 1 end)
try(setmetatable, r, {})
for k, v in pairs(r) do print(k, v) end
for i, v in ipairs(r) do print(i, v) end
--- meta.arithmetic 12 14
local log = {}
local mt = {}
for _, name in ipairs({"__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__idiv", "__band", "__bor", "__bxor", "__shl", "__shr", "__bnot", "__concat"}) do
  if ‹true¦name ~= "__‹add¦concat¦unm¦shl¦idiv›"› then
    mt[name] = function(a, b) log[#log + 1] = name .. "(" .. (type(a) == "table" and "t" or str(a)) .. "," .. (type(b) == "table" and "t" or str(b)) .. ")" return ‹#log, "extra"¦name¦nil› end
  end
end
local t = setmetatable({}, mt)
try(function() return t $o 1, 2 $o t, t $o t, t ^ 2, -t end)
try(function() return t $w 1, 2 $w t, ~t, t $o $n end)
try(function() return t .. "x", 1 .. t, "a" .. "b" .. t, t .. t .. "c" end)
try(function() local x = $n return x $o t, t $o x, t $o "10", "3" $o t end)
print(table.concat(log, " "))
--- meta.compare 10 14
local mt = {}
mt.__eq = function(a, b) return ‹a.v == b.v¦1¦nil¦false¦a.v $c b.v› end
mt.__lt = function(a, b) return ‹(type(a) == "table" and a.v or a) < (type(b) == "table" and b.v or b)¦"truthy"¦nil› end
‹mt.__le = function(a, b) return (type(a) == "table" and a.v or a) <= (type(b) == "table" and b.v or b) end¦›
local function new(v) return setmetatable({v = v}, mt) end
local a, b, c = new($i), new($i), new(3)
print(a == b, a ~= b, a == c, a == a, rawequal(a, b), a == 3)
try(function() return a < b, a > b, b < c end)
try(function() return a <= b, a >= b, a < 5, 5 > c end)
try(function() if a < b then return "less" elseif a == b then return "equal" else return "more" end end)
try(function() return a <= 3, 2.5 <= c, a < "x" end)
--- meta.length_call 8 10
local t = setmetatable({1, 2, 3}, {__len = function(self) return ‹10¦$i¦"len"¦1.5¦rawlen(self) + 1¦nil› end, __call = function(self, ...) return select("#", ...), ‹...¦(...)¦self == ...› end})
try(function() return #t, rawlen(t), t(), t(1, nil), (t($i, 2)) end)
try(function() return pcall(t, "x", nil) end)
local f = setmetatable({}, {__call = t})
try(f, 1)
try(function() return table.concat(t, ",", 1, 3), select("#", table.unpack(t, 1, 4)) end)
for k in t do print("iterated", k) break end
--- meta.tostring 6 8
local t = setmetatable({}, {__tostring = function(self) return ‹"object"¦42¦nil¦{}¦"x" .. $i› end})
try(tostring, t)
try(function() return string.format("<%s>", t) end)
local n = setmetatable({}, {__name = "My.Type"})
print((string.gsub(tostring(n), "0x%x+", "ADDR")))
try(function() return n + 1 end)
try(function() return n.x.y end)
try(function() return n < 1, n() end)
try(function() return #n, n .. "x" end)
try(string.rep, n)
try(ipairs)
--- meta.pairs 5 10
local t = setmetatable({1, 2, x = 3}, {__pairs = function(self) return ‹function(_, k) k = (k or 0) + 1 if k <= 3 then return k, k * k end end, self, nil¦next, {only = 1}, nil¦spairs({b = 2, a = 1})› end, __index = function(t, i) if math.type(i) == "integer" and i <= 5 then return i * 10 end end})
for k, v in pairs(t) do print(k, v) end
for i, v in ipairs(t) do print(i, v) end
print(t[3], t.y, #t, next(t) ~= nil)
--- meta.late 8 20
local mt = {}
local t, u = setmetatable({x = 1}, mt), setmetatable({}, mt)
local function probe() local ok, v = pcall(function() return t.missing end) local ok2, w = pcall(function() return t + u end) return str(v), ok2 and str(w) or "no add" end
for i = 1, 5 do
  print(i, probe())
  if i == 2 then mt.__index = ‹{missing = "table"}¦function(_, k) return k end› end
  if i == 3 then mt.__add = function(a, b) return "added" end end
  if i == 4 then ‹setmetatable(t, nil)¦mt.__index, mt.__add = nil, nil¦setmetatable(t, {__index = {missing = "new"}})› end
end
--- meta.inherit 8 24
local function class(base) local c = {} c.__index = c c.new = function(...) local o = setmetatable({}, c) if c.init then c.init(o, ...) end return o end return setmetatable(c, {__index = base}) end
local Animal = class()
function Animal:init(name, n) self.name, self.n = name, n end
function Animal:speak() return self.name .. " " .. self:sound() end
function Animal:sound() return "..." end
local Dog = class(Animal)
function Dog:sound() return ("woof"):rep(self.n & 3, "-") end
local Puppy = class(Dog)
function Puppy:init(name) Dog.init(self, name, 1) self.small = true end
function Puppy:speak() return "(" .. Dog.speak(self) .. ")" end
local all = {Animal.new($s, 2), Dog.new("rex", $i), Puppy.new("bit"), Dog.new("old", $i)}
for i = 1, #all do print(all[i]:speak(), rawget(all[i], "small")) end
function Animal:sound() return "changed" end
Dog.sound = nil
for i = 1, #all do print(all[i]:speak()) end
--- meta.globals 4 12
local reads = {}
setmetatable(_G, {__index = function(_, k) reads[#reads + 1] = k return ‹nil¦k¦$i› end, __newindex = function(t, k, v) reads[#reads + 1] = "set " .. k rawset(t, k, v) end})
try(function() return undefinedA, undefinedB end)
defined = $v
defined = $i
print(defined, rawget(_G, "undefinedA"))
setmetatable(_G, nil)
print(table.concat(reads, ","), undefinedA)
--- meta.raw 4 8
local t = setmetatable({}, {__index = function() return "meta" end, __newindex = function() end, __len = function() return 99 end, __eq = function() return true end})
t.x = 1
rawset(t, "y", 2)
print(t.x, t.y, rawget(t, "x"), rawlen(t), #t, rawequal(t, {}), t == setmetatable({}, getmetatable(t)))
--- meta.many 5 60
local function make(i) return setmetatable({id = i}, {__index = {value = i * 2, get = function(self) return self.id + self.value end}}) end
local sum = 0
for i = 1, 12 do local o = make(i) sum = sum + o:get() + o.value end
print(sum)
local shapes = {}
for i = 1, 10 do local o = {} if i % 2 == 0 then o.a = i end o.b = i if i % 3 == 0 then o.c = i end o.get = function(s) return (s.a or 0) + s.b + (s.c or 0) end shapes[i] = o end
for round = 1, 2 do for i = 1, #shapes do sum = sum + shapes[i]:get() shapes[i].b = shapes[i].b + 0.5 end end
print(sum)
