-- __call, __tostring, __name, __metatable, __pairs, __concat chains, __close field lookup, getmetatable and setmetatable.
local C = setmetatable({}, { __call = function(self, ...) return "called", select("#", ...), ... end })
print(C()) print(C(1, nil)) print(pcall(C, "x")) print((C(5))) print(select("#", C(1, 2)))
local nested = setmetatable({}, { __call = C }) print(nested("n") == "called", select(2, nested("n", "m")))
local cls = setmetatable({}, { __call = function(self, v) return setmetatable({ v = v }, self) end }) cls.__index = cls function cls:get() return self.v end print(cls(5):get(), cls("x"):get())
print(pcall(function() local t = {} t() end)) print(pcall(function() setmetatable({}, { __call = 1 })() end)) print(pcall(function() local t = { x = {} } t.x() end)) print(pcall(function() local t = {} t:m() end)) print(pcall(function() (1)() end)) print(pcall(function() ("x")() end)) print(pcall(function() undefinedfn() end))
local t = setmetatable({}, { __call = function(self, a) if a == 0 then return "tail end" end return self(a - 1) end }) print(t(20))
print(table.concat((function() local r = {} for i in setmetatable({ i = 0 }, { __call = function(s) s.i = s.i + 1 if s.i < 4 then return s.i end end }) do r[#r + 1] = i end return r end)(), ","))
local sorter = setmetatable({}, { __call = function(_, x, y) return x > y end }) local list = { 3, 1, 2 } print(pcall(table.sort, list, sorter)) print(("abc"):gsub("%w", setmetatable({}, { __index = function(_, k) return k .. k end })))
print(coroutine.wrap(function(...) return C(...) end)(7), xpcall(C, function(e) return e end, "xp"))
-- __tostring and __name.
local ts = setmetatable({}, { __tostring = function(v) return "custom" end }) print(ts, tostring(ts), tostring(ts) .. "!", string.format("%s|%10s|%.3s", ts, ts, ts))
print(pcall(tostring, setmetatable({}, { __tostring = function() return 5 end }))) print(pcall(tostring, setmetatable({}, { __tostring = function() end }))) print(pcall(tostring, setmetatable({}, { __tostring = function() error("in tostring", 0) end })))
local named = setmetatable({}, { __name = "My.Type" }) print((tostring(named):gsub("0x%x+", "ADDR"))) print(pcall(function() return named + 1 end)) print(pcall(function() return #named < named end)) print(pcall(function() return named < named end)) print(pcall(function() named() end)) print(pcall(string.rep, named)) print(pcall(ipairs)) print(pcall(math.floor, named)) print(pcall(function() return named .. "x" end)) print(pcall(function() for i = 1, named do end end)) print(pcall(function() return 1 & named end)) print(pcall(function() return named < 1 end))
print((tostring(setmetatable({}, { __name = 5 })):gsub("0x%x+", "ADDR"))) print((tostring(setmetatable({}, {})):gsub("0x%x+", "ADDR"))) print(pcall(setmetatable, named)) print(pcall(setmetatable, 1, {})) print(pcall(setmetatable, {}, 1)) print(pcall(getmetatable))
-- __metatable protects.
local locked = setmetatable({}, { __metatable = "locked" }) print(getmetatable(locked), pcall(setmetatable, locked, {})) print(pcall(setmetatable, locked, nil)) print(getmetatable("").__name, getmetatable("").__index == string, getmetatable(1), getmetatable(print), getmetatable(nil))
local falsy = setmetatable({}, { __metatable = false }) print(getmetatable(falsy), pcall(setmetatable, falsy, {})) local mt = {} print(getmetatable(setmetatable({}, mt)) == mt, getmetatable(setmetatable(setmetatable({}, mt), nil)), setmetatable({ 5 }, nil)[1]) print(debug.getmetatable(locked).__metatable, debug.setmetatable(locked, nil) == locked, getmetatable(locked))
-- __pairs.
for k, v in pairs(setmetatable({ x = 1 }, { __pairs = function(t) return function(s, k) if not k then return "only", s.x end end, t end })) do print(k, v) end
for k, v in pairs(setmetatable({}, { __pairs = function() return ipairs { "p", "q" } end })) do print(k, v) end print(pcall(pairs, setmetatable({}, { __pairs = 1 }))) print(pcall(pairs, setmetatable({}, { __pairs = function() error("in pairs", 0) end })))
-- Metamethods are looked up raw: a metatable's own metatable does not count.
local outer = setmetatable({}, { __index = { __add = function() return "inherited" end, __tostring = function() return "inherited" end } }) print(pcall(function() return setmetatable({}, outer) + 1 end)) print((tostring(setmetatable({}, outer)):gsub("0x%x+", "ADDR")))
local selfmeta = {} selfmeta.__index = selfmeta selfmeta.__call = function() return "self" end setmetatable(selfmeta, selfmeta) print(selfmeta(), (select(2, pcall(function() return selfmeta.missing end))))
-- Library functions honour __index, __newindex and __len.
local view = setmetatable({}, { __index = function(_, i) if i <= 3 then return i * 10 end end, __len = function() return 3 end }) print(table.concat(view, ","), table.unpack(view)) print(select("#", table.unpack(view)), #view, next(view))
local sunk = {} local sink = setmetatable({}, { __newindex = function(_, k, v) sunk[#sunk + 1] = k .. "=" .. tostring(v) end, __len = function() return #sunk end }) table.insert(sink, "a") table.insert(sink, "b") print(table.concat(sunk, " ")) print(table.move({ 1, 2 }, 1, 2, 5, sink) == sink, table.concat(sunk, " "))
print(pcall(table.insert, setmetatable({}, { __len = function() return "x" end }), 1)) print(pcall(table.unpack, setmetatable({}, { __len = function() return 1e100 end }))) print(#setmetatable({}, { __len = function() return 2.5 end }), pcall(table.concat, setmetatable({}, { __len = function() return 2.5 end })))
local rl = setmetatable({ 5, 3, 4 }, { __len = function() return 2 end }) table.sort(rl) print(rl[1], rl[2], rl[3], table.remove(rl), rl[1], rl[2], rl[3])
