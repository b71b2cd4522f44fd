-- Stores that are overwritten at once, or that change nothing, in hot code, and what may look in between.
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) print(pcall(f, ...)) end
local function warm(f, ...) for _ = 1, 120 do one(f, ...) end return f end
local function show(o) return tostring(o.x) .. " " .. tostring(o.y) .. " " .. tostring(o.z) end

-- Several times in a row.
local function twice(o, v) o.x = v o.x = v + 1 o.y = o.x o.x = o.x * 2 return o.x end
warm(twice, {x = 1, y = 2}, 3)
for _, v in ipairs {5, 2.5, math.maxinteger} do local o = {x = 1, y = 2} print(one(twice, o, v), show(o)) end
try(twice, {x = 1, y = 2}, "a") try(twice, {x = 1, y = 2}, {})
local late = {x = 1, y = 2} try(twice, late, false) print(show(late))
-- Another name of the same table looks.
local function alias(o, p, v) o.x = v local a = p.x o.x = a + 1 p.x = o.x + p.x o.x = v return a end
warm(alias, {x = 1}, {x = 2}, 3) warm(alias, {x = 1, y = 1}, {x = 2, y = 1}, 3)
local o, p = {x = 1, y = 5}, {x = 2, y = 5}
print(one(alias, o, o, 7), show(o)) print(one(alias, o, p, 8), show(o), show(p)) print(one(alias, {x = 1}, {x = 2}, 9))
local function other(o, p, v) o.x = v p.x = v + 1 o.x = v + 2 return p.x end
warm(other, {x = 1}, {x = 2}, 3) o = {x = 1}
print(one(other, o, o, 4), o.x) print(one(other, o, {x = 0}, 5), o.x)
-- What is there already.
local function same(o, n) for i = 1, n do local x, y = o.x, o.y o.x = x o.y = y o.z = x o.x, o.y = y, x o.x, o.y = o.x, o.y end return show(o) end
warm(same, {x = 1, y = 2, z = 3}, 3)
print(one(same, {x = 1, y = 2, z = 3}, 3), one(same, {x = "a", y = 2.5, z = {} and 1}, 2), one(same, {x = 1, y = 2}, 1))
local function through(o, p) local x = o.x p.x = 99 o.x = x return o.x + p.x end
warm(through, {x = 1}, {x = 2}) o = {x = 5} print(one(through, o, o), o.x, one(through, o, {x = 1}))
-- Errors in between.
local function failing(o, v, w) o.x = v local y = v + w o.x = y return o.x end
warm(failing, {x = 0}, 1, 2) o = {x = 0} try(failing, o, 5, nil) print(o.x) try(failing, o, 6, "x") print(o.x) try(failing, o, 7, "1") print(o.x)
local function raising(o, v) o.x = v if v > 50 then error("much") end o.x = v + 1 return o.x end
warm(raising, {x = 0}, 1) o = {x = 0} try(raising, o, 60) print(o.x) try(raising, o, 6) print(o.x)
-- Calls, metamethods and coroutines look.
local seen local function look(o) seen = o.x return seen end
local function calling(o, v) o.x = v look(o) o.x = v + 1 return o.x end
warm(calling, {x = 0}, 1) o = {x = 0} print(one(calling, o, 4), seen, o.x)
local function adding(o, v, w) o.x = v local r = w + o o.x = v + 1 return r end
local M = {__add = function(_, o) return o.x end}
local summand = setmetatable({}, M) warm(adding, {x = 0}, 1, summand) print(one(adding, {x = 0}, 8, summand))
local co = coroutine.wrap(function(o) for i = 1, 100 do o.x = i coroutine.yield(o.x) o.x = -i o.x = i * 2 end return o.x end)
o = {x = 0} local s = 0 for _ = 1, 101 do local r = co(o) s = s * 2 % 1000003 + r + o.x end print(s)

-- Elements.
local function swap(t, n) for i = 1, n do t[i], t[i + 1] = t[i + 1], t[i] t[i] = t[i] end return table.concat(t, " ") end
for _, t in ipairs {{1, 2, 3, 4}, {1.5, 2.5, 3.5, 4.5}, {"a", "b", "c", "d"}} do for _ = 1, 60 do swap(t, 3) end print(one(swap, t, 3)) end
local function cell(t, i, j, v) t[i] = v local a = t[j] t[i] = v * 2 t[i] = t[i] + 1 return a + t[j] end
warm(cell, {1, 2, 3}, 1, 2, 5) local t = {1, 2, 3}
print(one(cell, t, 1, 1, 5), one(cell, t, 2, 3, 6), table.concat(t, " ")) try(cell, t, 1, 1, 0.5) print(table.concat(t, " ")) try(cell, t, 9, 9, 1) try(cell, t, 1, 1, "x") print(t[1])
-- Captured variables.
local count = 0
local function up(n) for i = 1, n do count = i count = count + 1 count = count end return count end
local function down() return count end
local function both(n) count = n local a = down() count = a + 1 count = n * 2 return a + down() end
warm(up, 5) warm(both, 3) print(one(up, 7), count, one(both, 5), count) try(up, "x") try(both, {}) print(type(count))
local function inner(n) local c = 0 local function get() return c end for i = 1, n do c = i local a = get() c = a + 1 c = c * 2 c = i end return c + get() end
warm(inner, 4) print(one(inner, 9))
-- Tables that the collector watches: what was overwritten is gone, what was stored last stays.
local weak = setmetatable({}, {__mode = "v"})
local function renew(o, n) for i = 1, n do o.x = {i} weak[i] = o.x o.x = {i, i} o.x = {i, i, i} end return #o.x end
warm(renew, {x = {}}, 3) o = {x = {}} print(one(renew, o, 50)) collectgarbage() local left = 0 for _ in pairs(weak) do left = left + 1 end print(left, #o.x, o.x[1])
