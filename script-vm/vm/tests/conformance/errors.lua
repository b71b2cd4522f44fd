-- error, assert, pcall: levels, positions, values of all types, rethrow, errors through many frames and natives.
local function show(...) local s = {} for i = 1, select("#", ...) do s[i] = tostring((select(i, ...))) end print(#s, table.concat(s, " | ")) end
local function lvl(n) error("level " .. tostring(n), n) end
local function caller(n) lvl(n) end
local function caller2(n) caller(n) end
for _, n in ipairs { 0, 1, 2, 3, 4, 100, -1 } do show(pcall(caller2, n)) end show(pcall(error, "direct")) show(pcall(error, "direct", 2)) show(pcall(lvl)) show(pcall(error, "x", "y")) show(pcall(error, "x", 1.5)) show(pcall(error, "x", 1.0))
for _, v in ipairs { 1, 1.5, true, false, "s" } do local ok, e = pcall(error, v) print(ok, e, math.type(e) or type(e)) end show(pcall(error)) show(pcall(error, nil)) local t = {} show(select(2, pcall(error, t)) == t, select(2, pcall(error, print)) == print) print(pcall(error, 5, 2), pcall(function() error(5) end), pcall(function() error("5", 1) end))
print(select(2, pcall(function() error(setmetatable({}, { __tostring = function() return "object with text" end })) end)))
-- assert.
show(assert(1, 2, nil)) show(pcall(assert)) show(pcall(assert, nil)) show(pcall(assert, false)) show(pcall(assert, nil, "message")) show(pcall(assert, false, nil)) show(pcall(assert, nil, t)) show(pcall(function() assert(false, "no position") end)) show(pcall(assert, 1 == 2, 42)) show(pcall(function() assert(tonumber("x"), "not a number: " .. "x") end))
-- Rethrow keeps the value; nested pcalls; errors in loops, arguments, constructors, conditions.
show(pcall(function() local ok, e = pcall(error, "inner", 0) error("outer<" .. e .. ">", 0) end)) show(pcall(pcall, error, "x")) show(pcall(pcall))
show(pcall(function() local e = t local ok, r = pcall(error, e) error(r) end)) show(pcall(function() for i = 1, 3 do if i == 2 then error("at " .. i) end end end)) show(pcall(function() return { 1, error("in constructor"), 3 } end)) show(pcall(function() if error("in condition") then return 1 end end)) show(pcall(function() return #error("in length") end)) show(pcall(function() print(1, error("in argument")) end)) show(pcall(function() while error "in while" do end end)) show(pcall(function() for i = error "in for", 2 do end end)) show(pcall(function() local x <const> = error "in const" end))
-- State after an error: variables assigned before keep their values, later ones do not happen.
local log = {} show(pcall(function() log[#log + 1] = "a" local function f() log[#log + 1] = "b" error("stop", 0) end f() log[#log + 1] = "never" end)) print(table.concat(log, " "))
local up = 1 pcall(function() up = 2 error() up = 3 end) print(up) local a, b = 1, 2 pcall(function() a, b = 5, error() end) print(a, b) local tab = { 1 } pcall(function() tab[1], tab[2] = 9, nil + 1 end) print(tab[1], tab[2])
-- pcall of natives, callables, non-callables; results through pcall; pcall returns.
show(pcall(math.floor, 2.5)) show(pcall(setmetatable({}, { __call = function(_, v) return v, "called" end }), 3)) show(pcall(nil)) show(pcall(5)) show(pcall({})) show(pcall("x")) show(pcall(select, "#", 1, 2)) show(pcall(string.rep)) show(pcall(string.rep, "x", -1)) show(pcall(("x").rep, "x", {})) show(pcall(setmetatable, 1)) show(pcall(ipairs)) show(pcall(rawset, {}, nil, 1)) show(pcall(rawget, 1, 1)) show(pcall(rawlen, 5)) show(pcall(next, {}, 1)) show(pcall(tostring)) show(pcall(type)) show(pcall(rawequal, 1)) show(pcall(table.concat, { {} })) show(pcall(table.concat, { 1, nil, 3 }, ",", 1, 3))
-- Messages name the function as the caller does.
show(pcall(function() string.rep() end)) show(pcall(function() ("x"):rep({}) end)) show(pcall(function() ("x"):bad() end)) show(pcall(function() local s = string s.rep() end)) show(pcall(function() local rep = string.rep rep() end)) show(pcall(function() math.floor("x") end)) show(pcall(function() setmetatable(1, 2) end)) show(pcall(function() table.insert({}, 1, 2, 3) end)) show(pcall(function() table.insert({}, 5, 2) end)) show(pcall(function() table.insert({}) end)) show(pcall(function() ("x"):format(1, 2):rep("z") end)) show(pcall(function() ("%d"):format("x") end)) show(pcall(function() ("%d"):format(1.5) end)) show(pcall(function() ("x"):rep(1e10) end) == false) show(pcall(function() local t = { f = string.char } t.f(256) end)) show(pcall(function() local t = { f = string.char } t:f() end)) show(pcall(function() io_lib = { write = math.abs } io_lib.write("x") end)) show(pcall(function() tostring() end)) show(pcall(function() (string.byte)() end)) show(pcall(function() return math.floor({}) end)) show(pcall(function() return (math.floor({})) end))
-- Where the error is: multi-line expressions, calls split over lines.
show(pcall(function()
  local x = 1 +
    nil
  return x
end)) show(pcall(function()
  local t = {}
  return t
    .a
    .b
end)) show(pcall(function()
  error(
    "split call"
  )
end)) show(pcall(function() local function f()
    local t = nil
    return t.x
  end
  f()
end)) show(pcall(function()
  local s = "a" ..
    {} ..
    "b"
end)) show(pcall(function()
  string.rep(
    "x",
    {}
  )
end)) show(pcall(function()
  for i = 1,
    "x" do
  end
end))
-- Tail calls lose the caller's level; natives have no line.
local function thrower() error("tail", 2) end local function tailer() return thrower() end show(pcall(function() tailer() end)) show(pcall(function() return thrower() end)) show(pcall(function() pcall(error, "x", 2) error("y", 3) end)) show(pcall(table.sort, { 1, 2, 3 }, function() error("in callback", 2) end)) show(pcall(string.gsub, "x", "x", function() error("in gsub") end)) show(pcall(load, function() error("in reader", 0) end))
-- Errors in chunks with other names.
for _, name in ipairs { "=name", "@file.lua", "code", "line1\nline2", "=" .. ("n"):rep(80), "@" .. ("p/"):rep(50) .. "f.lua", ("long source "):rep(10), "", "=", "@", "=[C]" } do show(pcall(load("error('here')", name))) show(load("x =", name)) end show(pcall(load("\n\n  error('third line')", "=n"))) show(pcall(load "error('unnamed')")) show(pcall(load(function() return nil end)))
