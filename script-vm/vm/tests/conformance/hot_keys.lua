-- Keys of all types that are not always the same, in hot code.
local function one(f, ...) local r = f(...) return r end
local function try(f, ...) print(pcall(f, ...)) end
local function get(t, k) return t[k] end
local function count(t, keys) local n = 0 for i = 1, #keys do local v = t[keys[i]] if v then n = n + (v == true and 1 or v) end end return n end
local A, B, C = {}, {}, function() end
local t = {x = 1, y = 2, [A] = 3, [B] = 4, [C] = 5, [true] = 6, [false] = 7, [2.5] = 8, [3] = 9, [-1] = 10, [2^53] = 11, [vec2 and vec2(1, 2) or "v"] = 12}
local keys = {"x", "y", A, B, C, true, false, 2.5, 3, -1, 2^53, 3.0, "z", {}, 1, 0, -0.0, 0.0, 1/0}
for _ = 1, 60 do count(t, keys) for _, k in ipairs(keys) do one(get, t, k) end end
for _, k in ipairs(keys) do print(type(k), one(get, t, k)) end
print(one(count, t, keys), one(count, {}, keys), one(get, t, nil), one(get, t, 0/0), one(get, {}, nil))
-- Metatables, other receivers.
local M = setmetatable({}, {__index = function(_, k) return type(k) == "string" and k .. "!" or k end})
print(one(get, M, "a"), one(get, M, 7), one(get, M, true), one(get, M, A) == A, one(get, setmetatable({}, {__index = t}), A), one(get, setmetatable({}, {__index = t}), "x"), one(get, setmetatable({}, {}), A))
try(get, nil, 1) try(get, nil, "a") try(get, 5, A) print(one(get, "text", "len") == string.len, one(get, "text", 1), pcall(get, true, "k"))
local weak = setmetatable({[A] = {}, x = {}}, {__mode = "v"}) collectgarbage() print(one(get, weak, A), one(get, weak, "x"))
-- What is visited, by object.
local function walk(node, seen) if not node or seen[node] then return 0 end seen[node] = true return 1 + walk(node.l, seen) + walk(node.r, seen) end
local function tree(d) if d == 0 then return nil end return {l = tree(d - 1), r = tree(d - 1)} end
local graph = tree(6) graph.l.l.l = graph for _ = 1, 20 do walk(graph, {}) end print(walk(graph, {}), walk(graph, {[graph] = true}), walk(nil, {}))
-- States and events: tables with fields, keys that are computed.
local trans = {idle = {see = "chase", hear = "search"}, chase = {lose = "search", near = "attack"}, search = {see = "chase", tired = "idle"}, attack = {far = "chase", kill = "idle"}}
local events, log = {"see", "near", "far", "lose", "tired", "hear", "kill", "see"}, {}
local function run(n, trans) local state = "idle" for k = 1, n do local e = events[k % #events + 1] local row = trans[state] if row then state = row[e] or state end end return state end
for _ = 1, 30 do run(20, trans) end
for n = 1, 9 do log[n] = one(run, n, trans) end print(table.concat(log, " "), one(run, 5, {}), one(run, 9, {idle = {see = "a", near = "idle"}, a = setmetatable({}, {__index = function(_, e) return e == "far" and "idle" or nil end})}))
-- Fields that come and go, and stores in between.
local function churn(t, ks, n) local s = 0 for i = 1, n do local k = ks[i % #ks + 1] s = s * 3 % 10007 + (t[k] or 1) t[k] = (i % 4 ~= 0) and i or nil s = s + (t[k] or 2) end return s end
local ks = {"a", A, 1, 2.5, true, "b", B, 2} for _ = 1, 40 do churn({a = 1}, ks, 10) end print(one(churn, {a = 1, [A] = 2}, ks, 50), one(churn, {}, {"p", "q", C}, 40)) try(churn, {}, {"a", nil}, 5) try(churn, {a = "x"}, ks, 9)
