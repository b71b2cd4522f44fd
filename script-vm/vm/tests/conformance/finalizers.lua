-- __gc: order, once only, resurrection, errors, marking at setmetatable, cycles, finalizers that make garbage.
local log = {}
local function flush(label) print(label, table.concat(log, " ")) log = {} end
-- Registers that a block left behind may still hold objects: many locals overwrite them.
local function full() local r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11, r12, r13, r14, r15, r16, r17, r18, r19, r20, r21, r22, r23, r24, r25, r26, r27, r28, r29, r30, r31, r32, r33, r34, r35, r36, r37, r38, r39, r40, r41, r42, r43, r44, r45, r46, r47, r48, r49, r50, r51, r52, r53, r54, r55, r56, r57, r58, r59, r60 collectgarbage() collectgarbage() end
local mt = { __gc = function(o) log[#log + 1] = tostring(o.name) end }
local function obj(name, m) return setmetatable({ name = name }, m or mt) end
do for i = 1, 6 do obj(i) end end full() flush "reverse order of marking"
do local a = obj "a" local b = obj "b" a.other, b.other = b, a end full() flush "cycle"
-- Only objects whose metatable had __gc when it was set are finalized.
do local m = {} local o = setmetatable({ name = "late" }, m) m.__gc = mt.__gc end full() flush "late __gc" do local m = { __gc = true } local o = setmetatable({ name = "filled in" }, m) m.__gc = mt.__gc end full() flush "marker" do local m = { __gc = mt.__gc } local o = setmetatable({ name = "removed" }, m) m.__gc = nil end full() flush "removed" do local m = { __gc = mt.__gc } local o = setmetatable({ name = "changed" }, m) m.__gc = function(x) log[#log + 1] = "new " .. x.name end end full() flush "changed" do local o = obj "two metatables" setmetatable(o, { __gc = function(x) log[#log + 1] = "second " .. x.name end }) end full() flush "replaced" do local o = obj "none now" setmetatable(o, nil) end full() flush "metatable gone" do local o = setmetatable({ name = "number" }, { __gc = 5 }) end full() flush "not callable"
-- Resurrection: the object is whole, and is not finalized again unless marked again.
local saved do obj("phoenix", { __gc = function(o) log[#log + 1] = "rise" saved = o end }) end full() flush "resurrected" print(saved.name) saved = nil full() flush "second death" do obj("again", { __gc = function(o) log[#log + 1] = "life" saved = o setmetatable(o, getmetatable(o)) end }) end full() saved = nil full() saved = nil flush "marked again" do local a = obj("parent", { __gc = function(o) log[#log + 1] = o.name .. "+" .. o.child.name end }) a.child = obj "child" end full() flush "parent first, child whole"
-- Errors in finalizers are warnings, not errors; others still run.
do obj("bad", { __gc = function() log[#log + 1] = "bad" error("in finalizer") end }) obj "good" end print(pcall(full)) flush "errors"
-- Finalizers may allocate, collect, make objects with finalizers, change tables, use coroutines and pcall.
do obj("maker", { __gc = function() for i = 1, 50 do local t = { i } end collectgarbage() obj("made " .. #log) log[#log + 1] = "maker" end }) end full() full() flush "makes more" do obj("co", { __gc = function() log[#log + 1] = coroutine.wrap(function() coroutine.yield "yielded in gc" end)() log[#log + 1] = tostring(pcall(error, "x")) end }) end full() flush "coroutine" do obj("yields", { __gc = function() log[#log + 1] = tostring(pcall(coroutine.yield)) end }) end coroutine.wrap(full)() flush "yield refused"
-- Closures, upvalues, coroutines holding objects.
do local o = obj "held by closure" saved = function() return o.name end end full() flush "held" saved = nil full() flush "let go" do local co = coroutine.create(function() local o = obj "in coroutine" coroutine.yield() end) coroutine.resume(co) saved = co end full() flush "held by coroutine" saved = nil full() flush "coroutine gone" do local t = {} for i = 1, 3 do t[i] = obj("t" .. i) end saved = t end full() saved[2] = nil full() flush "one of three" saved = nil full() flush "the others"
-- The finalizer gets the object itself, one argument; its globals are the usual ones; its results are dropped.
do obj("args", { __gc = function(...) log[#log + 1] = select("#", ...) .. type((...)) return "dropped" end }) end full() flush "arguments" do local m = { __gc = mt.__gc } m.__index = m m.name = "from class" setmetatable({}, m) end full() flush "inherited name" do local c = setmetatable({}, { __call = function(_, o) log[#log + 1] = "callable " .. o.name end }) obj("c", { __gc = c }) end full() flush "callable __gc"
-- Many, in loops; steps instead of full collections.
local n = 0 local cm = { __gc = function() n = n + 1 end } for i = 1, 200 do setmetatable({}, cm) end full() print(n) for i = 1, 100 do setmetatable({ i }, cm) if i % 10 == 0 then collectgarbage "step" end end full() print(n) do local list = nil for i = 1, 50 do list = setmetatable({ next = list }, cm) end end full() print(n)
do local p = obj "proxy" p.self = p end full() flush "self reference" do local w = setmetatable({}, { __mode = "k" }) local o = obj "weak key" w[o] = { o } end full() flush "ephemeron to itself" print(pcall(setmetatable, {}, { __gc = 1 })) local env = setmetatable({}, { __gc = function() log[#log + 1] = "env" end }) env.log = log load("x = 1", "=e", "t", env)() env = nil full() flush "environment"
-- No finalizer begins inside another one, and none can collect. One full collection finds everything.
do
  local function once() collectgarbage() end
  local depth, deepest = 0, 0
  local m = { __gc = function(o) depth = depth + 1 deepest = math.max(deepest, depth) for i = 1, 2000 do local t = { i } end log[#log + 1] = o.name .. tostring(collectgarbage()) .. tostring(collectgarbage("count")) .. tostring(collectgarbage("step", 100)) depth = depth - 1 end }
  for i = 1, 5 do obj(i, m) end once() flush "one collection" print(deepest)
  do local a, b, c = obj "a", obj "b", obj "c" a.b, b.c, c.a = b, c, a end once() flush "a ring at once"
  obj "a temporary" once() flush "temporary" print(obj("argument").name) once() flush "argument" local s = obj("concatenated").name .. "!" once() flush(s)
  local t = { obj "element", obj "second" } t = nil once() flush "elements" local function f(...) return select("#", ...) end print(f(obj "x", obj "y")) once() flush "variable arguments"
  coroutine.wrap(function() obj "in coroutine" once() flush "collected there" end)()
  for _, o in ipairs { obj "visited" } do o.seen = true end once() flush "loop variable" pcall(function() local o = obj "failed" error(o) end) once() flush "error value"
end
-- What is no function: called if it can be, else a warning.
do obj("not callable", { __gc = 5 }) obj("string", { __gc = "s" }) obj("table", { __gc = {} }) end print(pcall(full)) flush "not callable" do local m = { __gc = true } obj("later nothing", m) m.__gc = nil end full() flush "nothing"
