-- Variable arguments, select and pcall in hot code: passed on, counted, chosen from, in functions that are inlined and not.
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) local ok, r, s = pcall(f, ...) print(ok, r, s) end
local function warm(f, ...) for _ = 1, 120 do one(f, ...) f(...) end return f end
local function show(...) print(select("#", ...), ...) end

-- select where the arguments lie.
local function sum(...) local s = 0 for i = 1, select("#", ...) do s = s + (select(i, ...)) end return s end
warm(sum, 1, 2, 3) warm(sum, 1.5, 2)
print(one(sum), one(sum, 4), one(sum, 1, 2.5, 3, 4, 5, 6, 7, 8, 9, 10))
try(sum, 1, nil, 3) try(sum, 1, 2, nil) try(sum, {}) try(sum, "7", 1)
local function nth(i, ...) local x = select(i, ...) return x end
warm(nth, 2, "a", "b", "c")
print(one(nth, 1, "a"), one(nth, 2, "a"), one(nth, 3), one(nth, -1, "a", "b"), one(nth, -2, "a", "b"), one(nth, "2", 5, 6), one(nth, 2.0, 5, 6), one(nth, "#", 5, nil, nil))
try(nth, 0, 1) try(nth, -2, 1) try(nth, 1.5, 1) try(nth, "x", 1) try(nth, nil, 1) try(nth, {}, 1) try(nth, math.mininteger, 1) try(nth, math.maxinteger, 1)
local function rest(i, ...) return select(i, ...) end
warm(rest, 2, 1, 2, 3) show(rest(1, 1, nil, 3, nil)) show(rest(-2, 1, nil, nil)) show(rest(9, 1)) try(rest, 0) try(rest, -1)
local function ends(...) local n, a, z = select("#", ...), (select(1, ...)), (select(-1, ...)) return n, a, z end
warm(ends, 1, 2) show(ends(1, nil)) show(ends(nil)) try(ends)

-- Fewer and more than are asked for, nils at the end.
local function three(...) local a, b, c = ... return a, b, c end
warm(three, 1, 2) show(three()) show(three(nil, 2)) show(three(1, 2, 3, 4)) show((three(7, 8)))
local function after(x, y, ...) local a, b = ... return x, y, a, b, select("#", ...) end
warm(after, 1, 2, 3) show(after()) show(after(1)) show(after(1, 2, nil)) show(after(1, 2, 3, 4, 5)) show(after(1, 2, nil, nil, nil))
local function pack(...) return {n = select("#", ...), ...} end
warm(pack, 1, 2) print(pack(1, nil, nil).n, #pack(1, 2, 3), pack().n, pack(nil).n, pack(1, nil, 3)[3])
local function all(...) return ... end
warm(all, 1, 2) show(all()) show(all(nil)) show(all(1, nil, nil)) show(all(1, 2), all(3, 4)) show((all(1, 2)))

-- Passed on: to functions that are inlined with them, and to others.
local function add(x, y) return x + (y or 100) end
local function forward(f, ...) return f(...) end
local function passing(n) local s = 0 for i = 1, n do s = s + forward(add, i, 1) + forward(add, i) + forward(add, i, 2, 3) end return s end
warm(passing, 5) print(one(passing, 10))
local function bind(f, a) return function(...) return f(a, ...) end end
local inc = bind(add, 1)
local function bound(n) local s = 0 for i = 1, n do s = s + inc(i) + inc() end return s end
try(bound, 3) inc = bind(add, 2.5)
local function bound2(n) local s = 0 for i = 1, n do s = s + inc(i) end return s end
warm(bound2, 5) print(one(bound2, 10)) inc = bind(function(...) return select("#", ...) end, nil) print(one(bound2, 10)) inc = nil try(bound2, 1)
local function count(...) return select("#", ...) end
local function counting(x, y) return count() + count(x) * 10 + count(x, y) * 100 + count(x, nil, y, nil) * 1000 end
warm(counting, 1) print(one(counting), one(counting, 1, 2))
local function pick(...) local a, b, c = select(2, ...) return a, b, c end
local function picking(x) local a, b, c = pick(x, x + 1, x + 2) local d, e = pick(x) return a, b, c, d, e end
warm(picking, 1) show(picking(5))
local function failing(x, ...) local y, z = ... return x + y + (z or 0) end
local function calling(a, b, c) local r = failing(a, b, c) return r end
warm(calling, 1, 2, 3) print(one(calling, 1, 2), one(calling, 1.5, 2)) try(calling, 1) try(calling, 1, {}) try(calling, {}, 1) try(calling, 1, 2, "z")
local function deep(x, ...) local y = ... return failing(x, y, ...) end
local function deeper(a, b, c) local r = deep(a, b, c) local s = deep(a, b) return r + s end
warm(deeper, 1, 2, 3) print(one(deeper, 1, 2, 3)) try(deeper, 1) try(deeper, 1, {}) try(deeper, 1, 2, {}) print(one(deeper, 1, 2.5))
local function nine(...) local a, b, c, d, e, f, g, h, i = ... return i, a end
local function many(x) return nine(x, 2, 3, 4, 5, 6, 7, 8, x) end
warm(many, 1) show(many("last"))

-- What the debugger sees of them, and changes.
local function seen(...) local n, v = debug.getlocal(1, -1) local m, w = debug.getlocal(1, -3) return n, v, m, w, select("#", ...) end
warm(seen, 1) show(seen(5, 6)) show(seen())
local function outer(...) return debug.setlocal(2, -1, "set") end
local function changed(...) local a = ... if a == 1 then outer() end local b = select(1, ...) local c = ... return a, b, c end
warm(changed, 2) show(changed(1)) show(changed(2))
local function where(...) local x = select("#", ...) if x == 3 then error("three") end return x end
warm(where, 1) try(where, 1, 2, 3)

-- pcall: outcomes, numbers of results, errors, yields, variables to be closed.
local function risky(i, x) if i % 7 == 0 then error("seven " .. i) end if i % 11 == 0 then error({i}) end return i, x end
local function guarded(n)
  local good, bad = 0, 0
  for i = 1, n do
    local ok, r, x = pcall(risky, i, n)
    if ok then good = good + r + x else bad = bad + (type(r) == "table" and r[1] or #r) end
    pcall(risky, i)
    local only = pcall(risky, i + 1)
    if not only then bad = bad + 1 end
  end
  return good, bad
end
print(guarded(300)) warm(guarded, 3) print(guarded(50))
local function results(...) return select("#", ...), ... end
local function outcomes(f, ...) return results(pcall(f, ...)) end
warm(outcomes, all, 1, 2) show(outcomes(all)) show(outcomes(all, nil, nil)) show(outcomes(nil)) show(outcomes(error, "x", 0)) show(outcomes(pcall, error)) show(outcomes(error))
local function two(f, ...) local ok, a, b = pcall(f, ...) return ok, a, b end
warm(two, all, 1) show(two(all)) show(two(all, 1, 2, 3)) show(two(5)) show(two(setmetatable({}, {__call = function(_, x) return x, "called" end}), 3)) show(two(math.abs, -3)) show(two(math.abs))
try(pcall)
local function nothing() end
local function void(n) local c = 0 for i = 1, n do local ok, r = pcall(nothing, i) if ok and r == nil then c = c + 1 end end return c end
warm(void, 5) print(one(void, 100))
local function tail(x) return risky(x, "tail") end
local function tails(n) local c = 0 for i = 1, n do local ok, r = pcall(tail, i) if ok then c = c + r end end return c end
warm(tails, 20) print(one(tails, 50))
local log = {}
local closer = setmetatable({}, {__close = function(_, e) log[#log + 1] = tostring(e) end})
local function closing(i) local c <close> = closer if i % 3 == 0 then error("third", 0) end return i end
local function closings(n) local c = 0 for i = 1, n do local ok, r = pcall(closing, i) if ok then c = c + r end end return c end
warm(closings, 10) log = {} print(one(closings, 10), #log, table.concat(log, " "))
local fussy = setmetatable({}, {__close = function(_, e) error("closing: " .. tostring(e), 0) end})
local function fussily(i) local c <close> = fussy if i % 3 == 0 then error("third", 0) end return i end
local function fusses(n) local last for i = 1, n do local ok, r = pcall(fussily, i) last = r end return last end
warm(fusses, 10) print(one(fusses, 9), one(fusses, 10))
local function yielding(i) if i % 5 == 0 then error("five", 0) end return coroutine.yield(i) end
local function yields(n) local s = 0 for i = 1, n do local ok, r = pcall(yielding, i) s = s + (ok and r or 1000) end return s end
local function drive(n) local co = coroutine.wrap(yields) local x = co(n) while type(x) == "number" and x <= n do x = co(x * 2) if x and x > n then break end end return x end
for _ = 1, 60 do drive(12) end print(drive(12), drive(4))
local function nested(i) local ok, e = pcall(risky, i) if not ok then error(e, 0) end return e end
local function nesting(n) local s = 0 for i = 1, n do local ok, r = pcall(nested, i) if ok then s = s + r end end return s end
warm(nesting, 22) print(one(nesting, 40))
local function over(n) return n == 0 and 0 or 1 + over(n - 1) end
local function bottomless() return 1 + bottomless() end
for i = 1, 4 do local ok, e = pcall(bottomless) print(ok, (tostring(e):match("stack overflow"))) end print(pcall(over, 100))
local position = function(x) local ok, e = pcall(function(...) local a = ... return a.b.c end, x) return e end
warm(position, {b = {c = 1}}) print(position({b = {c = 2}}), position({}), position(nil))

-- Closures: made in loops, written after capture, in callers that are inlined.
local function counter() local n = 0 return function(d) n = n + (d or 1) return n end end
local function counters(k) local a, b, s = counter(), counter(), 0 for i = 1, k do s = s + a() + b(i) end return s, a(), b() end
warm(counters, 5) show(counters(10))
local function captured(n) local fs = {} for i = 1, n do local x = i fs[i] = function(y) x = x + (y or i) return x, i end x = x * 10 end local s = 0 for i = 1, n do s = s + fs[i](1) + fs[i]() end return s end
warm(captured, 4) print(one(captured, 6))
local function curry(f) return function(a) return function(b) return function(...) return f(a, b, ...) end end end end
local curried = curry(function(a, b, c, d) return a + b * c + (d or 0) end)
local function currying(n) local s = 0 for i = 1, n do s = s + curried(i)(2)(3) + curried(1)(i)(2, 5) end return s end
warm(currying, 5) print(one(currying, 20))
-- Functions with as many registers as there can be, inlined with variable arguments beyond them.
local function list(p, n) local t = {} for i = 1, n do t[i] = p .. i end return table.concat(t, ",") end
for _, size in ipairs {{198, 48, 8}, {198, 49, 8}, {198, 52, 6}, {198, 51, 0}, {190, 40, 8}} do
  local locals, passed, varying = table.unpack(size)
  local last, count = passed + varying, varying > 0 and varying or 8
  local source = [[
    local g1 = function(]] .. list("p", last) .. [[) return p1, p]] .. last .. [[ end
    local g2 = function(]] .. list("q", last) .. [[) return q1, q]] .. last .. [[ end
    local g = g1
    local function f(...)
      local ]] .. list("a", locals) .. [[ = ...
      local r, s = g(]] .. list("", passed) .. (varying > 0 and ", ..." or "") .. [[)
      return s, r
    end
    local bad = 0
    for round = 1, 20 do for i = 1, 300 do
      if i == 290 then g = round % 2 == 0 and g1 or g2 end
      local x = i + 0.5
      local s, r = f(]] .. ("x, "):rep(count - 1) .. [[x)
      if s ~= ]] .. (varying > 0 and "x" or passed) .. [[ or r ~= 1 then bad = bad + 1 end
    end end
    return bad]]
  print(locals, passed, varying, assert(load(source, "=wide"))())
end
