-- Integer keys that are in the array at one time, in the dictionary or nowhere at another, in hot code.
local max, min = math.maxinteger, math.mininteger
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) print(pcall(f, ...)) end
local function list(first, last, v) local t = {} for i = first, last do t[i] = v or i end return t end
local function warm(f, ...) for _ = 1, 120 do one(f, ...) end return f end

-- From 0 on.
local function sum(t, a, b) local s = 0 for i = a, b do s = s * 2 % 1000003 + (t[i] or 100) end return s end
local zero = list(0, 20) warm(sum, zero, 0, 20)
print(one(sum, zero, 0, 20), one(sum, zero, -3, 25), one(sum, {}, 0, 3), one(sum, {1, 2, 3}, 0, 5), one(sum, {[0] = 5}, 0, 1), one(sum, list(0, 9, 0.5), 0, 9))
print(one(sum, {[max] = 1, [min] = 2, 3}, max - 1, max), one(sum, {[max] = 1, [min] = 2, 3}, min, min + 1))
try(sum, {"1", 2}, 0, 2) try(sum, {"a", 2}, 0, 2) try(sum, {{}, 2}, 1, 2) try(sum, nil, 1, 2)
print(one(sum, setmetatable({1, 2}, {__index = function(_, k) return k * 10 end}), 0, 4), one(sum, setmetatable({1, 2}, {__index = {[0] = 7, [3] = 8}}), 0, 4))
print(one(sum, setmetatable({1, nil, 3, {}}, {__mode = "v"}), 1, 3))
-- Edges of a grid.
local function neighbours(g, x, y) local c = 0 for dy = -1, 1 do local row = g[y + dy] if row then for dx = -1, 1 do local v = row[x + dx] if v then c = c + v end end end end return c end
local grid = {} for y = 1, 6 do grid[y] = {} for x = 1, 6 do grid[y][x] = x * y % 3 end end
for _ = 1, 20 do for y = 1, 6 do for x = 1, 6 do neighbours(grid, x, y) end end end
local found = {} for y = 0, 7 do for x = 0, 7 do found[#found + 1] = neighbours(grid, x, y) end end print(table.concat(found, " "))
grid[3][4] = nil grid[2] = nil grid[0] = {[0] = 5, 6, [-1] = 7} found = {} for y = 0, 7 do for x = 0, 7 do found[#found + 1] = neighbours(grid, x, y) end end print(table.concat(found, " "))
-- Holes, and values of several types.
local holes = {1, 2, nil, 4, "5", nil, 7.5, true} local function types(t, a, b) local s = "" for i = a, b do local v = t[i] s = s .. (v == nil and "-" or type(v):sub(1, 1)) end return s end
warm(types, holes, 0, 9) print(one(types, holes, -1, 10), one(types, zero, -1, 3), one(types, {[0] = {}, "x"}, 0, 2))

-- Stores: appends beside a key 0, elements of all kinds, keys that come later.
local function fill(t, a, b, v) for i = a, b do t[i] = v or i end return #t end
for _ = 1, 60 do fill({}, 0, 9) fill({}, 0, 9, true) fill({}, 0, 9, 0.5) fill({}, 0, 5, "s") fill({}, 1, 5, {}) end
for _, v in ipairs {1, 0.5, true, "s", false} do
  local t = {} print(one(fill, t, 0, 12, v), t[0], t[1], t[12], t[13]) print(one(fill, t, 3, 5, v), one(fill, t, 13, 14, 7), t[13], t[3], #t)
end
local ahead = {[0] = 0, [4] = "four", [6] = "six", x = 1} print(one(fill, ahead, 1, 3), ahead[3], ahead[4], #ahead, one(fill, ahead, 5, 5), #ahead, ahead[6], one(fill, ahead, 7, 9), #ahead)
local late = {} one(fill, late, 0, 3) late[6] = "six" late[5] = "five" print(one(fill, late, 4, 4), #late, late[5], late[6], one(fill, late, 7, 7), #late)
local shrinking = {} one(fill, shrinking, 0, 8) for i = 8, 5, -1 do shrinking[i] = nil end print(#shrinking, one(fill, shrinking, 5, 6), shrinking[5], shrinking[7], shrinking[0])
local function put(t, i, v) t[i] = v return #t end
for i = 1, 200 do put({1, 2, 3, [0] = 0}, i % 4, i) end
local kinds = {1, 2, 3, [0] = 0} print(one(put, kinds, 2, 2.5), kinds[1], kinds[2], one(put, kinds, 3, nil), one(put, kinds, 1, "x"), kinds[1], one(put, kinds, 0, nil), kinds[0], one(put, kinds, 3, {}), type(kinds[3]))
try(put, setmetatable({}, {__newindex = function(t, k, v) rawset(t, k, v * 2) end}), 1, 4) try(put, setmetatable({1}, {__newindex = error}), 1, 4) try(put, 5, 1, 2)
-- The collector sees what is stored and what is overwritten.
local weak = setmetatable({}, {__mode = "v"})
local function churn(t, n) for i = 0, n do local o = {i} weak[i] = o t[i % 5] = o t[i % 7] = {i, i} end return #t end
for _ = 1, 20 do churn({}, 30) end local kept = {} print(one(churn, kept, 100)) collectgarbage() local left = 0 for _ in pairs(weak) do left = left + 1 end
local held = 0 for i = 0, 6 do if kept[i] and #kept[i] == 1 then held = held + 1 end end print(left == held, #kept)
-- Traversals of tables with both parts see all that is there.
local both = {} for i = 0, 40 do both[i] = i both["k" .. i] = i end for i = 10, 20 do both[i] = nil end
local keys, total = 0, 0 for k, v in pairs(both) do keys = keys + 1 total = total + v end print(keys, total, #both == 9 or #both == 40)
