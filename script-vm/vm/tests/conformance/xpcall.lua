-- xpcall: handlers, their arguments and results, errors in handlers, tracebacks, nesting, with coroutines.
local function show(...) local s = {} for i = 1, select("#", ...) do s[i] = tostring((select(i, ...))) end print(#s, table.concat(s, " | ")) end
show(xpcall(function(...) return select("#", ...), ... end, print, 1, nil)) show(xpcall(error, function(e) return "H:" .. tostring(e), "dropped" end, "msg")) show(xpcall(error, function(e) return type(e) end)) show(xpcall(error, function(e) end, "x")) show(xpcall(error, function(e) return e end, { 1 }) == false) show(xpcall(function() local x = nil; x() end, function(m) return "<" .. m .. ">" end))
show(pcall(xpcall)) show(pcall(xpcall, print)) show(xpcall(nil, function(m) return "H " .. m end)) show(xpcall(5, tostring)) show(pcall(xpcall, print, nil)) show(pcall(xpcall, error, nil, "no handler")) show(xpcall(error, string.upper, "native handler")) show(pcall(xpcall, error, setmetatable({}, { __call = function(_, e) return "callable " .. e end }), "x"))
-- The handler runs at the point of the error: it sees the stack, and locals are still open.
show(xpcall(function() local function inner() error("deep", 0) end inner() end, function(m) local _, n = debug.traceback("", 1):gsub("\n", "\n") return m .. (n > 3 and " with stack" or " without") end))
local state = "open" show(xpcall(function() local c <close> = setmetatable({}, { __close = function() state = "closed" end }) error("x", 0) end, function(m) return m .. " " .. state end)) print(state)
-- Errors in handlers.
show(xpcall(error, function(e) error("handler failed", 0) end, "x") == false) local depth = 0 local ok, e = xpcall(error, function(m) depth = depth + 1 if depth < 3 then error("again " .. depth, 0) end return "settled after " .. depth .. ": " .. tostring(m) end, "first") show(ok, e)
ok, e = xpcall(error, function(m) local x = nil + 1 end, "x") print(ok, type(e)) ok, e = xpcall(error, function(m) return pcall(error, "in handler") and 1 or "pcall works in handlers: " .. m end, "x") show(ok, e) show(xpcall(error, function(m) return select(2, xpcall(error, function(n) return m .. "+" .. n end, "inner")) end, "outer"))
-- Nesting: the innermost handles.
show(xpcall(function() return xpcall(error, function(m) return "inner " .. m end, "a") end, function(m) return "outer " .. m end)) show(xpcall(function() pcall(error, "caught") error("second", 0) end, function(m) return "outer " .. m end)) show(pcall(xpcall, error, function(m) return "h " .. m end, "z")) show(xpcall(pcall, print, error, "p"))
-- In and across coroutines.
show(xpcall(function() return coroutine.wrap(function() error("in co", 0) end)() end, function(m) return "H " .. m end)) show(coroutine.wrap(function() return xpcall(function() coroutine.yield("y") error("after", 0) end, function(m) return "H " .. m end) end)()) local w = coroutine.wrap(function() return xpcall(function() coroutine.yield("y") error("after", 0) end, function(m) return "H " .. m end) end) show(w()) show(w()) show(coroutine.resume(coroutine.create(function() return xpcall(error, error, "e") end)))
-- Tracebacks: the lines of Lua functions that the program itself called, and how many levels are skipped.
local function trace(tb)
  for line in (tb .. "\n"):gmatch "(.-)\n" do if not line:find "%[C%]" and not line:find "main chunk" and not line:find "conformance" then print("  " .. line) end end
end
local function lvl3() error("traced") end local function lvl2() lvl3() end function lvl1() lvl2() end
local _, tb = xpcall(lvl1, debug.traceback) trace(tb)
local obj = { method = function(self) lvl3() end } _, tb = xpcall(function() obj:method() obj.x = 1 end, debug.traceback) trace(tb)
_, tb = xpcall(function() local f = function() lvl3() return 1 end f() return 2 end, debug.traceback) trace(tb)
_, tb = xpcall(function() return lvl1() end, debug.traceback) trace(tb)
print(debug.traceback("plain"):match "^[^\n]*\n[^\n]*", (debug.traceback(5):gsub("%[C%]: in [^\n]*$", "the host")), type(debug.traceback()), type(debug.traceback({})))
_, tb = xpcall(function() local t = setmetatable({}, { __index = function(_, k) lvl3() return 1 end }) local v = t.x return v end, debug.traceback) trace(tb)
_, tb = xpcall(function() local t = setmetatable({}, { __add = function() lvl3() return 1 end }) local v = t + 1 return v end, debug.traceback) trace(tb)
-- Errors that variables raise while they are closed for another error: the handler is called for them, too.
local function failing(name) return setmetatable({}, { __close = function(_, e) error(name .. " after " .. tostring(e), 0) end }) end
local function closing(n) local a <close> = failing("a") if n > 1 then local b <close> = failing("b") error("first", 0) end error("first", 0) end
show(xpcall(closing, function(m) print("handler", m) return "H(" .. m .. ")" end, 1)) show(xpcall(closing, function(m) print("handler", m) return "H(" .. m .. ")" end, 2))
show(coroutine.wrap(function() return xpcall(closing, function(m) return "H(" .. m .. ")" end, 2) end)())
show(coroutine.wrap(function() return xpcall(function() local a <close> = setmetatable({}, { __close = function(_, e) coroutine.yield("y") error("late", 0) end }) error("first", 0) end, function(m) return "H(" .. m .. ")" end) end)())
show(pcall(closing, 2)) show(xpcall(function() local a <close> = failing("a") return 1 end, function(m) return "H(" .. m .. ")" end))
show(xpcall(function() return pcall(closing, 2) end, function(m) return "outer(" .. m .. ")" end)) show(xpcall(function() local a <close> = failing("a") xpcall(closing, function(m) return "in(" .. m .. ")" end, 2) error("then", 0) end, function(m) return "out(" .. m .. ")" end))
local count = 0 show(xpcall(function() local a <close> = failing("a") error("first", 0) end, function(m) count = count + 1 if count < 3 then error("handler " .. count, 0) end return m .. count end))
