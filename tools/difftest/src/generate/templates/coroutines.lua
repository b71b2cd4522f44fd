--- coroutines.pass 9 20
local co = coroutine.create(function(a, b)
  print("start", a, b)
  local c = coroutine.yield(a + (b or 0))
  print("got", c)
  local d, e = coroutine.yield(c, $v)
  $S
  print("got", d, e)
  return "done", ‹d¦e¦$i›
end)
print(coroutine.status(co), coroutine.resume(co, $i, ‹$i¦nil›))
print(coroutine.status(co), coroutine.resume(co, $v, 2))
print(coroutine.resume(co‹, 1, 2¦, nil, nil¦¦, "x", {}, 3›))
print(coroutine.status(co), coroutine.resume(co, 1))
--- coroutines.wrap 8 20
local gen = coroutine.wrap(function(...) local n = select("#", ...) for i = 1, ‹3¦n¦0› do n = n + (coroutine.yield(i, n) or 1) end return "end", n end)
print(gen($i, nil, 3)) print(pcall(gen, $i)) print(pcall(gen, 2)) print(pcall(gen)) print(pcall(gen))
--- coroutines.generator 8 40
local function walk(t) if t then walk(t.left) coroutine.yield(t.key) walk(t.right) end end
local function insert(t, key) if not t then return {key = key} end if key < t.key then t.left = insert(t.left, key) else t.right = insert(t.right, key) end return t end
local tree
for _, k in ipairs({$i, 5, $i, 2, $i, 8, 1}) do tree = insert(tree, k) end
for k in coroutine.wrap(function() walk(tree) end) do print(k) end
--- coroutines.across_pcall 10 20
local co = coroutine.wrap(function(x)
  local ok, v = pcall(function(y) local z = coroutine.yield(y + 1) ‹return z * 2¦error("err" .. str(z), 0)¦error({z})¦local q = nil + z› end, x)
  print("pcall", ok, str(v))
  local ok2, w = xpcall(function(...) return coroutine.yield(...), "more" end, function(m) return "H:" .. str(m) end, $v, 2)
  print("xpcall", ok2, w)
  ‹return v¦error("final", 0)¦return pcall(coroutine.yield, 9)›
end)
print(co($i)) print(co($n)) print(pcall(co, $v)) print(pcall(co, 1, 2)) print(pcall(co))
--- coroutines.across_meta 10 20
local y = coroutine.yield
local mt = {__index = function(t, k) return y("index", k) end, __newindex = function(t, k, v) y("newindex", k) rawset(t, k, v) end, __add = function(a, b) return y("add") end, __eq = function(a, b) return y("eq") end, __lt = function(a, b) return y("lt") end, __le = function(a, b) return y("le") end, __concat = function(a, b) return y("concat") end, __call = function(self, ...) return y("call", ...) end, __len = function() return y("len") end, __unm = function() return y("unm") end}
local t, u = setmetatable({}, mt), setmetatable({}, mt)
local co = coroutine.create(function()
  local r = {}
  r[1] = ‹t.field¦t + 1¦2 + t¦t .. "x"¦"a" .. "b" .. t¦t(1, 2)¦#t¦-t¦t[1]›
  r[2] = ‹t == u¦t < u¦t <= u¦not (t < u)¦t ~= u¦t > 1›
  if ‹t == u¦t < u¦t >= u› then r[3] = "yes" else r[3] = "no" end
  t.stored = ‹t.other¦7›
  while ‹t < u¦t == u› do r[4] = (r[4] or 0) + 1 end
  return r
end)
local answers = {$i, true, false, $v, 1, nil, "s", false, nil, nil, nil}
for i = 1, 11 do
  local out = table.pack(coroutine.resume(co, answers[i]))
  dump("resume" .. i, table.unpack(out, 1, out.n))
  if coroutine.status(co) == "dead" then break end
end
--- coroutines.across_iterator 8 20
local co = coroutine.wrap(function()
  local function it(s, c) c = c + 1 if c <= s then return c, (coroutine.yield("it" .. c)) end end
  local got = {}
  for i, v in it, $p, 0 do got[#got + 1] = str(v) $S end
  local ok, e = pcall(function() for k, v in ‹pairs(setmetatable({}, {__pairs = function(t) coroutine.yield("pairs") return next, {1}, nil end}))¦ipairs(setmetatable({}, {__index = function(t, i) if i < 3 then return coroutine.yield("ipairs" .. i) or 0 end end}))› do got[#got + 1] = k end end)
  got[#got + 1] = str(e)
  return table.concat(got, ",")
end)
for i = 1, 12 do local r = co(i) print(r) if not r or not r:find("^i?[tp]") and not r:find("^pairs") then break end end
--- coroutines.c_boundary 5 10
local co = coroutine.create(function() ‹table.sort({3, 1, 2}, function(a, b) coroutine.yield() return a < b end)¦string.gsub("abc", "%w", function(c) coroutine.yield(c) end)¦return load(function() coroutine.yield() end)› return "through" end)
print(coroutine.resume(co))
print(coroutine.status(co), coroutine.isyieldable())
print(pcall(coroutine.yield, 1))
--- coroutines.misuse 8 12
local co co = coroutine.create(function() print(coroutine.resume(co)) print(coroutine.status(co), coroutine.isyieldable()) print(pcall(coroutine.wrap(function() return coroutine.resume(co) end))) print(coroutine.running() == co, select(2, coroutine.running())) print(pcall(coroutine.close, co)) end)
print(coroutine.status(co), coroutine.resume(co))
print(coroutine.resume(co))
print(coroutine.close(co), coroutine.status(co))
local w = coroutine.wrap(function() error(‹"inside"¦{1}¦"lvl", 2¦nil›) end)
print(pcall(w)) print(pcall(w))
print(select(2, coroutine.running()), coroutine.isyieldable())
print(coroutine.resume(coroutine.create(‹print¦error¦math.floor¦type›)‹, 1¦, "x"¦¦, 2.5, 3›))
--- coroutines.nested 8 30
local function producer(n) return coroutine.create(function() for i = 1, n do coroutine.yield(i * $d) end return "p" end) end
local function filter(p) return coroutine.wrap(function() while true do local ok, v = coroutine.resume(p) if type(v) ~= "number" then return v end coroutine.yield(v + 0.5) end end) end
local f = filter(producer($p))
for i = 1, 8 do local v = f() print(v) if v == "p" then break end end
local depth = 0
local function nest(n) depth = n if n == 0 then return coroutine.yield("bottom") end local co = coroutine.wrap(nest) local v = co(n - 1) local w = coroutine.yield(v, n) return co(w), n end
local co = coroutine.wrap(nest)
print(co(3)) print(co(1)) print(pcall(co, 2)) print(pcall(co, 3)) print(depth)
--- coroutines.scheduler 7 60
local tasks, log = {}, {}
local function spawn(f, ...) local args = table.pack(...) tasks[#tasks + 1] = coroutine.create(function() return f(table.unpack(args, 1, args.n)) end) end
local function worker(name, n, fail) for i = 1, n do log[#log + 1] = name .. i if i == fail then error(name .. " fails", 0) end coroutine.yield() end end
spawn(worker, "a", 3) spawn(worker, "b", $p, 2) spawn(worker, "c", 2) spawn(function() spawn(worker, "d", 1) coroutine.yield() log[#log + 1] = "spawner" end)
local rounds = 0
while #tasks > 0 and rounds < 20 do
  rounds = rounds + 1
  for i = #tasks, 1, -1 do
    local ok, e = coroutine.resume(tasks[i])
    if not ok then log[#log + 1] = e end
    if coroutine.status(tasks[i]) == "dead" then table.remove(tasks, i) end
  end
end
print(rounds, table.concat(log, " "))
--- coroutines.varargs 6 14
local co = coroutine.wrap(function(...) local r = {n = 0} local function note(...) r[#r + 1] = select("#", ...) return ... end note(coroutine.yield(note(...))) local t = {coroutine.yield(select("#", ...))} note(table.unpack(t)) local a, b = coroutine.yield(#t) r[#r + 1] = str(a) .. str(b) return table.concat(r, ",") end)
print(co(1, nil, $v)) print(co()) print(co(1, 2, 3)) print(co(‹nil, 1¦$i, $s, 3¦›))
--- coroutines.closures 6 20
local n = $i
local co = coroutine.create(function() local mine = n local function bump(d) mine = mine + d n = n + 1 return mine end coroutine.yield(bump) coroutine.yield(mine) for i = 1, 2 do local c = i coroutine.yield(function() c = c + mine return c end) end end)
local _, bump = coroutine.resume(co)
print(bump(1), bump($i))
print(coroutine.resume(co)) print(n)
local _, f = coroutine.resume(co)
local _, g = coroutine.resume(co)
print(f(), f(), g(), bump(1), f(), g())
--- coroutines.close 6 12
local co = coroutine.create(function() coroutine.yield() error("e") end)
coroutine.resume(co)
‹coroutine.resume(co)¦›
print(coroutine.close(co)) print(coroutine.status(co)) print(coroutine.resume(co))
print(coroutine.close(coroutine.create(print)))
--- coroutines.error_inside 6 12
local co = coroutine.create(function(x) $S local t = $x return t.a.b + x end)
print(coroutine.resume(co, 1)) print(coroutine.status(co))
local ok, e = pcall(coroutine.wrap(function() local t = nil t.x = 1 end))
print(ok, e)
print(pcall(coroutine.wrap(function() return (function() error("deep", 2) end)() end)))
--- coroutines.frames 10 120
local function leaf(a, b) ‹local c, d = coroutine.yield(a, b) return d, c¦return coroutine.yield(a, b)¦return b, (coroutine.yield(a))¦local r = {coroutine.yield(b, a, $v)} return #r, r[1]› end
local function middle(n, a, b) if n <= 0 then return leaf(a, b) end local x, y = middle(n - 1, b, a) ‹x = $i¦y = x¦x, y = y, x¦› return x, y end
local function root(n, ...) local log = {} for i = 1, n do local x, y = middle(i % ‹1¦3¦5›, i, ...) log[#log + 1] = str(x) .. ":" .. str(y) ‹¦$S¦local t = {middle(1, x, y), leaf(i)} log[#log + 1] = #t¦log[#log + 1] = select("#", leaf(x, y))› end return table.concat(log, " ") end
local co = coroutine.wrap(root)
local a, b = co(‹6¦15›, $i, $v)
for i = 1, 60 do if type(a) == "string" and a:find(":") then break end print(a, b) a, b = co(i * 10, ‹b¦i¦nil¦$s›) end
print(a, b)
--- coroutines.interleaved 10 160
local function leg(name, n) local sum = $d for i = 1, n do ‹$S¦› local a, b = coroutine.yield(name, sum, i) sum = sum + (a or $p) if b then sum = sum ‹+ i¦* 2¦- b› end end return name, sum end
local cos, order = {}, {}
for i = 1, ‹2¦3¦5› do cos[i] = coroutine.‹create(leg)¦create(function(...) return leg(...) end)¦create(function(...) local ok, x, y = pcall(leg, ...) return x, y end)› order[i] = coroutine.resume(cos[i], "c" .. i, i + $p) end
local at = $p
for step = 1, 30 do at = at * 5 + 3 local i = at % #cos + 1 order[#order + 1] = table.concat({i, str(select(3, coroutine.resume(cos[i], at % 7, step % 3 == 0 and step or nil)))}, "/") end
for i = 1, #order do order[i] = str(order[i]) end
print(table.concat(order, " "))
for i = 1, #cos do print(coroutine.status(cos[i])) end
--- coroutines.places 10 60
local y = coroutine.yield
local t = {n = 0, m = function(self, ...) self.n = self.n + select("#", ...) return y(self.n, ...) end}
local function sum(...) local s = 0 for i = 1, select("#", ...) do s = s + (tonumber((select(i, ...))) or 100) end return s end
local co = coroutine.create(function(a, ...)
  local r = {}
  for i = 1, ‹2¦12› do
    r[#r + 1] = ‹sum(y(1), y(2, i), y(3))¦#{y(i), y(), y(i, i)}¦sum(t:m(i, 2), t:m())¦sum(select(2, y(i, 1, 2)))¦sum(...) + sum(y(...))¦sum((y(i)), y(i))›
    if ‹y("if")¦not y("not")¦y("a") and y("b")¦y("x") == y("y")› then r[#r + 1] = "t" end
    local p, q, s = ‹y(i)¦y(), y(i)¦t:m(y("arg"))› r[#r + 1] = str(p) .. str(q) .. str(s)
    t[‹y("key") or 1¦i›] = y("value")
    ‹repeat local done = y("until") until done¦while not y("while") do r[#r + 1] = "w" end¦for j = y("from") or 1, y("to") and 2 or 1 do r[#r + 1] = j end›
  end
  return ‹y("tail")¦sum(y("tail", 1))¦table.concat(r, ",")›
end)
local shown = {}
for i = 1, 90 do
  local out = table.pack(coroutine.resume(co, ‹i % 3 == 0 and i or nil¦i % 4 > 0 and i % 4›, i % 5 == 0 and "s" or i‹, i¦›))
  for j = 1, out.n do out[j] = str(out[j]) end
  shown[#shown + 1] = table.concat(out, " ")
  if coroutine.status(co) == "dead" then break end
end
print(#shown, shown[#shown]) print(table.concat(shown, ";"))
--- coroutines.inside 8 90
local y = coroutine.yield
local V V = setmetatable({}, {__call = function(self, x) return setmetatable({x = x}, getmetatable(self)) end, __add = function(a, b) y("add") return V(a.x + b.x) end, __lt = function(a, b) y("lt", a.x) return a.x < b.x end, __index = function(t, k) y("index", k) return k == "none" and $v or nil end, __newindex = function(t, k, v) rawset(t, k, v) y("set", k) end, __close = function() y("close") end})
local function iterate(s, i) if i < s then y("step", i) return i + 1, i * 2 end end
local function work(n)
  local acc = V(0)
  for i, v in iterate, n, 0 do
    acc = acc + V(v)
    if V(i) < acc then acc.field = acc.none end
    local ok, e = pcall(function(...) ‹local c <close> = V(1) y("in", ...) return ...¦if i % 2 == 0 then error(y("fail", i), 0) end return y(...)¦return acc + V(i), iterate(2, y("got") or 0)› end, i, v)
    print(ok, str(e))
    ‹¦$S¦print(pcall(table.sort, {3, 1, 2}, function(a, b) y(a) return a < b end))¦print(xpcall(work, function(m) return "H" .. (type(m)) end, -1))›
  end
  return acc.x, n
end
local co = coroutine.wrap(function(...) return "end", work(...) end)
local kinds, a, b, c = {}, co(‹3¦9›)
for i = 1, 150 do if a == "end" then break end kinds[#kinds + 1] = str(a) .. str(b) a, b, c = co(‹i¦nil›, i) end
print(table.concat(kinds, " ")) print(a, b, c)
