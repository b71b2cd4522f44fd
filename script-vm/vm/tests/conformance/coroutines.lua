-- Coroutines: values in and out, status, running, wrap, errors, nesting, generators, isyieldable.
local co = coroutine
local function show(...) local s = {} for i = 1, select("#", ...) do local v = (select(i, ...)) s[i] = type(v) == "thread" and "thread" or tostring(v) end print(#s, table.concat(s, " ")) end
local c = co.create(function(a, b) show("start", a, b) local x, y = co.yield(a + b, "first") show("got", x, y) local z = co.yield() show("got", z) return "ret", nil, nil end)
show(co.status(c)) show(co.resume(c, 1, 2)) show(co.status(c)) show(co.resume(c, "x", nil)) show(co.resume(c)) show(co.status(c)) show(co.resume(c)) show(co.resume(c))
-- Errors.
c = co.create(function() local t = nil t.x = 1 end) show(co.resume(c)) show(co.status(c)) show(co.resume(c)) c = co.create(function() error({ code = 5 }) end) local ok, e = co.resume(c) show(ok, e.code) c = co.create(function() error("msg", 0) end) show(co.resume(c)) c = co.create(function() error() end) show(co.resume(c)) show(co.resume(co.create(error), "direct"))
show(pcall(co.resume)) show(pcall(co.resume, 1)) show(pcall(co.create)) show(pcall(co.create, 1)) show(pcall(co.status, nil)) show(pcall(co.wrap, {})) show(pcall(co.yield, 1)) show(pcall(co.close, co.running()))
-- wrap passes errors on, with the position of the error itself.
local w = co.wrap(function() co.yield(1) error("in wrap") end) show(w()) show(pcall(w)) show(pcall(w)) w = co.wrap(function() error({ 7 }) end) ok, e = pcall(w) show(ok, e[1]) w = co.wrap(function() return end) show(w()) show(pcall(w)) w = co.wrap(function() error("level0", 0) end) show(pcall(w))
-- running, isyieldable, status from inside.
show(co.running()) show(co.isyieldable()) local outer outer = co.create(function() local me, main = co.running() show(main, me == outer, co.status(me), co.isyieldable()) local inner = co.create(function() show(co.status(outer)) show(co.resume(outer)) co.yield() end) co.resume(inner) show(co.status(inner), co.status(outer)) end) show(co.resume(outer)) show(co.status(outer)) show(co.isyieldable(outer), pcall(co.isyieldable, 1))
show(co.resume(co.running())) w = co.wrap(function() return pcall(w) end) show(w())
-- Yield in nested calls with varargs, in loops, in expressions, as arguments, in table constructors, in returns.
local function nested(...) local function deeper(...) return co.yield(select("#", ...), ...) end return deeper(...), "after" end
w = co.wrap(function(...) show(nested(...)) local t = { co.yield("t1"), co.yield("t2"), n = co.yield("n") } show(t[1], t[2], t[3], t.n) show(co.yield("a") + co.yield("b") * co.yield("c")) show((co.yield("paren"))) return co.yield("tail") end)
show(w(1, nil, 3)) show(w("r1", "r2")) show(w(10, 11)) show(w(20, 21)) show(w("named")) show(w(1)) show(w(2)) show(w(3)) show(w("p", "q")) show(w("end", "of", "it")) show(pcall(w))
-- Generators.
local function gen(n) return co.wrap(function() for i = 1, n do co.yield(i) end end) end
local function filter(p, g) return co.wrap(function() for v in g do if p(v) then co.yield(v) end end end) end
local out = {} for v in filter(function(v) return v % 3 == 0 end, gen(20)) do out[#out + 1] = v end print(table.concat(out, " "))
local function sieve() local g = co.wrap(function() local n = 2 while true do co.yield(n) n = n + 1 end end) return co.wrap(function() while true do local p = g() co.yield(p) g = filter(function(v) return v % p ~= 0 end, g) end end) end
out = {} local s = sieve() for i = 1, 12 do out[i] = s() end print(table.concat(out, " "))
local function perm(a, n) n = n or #a if n <= 1 then co.yield(table.concat(a)) else for i = 1, n do a[n], a[i] = a[i], a[n] perm(a, n - 1) a[n], a[i] = a[i], a[n] end end end
out = {} for p in co.wrap(function() perm { "a", "b", "c" } end) do out[#out + 1] = p end print(table.concat(out, " "))
-- Producer and consumer, scheduler.
local queue, order = {}, {} local function task(name, n) return co.create(function() for i = 1, n do order[#order + 1] = name .. i co.yield() end order[#order + 1] = name .. "." end) end
for i, n in ipairs { 3, 1, 2 } do queue[i] = task(string.char(96 + i), n) end while #queue > 0 do local t = table.remove(queue, 1) local ok = co.resume(t) if ok and co.status(t) ~= "dead" then queue[#queue + 1] = t end end print(table.concat(order, " "))
-- Many coroutines alive at once; each keeps its own state; abandoned ones are collected.
local many = {} for i = 1, 60 do many[i] = co.wrap(function(a) local sum = a while true do sum = sum + co.yield(sum) end end) many[i](i) end local total = 0 for r = 1, 3 do for i = 1, 60 do total = total + many[i](r) end end print(total) many = nil collectgarbage()
-- Deep nesting of resumes, deep stacks inside, big argument counts.
local function nest(n) if n == 0 then return "bottom" end return n .. " " .. co.wrap(nest)(n - 1) end print(nest(20))
local function deep(n) if n == 0 then co.yield("deep") return 0 end return 1 + deep(n - 1) end w = co.wrap(deep) print(w(500)) print(w()) local args = {} for i = 1, 150 do args[i] = i end w = co.wrap(function(...) return select("#", co.yield(select("#", ...))) end) print(w(table.unpack(args))) print(w(table.unpack(args, 1, 120)))
-- Upvalues shared between coroutines and the main program.
local shared = 0 local function bump() for i = 1, 3 do shared = shared + 1 co.yield(shared) end end local b1, b2 = co.wrap(bump), co.wrap(bump) print(b1(), b2(), b1(), shared, b2()) 
-- Recursive resume of oneself and of a normal coroutine.
local self self = co.create(function() return co.resume(self) end) show(co.resume(self)) local A, B A = co.create(function() return co.resume(B) end) B = co.create(function() return co.resume(A) end) show(co.resume(A))
-- debug.traceback of a suspended coroutine names where it stands.
c = co.create(function() local x = 1 co.yield(x) end) co.resume(c) print((debug.traceback(c):gsub("0x%x+", "ADDR"))) print(debug.traceback(c, "message")) print(debug.traceback(c, nil)) print(debug.traceback(c, { 1 }) ~= nil) co.resume(c) print(debug.traceback(c))
print(select("#", co.resume(co.create(function() end))), co.resume(co.create(function(...) return ... end), 1, nil, nil)) print(co.wrap(print)("native body")) print(co.resume(co.create(math.max), 3, 9, 4)) print(co.resume(co.create(co.yield), "y1")) 
local cy = co.create(co.yield) print(co.resume(cy, 1, 2)) print(co.resume(cy, 3, 4)) print(co.status(cy))
