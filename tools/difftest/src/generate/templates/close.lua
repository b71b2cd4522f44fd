--- close.order 9 16
local log = {}
local function closer(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. str(e) end}) end
do
  local a <close> = closer("a")
  local x <const> = $i
  local b <close> = closer("b")
  local n <close> = ‹nil¦false¦closer("n")›
  log[#log + 1] = "body" .. x
  $S
end
print(table.concat(log, " "))
--- close.leave 10 24
local log = {}
local function closer(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. str(e) end}) end
local function f(how)
  local a <close> = closer("a" .. how)
  for i = 1, 3 do
    local b <close> = closer("b" .. i)
    if how == 1 and i == 2 then break end
    if how == 2 and i == 2 then return "returned", i end
    if how == 3 and i == 2 then error("thrown", 0) end
    if how == 4 and i == 2 then goto done end
    if how == 5 then goto continue end
    local c <close> = closer("c" .. i)
    log[#log + 1] = "body" .. i
    ::continue::
  end
  ::done::
  return "end", how
end
for how = 1, 6 do print(pcall(f, how)) print(table.concat(log, " ")) log = {} end
--- close.error 9 16
local log = {}
local function closer(name, fails) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. str(e) if fails then error(name .. " failed", ‹0¦1›) end end}) end
print(pcall(function()
  local a <close> = closer("a", $b)
  local b <close> = closer("b", ‹true¦false›)
  local c <close> = closer("c", $b)
  ‹error("body", 0)¦error({1})¦return $v¦local x = nil .. ""›
end))
print(table.concat(log, " "))
--- close.results 6 12
local function closer(f) return setmetatable({}, {__close = f}) end
local shared = $i
local function f() local c <close> = closer(function() shared = shared + 100 end) return shared, shared + 1 end
print(f()) print(shared)
local function g(...) local c <close> = closer(function() shared = -1 end) return ... end
print(g(1, nil, shared)) print(shared, select("#", g(nil, nil)))
local function h() local c <close> = closer(function(...) shared = select("#", ...) end) return f() end
print(h()) print(shared)
--- close.not_closable 4 6
try(function() local x <close> = ‹42¦{}¦"s"¦print¦setmetatable({}, {})¦nil¦false¦true› return "fine" end)
try(function() local a <close> = setmetatable({}, {__close = ‹42¦{}¦nil¦setmetatable({}, {__call = function(...) print("called", select("#", ...)) end})›}) return "ran" end)
print(load("local x <const> = 1; x = 2"))
print(load("local x <close> = nil; x = 2"))
print(load("local x <unknown> = 1"))
print(load("local a <close>, b <close> = nil, nil"))
--- close.generic_for 7 20
local log = {}
local function iterate(n, how)
  local closing = setmetatable({}, {__close = function(_, e) log[#log + 1] = "closed:" .. str(e) end})
  return function(s, c) c = c + 1 if c <= s then return c end end, n, 0, closing
end
for i in iterate($p) do log[#log + 1] = i end
for i in iterate(5) do if i == 3 then break end log[#log + 1] = i end
print(pcall(function() for i in iterate(4) do if i == 2 then ‹error("out", 0)¦return i› end end end))
local co = coroutine.wrap(function() for i in iterate(3) do coroutine.yield(i) end return "end" end)
print(co(), co(), #log)
print(co(), co())
print(table.concat(log, " "))
--- close.coroutine 7 16
local log = {}
local function closer(name) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. str(e) ‹¦coroutine.yield("in close")¦error("close error", 0)› end}) end
local co = coroutine.create(function(a) local x <close> = closer("x") local y <close> = closer("y") local b = coroutine.yield(a) ‹return b¦error("inside", 0)¦coroutine.yield(2)› end)
print(coroutine.resume(co, $i))
‹print(coroutine.resume(co, $v)) print(coroutine.resume(co, 1)) print(coroutine.resume(co, 2))¦print(pcall(coroutine.close, co))¦print(coroutine.resume(co, 0)) print(pcall(coroutine.close, co))›
print(coroutine.status(co), table.concat(log, " "))
--- close.handled 9 24
local log = {}
local function closer(name, fails) return setmetatable({}, {__close = function(_, e) log[#log + 1] = name .. ":" .. str(e) if fails then error(name .. " failed", 0) end end}) end
local function body(how)
  local a <close> = closer("a", $b)
  local b <close> = closer("b", ‹true¦how == 2›)
  ‹do local c <close> = closer("c", $b) $S end¦pcall(function() local d <close> = closer("d", true) end)¦›
  if how == 1 then return 1, 2 elseif how == 2 then error("body", 0) elseif how == 3 then local x = nil .. "" end
end
for how = 1, 3 do
  print(xpcall(body, function(m) log[#log + 1] = "handler:" .. str(m) ‹return m¦return "H" .. str(m)¦if #log < 7 then error("again", 0) end return m› end, how))
  print(table.concat(log, " ")) log = {}
end
