-- Deep recursion: how deep is fine, and that every kind that never ends is an error that can be caught (its prefix only).
local function prefix(name, f, ...)
  local ok, e = pcall(f, ...)
  print(name, ok, tostring(e):match "stack overflow" or tostring(e):sub(1, 60))
end
local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
print(depth(1000), depth(5000))
local function tail(n) if n == 0 then return "tail" end return tail(n - 1) end print(tail(5000))
local function args(...) if select("#", ...) > 100 then return select("#", ...) end return args(1, ...) end print(args())
local function forever() return 1 + forever() end prefix("lua", forever)
local function wide(a, b, c, d, e) local x, y, z = a, b, c return (wide(x, y, z, d, e)) + 1 end prefix("wide", wide, 1, 2, 3, 4, 5)
local function grows(...) return (grows(1, ...)) end prefix("varargs", grows)
local t = setmetatable({}, {}) local mt = getmetatable(t)
mt.__index = function(o, k) return o[k] end prefix("index", function() return t.x end)
mt.__newindex = function(o, k, v) o[k] = v end prefix("newindex", function() t.x = 1 end)
mt.__add = function(a, b) return a + b end prefix("add", function() return t + 1 end)
mt.__eq = function(a, b) return a == setmetatable({}, mt) end prefix("eq", function() return t == setmetatable({}, mt) end)
mt.__lt = function(a, b) return a < b end prefix("lt", function() return t < t end)
mt.__call = function(self) return (self()) end prefix("call", function() return t() end)
mt.__len = function(self) return #self end prefix("len", function() return #t end)
mt.__tostring = function(self) return tostring(self) end prefix("tostring", tostring, t)
local function viapcall(n) local ok, e = pcall(viapcall) if not ok then error(e, 0) end return 1 end prefix("pcall", viapcall)
local function sorts() table.sort({ 2, 1 }, function(a, b) sorts() return a < b end) end prefix("sort", sorts)
local function gsubs() return (("x"):gsub("x", gsubs)) end prefix("gsub", gsubs)
local function nested(n) return coroutine.wrap(function() return nested(n + 1) end)() end prefix("coroutine", nested, 1)
prefix("again", forever) print(depth(1000))
-- Recovery inside the recursion: the frames above the error are usable again.
local levels = 0 local function recover(n) levels = levels + 1 local ok = pcall(function() local function r() return 1 + r() end return r() end) return ok end print(recover(1), levels)
local caught = 0 for i = 1, 3 do if not pcall(forever) then caught = caught + 1 end end print(caught)
prefix("xpcall", function() local ok, e = xpcall(forever, function(m) return "handled " .. tostring(m):match "stack overflow" end) print(ok, e) error("done", 0) end)
for _, text in ipairs { ("("):rep(150) .. "1" .. (")"):rep(150), ("{"):rep(150) .. ("}"):rep(150), ("-"):rep(1) .. ("- "):rep(150) .. "1", ("not "):rep(150) .. "1", ("a."):rep(1000) .. "b", "1" .. (" .. 1"):rep(150), "1" .. (" + 1"):rep(2000), ("f("):rep(150) .. (")"):rep(150) } do print(#text, load("return " .. text) ~= nil) end
for _, text in ipairs { ("("):rep(300) .. "1" .. (")"):rep(300), ("{"):rep(300) .. ("}"):rep(300), ("- "):rep(300) .. "1", "1" .. (" .. 1"):rep(300), "1" .. (" ^ 1"):rep(300), ("function() return "):rep(300) .. "1" .. (" end"):rep(300) } do local f, e = load("return " .. text) print(f, tostring(e):match "overflow" or e) end
for _, text in ipairs { ("do "):rep(300) .. ("end "):rep(300), ("if x then "):rep(300) .. ("end "):rep(300), ("while x do "):rep(300) .. ("end "):rep(300) } do local f, e = load(text) print(f, tostring(e):match "overflow" or e) end
