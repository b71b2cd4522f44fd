-- The debug library: functions in progress, variables, upvalues, tracebacks, metatables of all types.

-- A traceback without what lies below the program.
local print_all = print
local function shortened(text) return type(text) == "string" and text:gsub("(in main chunk).*", "%1") or text end
local function print(...)
  local out = table.pack(...)
  for i = 1, out.n do out[i] = shortened(out[i]) end
  print_all(table.unpack(out, 1, out.n))
end
local function f(a, b, ...)
  local c = a + b
  local i = debug.getinfo(1, "nSltuf")
  print(i.name, i.namewhat, i.short_src, i.linedefined, i.lastlinedefined, i.what, i.currentline, i.nups, i.nparams, i.isvararg, i.istailcall, i.func == f)
  for k = 1, 6 do print(k, debug.getlocal(1, k)) end
  for k = -1, -3, -1 do print(k, debug.getlocal(1, k)) end
  print(debug.setlocal(1, 1, "new"), a) print(debug.setlocal(1, -1, "nv"), ...)
  print(debug.setlocal(1, 99, 1))
  return c
end
f(1, 2, "v1", "v2")
local t = {m = function() local i = debug.getinfo(1, "n") print(i.name, i.namewhat) end}
t.m() t:m() local l = t.m l()
function glob() local i = debug.getinfo(1, "n") print(i.name, i.namewhat) return 1 end
glob() setmetatable(t, {__index = glob, __add = glob, __len = glob, __call = glob})
local _ = t.zzz, t + 1, #t, t()
for _ in glob do break end
local function tail() return glob() end tail()
local co = coroutine.create(function(x) local y = x * 2 coroutine.yield(y) error("oops") end)
coroutine.resume(co, 21)
print(debug.getlocal(co, 1, 1)) print(debug.getlocal(co, 1, 2)) print(debug.setlocal(co, 1, 2, 5), select(2, debug.getlocal(co, 1, 2)))
print(debug.getinfo(co, 1, "l").currentline, debug.getinfo(co, 0, "n").name, debug.getinfo(co, 5))
print(pcall(debug.getlocal, 50, 1)) print(pcall(debug.getlocal, co, 50, 1)) print(debug.getlocal(f, 1), debug.getlocal(f, 2), debug.getlocal(f, 3), debug.getlocal(next, 1))
print(pcall(debug.getinfo, 1, ">")) print(pcall(debug.getinfo, 1, "z")) print(pcall(debug.getinfo, "x")) print(debug.getinfo(100)) print(debug.getinfo(-1))
local i = debug.getinfo(next) print(i.what, i.short_src, i.source, i.currentline, i.linedefined, i.nparams, i.isvararg, i.name, i.namewhat, i.func == next)
i = debug.getinfo(1, "S") print(i.what, i.source:sub(1, 1), i.linedefined, i.lastlinedefined)
local ks = {} for k in pairs(debug.getinfo(f, "L").activelines) do ks[#ks + 1] = k end table.sort(ks) print(ks[1], ks[2], ks[3])
local u1, u2 = 1, 2
local function g() return u1, u2 end local function h() return u2, u1 end
print(debug.getupvalue(g, 1)) print(debug.getupvalue(g, 2)) print(debug.getupvalue(g, 3)) print(debug.getupvalue(next, 1)) print(debug.getupvalue(string.gmatch("a", "b"), 1))
print(debug.setupvalue(g, 1, 10), u1, g()) print(debug.setupvalue(g, 5, 1))
print(debug.upvalueid(g, 1) == debug.upvalueid(h, 2), debug.upvalueid(g, 1) == debug.upvalueid(h, 1), debug.upvalueid(g, 3))
debug.upvaluejoin(g, 1, h, 1) print(g())
print(pcall(debug.upvaluejoin, g, 5, h, 1)) print(pcall(debug.upvaluejoin, next, 1, h, 1)) print(pcall(debug.setupvalue, 5, 1, 1)) print(pcall(debug.upvalueid, 5, 1)) print(pcall(debug.setupvalue, g, 1))
print(debug.getmetatable("").__index == string, debug.setmetatable(5, {__index = {foo = "bar"}}), (5).foo, debug.setmetatable(5, nil), pcall(function() return (5).foo end))
print(pcall(debug.setmetatable, {}, 5)) print(debug.getuservalue(5), debug.getuservalue({}, 1)) print(pcall(debug.setuservalue, {}, 1))
print(debug.gethook()) debug.sethook() print(pcall(debug.sethook, 5, "c")) print(type(debug.getregistry()))
print(debug.traceback("msg", 1)) print(debug.traceback(5)) print(debug.traceback({}) ~= nil, debug.traceback(nil) ~= nil)
print(debug.traceback(co)) print(debug.traceback(co, "m", 1)) print(debug.traceback(co, nil, 9))
print(pcall(debug.traceback, "x", {}))
print((debug.traceback("lvl0", 0)))
print(select(2, xpcall(function() local x = nil; x() end, debug.traceback)))
print(select(2, xpcall(function() error("E") end, function(m) return debug.traceback(m, 1) end)))
print(select(2, pcall(string.rep))) print(select(2, pcall(function() table.sort({3, 2, 1}, function(a, b) error("in sort") end) end)))
table.sort({2, 1}, function(a, b) print(debug.traceback("sorting")) local i = debug.getinfo(2, "nSf") print(i.what, i.name, i.namewhat, i.func == table.sort) return a < b end)
print(debug.getinfo(1, "r").ftransfer, debug.getinfo(1, "r").ntransfer)
pcall(function() print(debug.getinfo(2, "nSf").what, debug.getinfo(2, "nSf").func == pcall, debug.getinfo(2, "n").name) end)
print(pcall(error, "x")) print(pcall(error, "x", 1)) print(pcall(error, "x", 2)) print(pcall(function() error("y", 2) end)) print(pcall(pcall, error, "x"))
string.gsub("a", "a", function() print(debug.getinfo(2, "nS").name, debug.getinfo(2, "S").what) end)
local w = coroutine.wrap(function() print(debug.traceback("in co")) end) w()
print(debug.getinfo(0, "n").name, debug.getinfo(0, "f").func == debug.getinfo)
print(debug.getlocal(0, 1))
