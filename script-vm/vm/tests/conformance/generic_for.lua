-- Generic for: iterators, state, control, closing value, modification while traversing, __pairs, errors.
local function sorted(t) local keys = {} for k in pairs(t) do keys[#keys + 1] = tostring(k) end table.sort(keys) return table.concat(keys, " ") end
for i, v in ipairs { "a", "b", nil, "d" } do print(i, v) end
for i, v in ipairs {} do print("never") end
for k, v in pairs { x = 1 } do print(k, v) end for k, v in next, { y = 2 } do print(k, v) end for k in pairs {} do print("never") end
print(sorted { 1, 2, 3, x = 1, y = 2, [10] = 1, [2.5] = 1, [true] = 1 })
-- ipairs and pairs see metamethods.
local proxy = setmetatable({}, { __index = function(_, i) if i <= 4 then return i * i end end, __pairs = function(t) return function(_, k) k = (k or 0) + 1 if k < 4 then return k, -k end end, t, nil end })
for i, v in ipairs(proxy) do print(i, v) end for k, v in pairs(proxy) do print(k, v) end
print(select("#", pairs(setmetatable({}, { __pairs = function() return 1 end }))), pcall(pairs), pcall(pairs, nil), pcall(ipairs), pcall(ipairs, nil)) print(pcall(next, {}, "nokey"), pcall(next, nil), pcall(next))
-- Own iterators.
local function range(n) return function(s, c) if c < s then return c + 1 end end, n, 0 end
local s = 0 for i in range(10) do s = s + i end print(s)
local function chars(text) local i = 0 return function() i = i + 1 if i <= #text then return i, text:sub(i, i) end end end
for i, c in chars "xyz" do print(i, c) end
for a, b, c, d in (function(_, k) if not k then return 1, 2, 3 end end) do print(a, b, c, d) end
for a in (function(_, k) if k == nil then return false end end) do print("false goes on", a) break end
local calls = 0 for _ in function() calls = calls + 1 return calls < 5 and calls or nil end do end print(calls)
-- A callable table as iterator; a coroutine as iterator.
local it = setmetatable({ n = 0 }, { __call = function(self, state, c) self.n = self.n + 1 if self.n <= state then return self.n, c end end }) for i, c in it, 3, "first" do print(i, c) end
for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) do print("co", v) end
local function walk(t) return coroutine.wrap(function() local function go(n) if n then go(n.l) coroutine.yield(n.v) go(n.r) end end go(t) end) end
local out = {} for v in walk { v = 4, l = { v = 2, l = { v = 1 }, r = { v = 3 } }, r = { v = 5 } } do out[#out + 1] = v end print(table.concat(out, " "))
-- The control variable is a copy; each iteration is fresh.
for i, v in ipairs { 10, 20, 30 } do local was = i i = i + 5 v = v + 1 print(was, i, v) end
local fs = {} for k, v in ipairs { "a", "b" } do fs[k] = function() return k, v end end print(fs[1]()) print(fs[2]())
-- Assigning to existing fields and clearing them while traversing.
local t = {} for i = 1, 50 do t[i] = i t["k" .. i] = i end
local n = 0 for k, v in pairs(t) do n = n + 1 t[k] = nil end print(n, next(t))
t = {} for i = 1, 50 do t["k" .. i] = i end n = 0 for k, v in pairs(t) do n = n + v t[k] = v * 2 if v % 2 == 0 then t[k] = nil end end print(n) n = 0 for k, v in pairs(t) do n = n + v end print(n)
t = {} for i = 1, 100 do t[i] = true end n = 0 for k in pairs(t) do n = n + 1 t[k] = nil t[101 - k] = t[101 - k] and nil end print(n == 50 or n, next(t))
t = { 1, 2, 3, 4, 5 } for i, v in ipairs(t) do if v == 3 then t[4] = nil end print("ip", i) end
t = { 1, 2, 3 } for i, v in ipairs(t) do if i < 6 then t[#t + 1] = v + 10 end end print(#t, t[4], t[8])
-- The closing value is closed at the end, at break, at return, at goto and at an error.
local function closing(name, last) return function(_, k) k = (k or 0) + 1 if k <= last then return k end end, nil, nil, setmetatable({}, { __close = function(_, e) print("close", name, e) end }) end
for i in closing("end", 2) do print(i) end for i in closing("break", 5) do if i == 2 then break end end
print((function() for i in closing("return", 5) do if i == 3 then return i, "returned" end end end)())
for i in closing("goto", 5) do if i == 2 then goto out end end ::out::
print(pcall(function() for i in closing("error", 5) do error("oops", 0) end end))
print(pcall(function() for i in closing("iterator", 5) do for j in function() error("inner", 0) end do end end end))
for i in closing("outer", 2) do for j in closing("inner" .. i, 2) do if j == 2 then break end end end
print(pcall(function() for i in next, {}, nil, {} do end end)) print(pcall(function() for i in next, {}, nil, nil do end return "nil is fine" end)) print(pcall(function() for i in next, {}, nil, false do end return "false is fine" end))
-- What is not callable.
print(pcall(function() for i in nil do end end)) print(pcall(function() for i in 5 do end end)) print(pcall(function() for i in {} do end end)) print(pcall(function() local t = {} for i in t.x do end end)) print(pcall(function() for i in undefined_iter() do end end))
print(pcall(function() for k, v in pairs { 1 } do local x = v.y.z end end)) print(pcall(function() for k in ("x"):gmatch("(") do end end))
-- next by hand.
t = { 5, 6 } print(next(t)) print(next(t, 1)) print(next(t, 2)) print(next({})) print(rawequal(next, next), next({}, nil))
