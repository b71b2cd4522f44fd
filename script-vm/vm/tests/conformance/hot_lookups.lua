-- Hot code that looks string keys up in dictionaries, and that raises errors where something is wrong.
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) local ok, r, s = pcall(f, ...) print(ok, r, s) end
local function warm(f, ...) for _ = 1, 120 do one(f, ...) f(...) end return f end

local map = {} for i = 1, 300 do map["k" .. i] = i end
local function get(t, k) return t[k] end
for i = 1, 200 do one(get, map, "k" .. i) end
local long = ("x"):rep(60) map[long] = "long" map[""] = "empty"
print(one(get, map, "k7"), one(get, map, "none"), one(get, map, ("x"):rep(60)), one(get, map, ""), one(get, map, "k" .. 300), get(map, ("x"):rep(40)))
map.k7 = nil map.k8 = "new" map["k" .. 9] = false
print(one(get, map, "k7"), one(get, map, "k8"), one(get, map, "k9"))
for i = 1, 300 do if i % 3 == 0 then map["k" .. i] = nil end end for i = 301, 900 do map["k" .. i] = -i end
print(one(get, map, "k3"), one(get, map, "k900"), one(get, map, "k899"))
print(one(get, {k1 = "field"}, "k1"), one(get, {}, "k1"), one(get, setmetatable({}, {__index = map}), "k1"), one(get, setmetatable(map, {__index = function(_, k) return tostring(k) .. "?" end}), "none"), one(get, map, "k1"))
try(get, nil, "k1") try(get, map, nil) try(get, 5, "k1") print(one(get, "text", "len") == string.len, one(get, map, 1), one(get, map, 1.5), one(get, map, true))
setmetatable(map, nil)
local weak = setmetatable({}, {__mode = "k"}) weak.k1 = 1 print(one(get, weak, "k1"), one(get, weak, "k2"))
local function total(keys, t) local s = 0 for i = 1, #keys do local v = t[keys[i]] if v then s = s + v else s = s + 0.5 end end return s end
local keys = {"k1", "k2", "nothing", "k4"}
warm(total, keys, map) print(one(total, keys, map)) map.k2 = 2.5 print(one(total, keys, map)) map.k4 = "4" print(one(total, keys, map)) map.k4 = {} try(total, keys, map)
local function counting(words) local n = {} for i = 1, 60 do n["w" .. i] = 0 end for i = 1, #words do local w = words[i] n[w] = (n[w] or 0) + 1 end return n.w1, n.w2, n.z end
warm(counting, {"w1", "w2", "w1", "z"}) print(counting({"w1", "w2", "w1", "z", "z"}))

-- error and assert: never, now and then, always.
local function checked(x) if type(x) ~= "number" then error("a number, not " .. type(x), 2) end return x + 1 end
local function checking(n, x) local s = 0 for i = 1, n do s = s + checked(i) + checked(x) end return s end
warm(checking, 3, 1) print(one(checking, 4, 2)) try(checking, 3, "1") try(checking, 3, nil) print(one(checking, 4, 2.5))
for i = 1, 300 do pcall(checking, 2, i % 2 == 0 and "x" or 1) end try(checking, 2, {}) print(one(checking, 2, 3))
local function asserted(x, ...) local a, b = assert(x, ...) return a, b end
warm(asserted, 1, 2) print(asserted(3)) print(asserted(3, nil, 5)) try(asserted, nil) try(asserted, false, "text") try(asserted, nil, {}) try(asserted) print(select("#", assert(1, nil, nil)))
local function several(x) assert(x) assert(x ~= 5, "five") local y = assert(x * 2, "never") return y, (assert(x, 1, 2)) end
local function severally(n, x) local s = 0 for i = 1, n do local a, b = several(x) s = s + a + b end return s end
warm(severally, 3, 1) print(one(severally, 4, 2), one(severally, 2, 1.5)) try(severally, 3, 5) try(severally, 3, nil) try(severally, 3, false) try(severally, 2, "3")
local real = error
error = function(m) return "replaced " .. tostring(m) end
try(checking, 3, "1") error = real try(checking, 3, "1")
local log = {}
local function erring(i) local c <close> = setmetatable({}, {__close = function(_, e) log[#log + 1] = e end}) if i % 2 == 0 then error({i}) end return i end
local function errors(n) local s = 0 for i = 1, n do local ok, e = pcall(erring, i) s = s + (ok and e or e[1] * 100) end return s end
warm(errors, 4) log = {} print(one(errors, 6), #log, log[1][1])
local co = coroutine.wrap(function(x) while true do x = coroutine.yield(pcall(checked, x)) end end)
for i = 1, 200 do co(i) end print(co("x")) print(co(1))
