--- library.sort 10 60
local t = {}
for i = 1, ‹0¦1¦2¦5¦20¦40› do t[i] = ‹(i * 7919) % 101¦(i * $p) % 7¦-i¦i * 0.5¦("k" .. i % 13)¦nn($n)¦i // 3› end
local calls = 0
table.sort(t‹¦, function(a, b) return a < b end¦, function(a, b) return b < a end¦, function(a, b) calls = calls + 1 return tostring(a) < tostring(b) end›)
print(table.concat(t, " "))
local r = {}
for i = 1, 12 do r[i] = {key = (i * 5) % 7, id = i} end
table.sort(r, function(a, b) if a.key ~= b.key then return a.key ‹<¦>› b.key end return a.id < b.id end)
for i = 1, #r do r[i] = r[i].key .. ":" .. r[i].id end
print(table.concat(r, " "))
print(pcall(table.sort, {3, 1, ‹"x"¦{}¦true›, 2}))
print(pcall(table.sort, {3, 2, 1}, function(a, b) error("cmp", 0) end))
--- library.meta_tables 6 14
local log = {}
local inner = {1, 2, 3}
local t = setmetatable({}, {__len = function() return #inner end, __index = function(_, k) log[#log + 1] = "r" .. str(k) return inner[k] end, __newindex = function(_, k, v) log[#log + 1] = "w" .. str(k) inner[k] = v end})
‹table.insert(t, 4)¦print(table.remove(t))¦table.insert(t, 1, 0)¦print(table.concat(t, ","))¦print(table.unpack(t))¦table.move(t, 1, 2, 3)›
print(table.concat(inner, ","), table.concat(log, " "))
table.sort(t, function(a, b) return a > b end)
print(table.concat(inner, ","))
--- library.select 6 6
print(select("#"), select("#", nil, nil), select(2, $v, $v, 3), select(-1, 1, 2, $v), (select(1, $v, 2)))
try(select, ‹0¦-5¦"x"¦1.5¦nil¦"2"›, 1, 2)
print(table.pack($v, nil, $v).n, table.unpack({1, 2, 3}, ‹2¦-1¦4›), table.unpack({}, 1, 3))
print((table.unpack({$v, 2})), #{table.unpack({1, 2, 3})}, #{(table.unpack({1, 2, 3}))})
try(table.unpack, {}, ‹1, 1e7¦math.mininteger, math.maxinteger¦1, "2"¦$x›)
--- library.next 5 10
local t = {$i, $i, x = $i, y = $i}
local n, sum = 0, 0
local k, v = next(t)
while k ~= nil do n = n + 1 sum = sum + v k, v = next(t, k) end
print(n, sum, next({}), type(next), rawequal(next(t), next(t)))
try(next, t, "absent")
try(next, {}, 1)
for k in pairs(t) do t[k] = nil end
print(next(t), #t)
--- library.ipairs 6 12
local t = {1, 2, nil, 4}
for i, v in ipairs(t) do print(i, v) end
local p = setmetatable({}, {__index = function(_, i) if i <= ‹3¦0› then return i * 2 end end})
for i, v in ipairs(p) do print(i, v) end
local grow = {1}
for i, v in ipairs(grow) do if i < 5 then grow[i + 1] = v * 2 end end
print(table.concat(grow, ","))
for i, v in ipairs({$v, $i}) do print(i, v) end
local f, s, c = ipairs(t)
print(f(s, 0), f(s, 2), f(s, 10), c)
--- library.types 5 6
for _, v in ipairs({1, 1.5, "s", true, {}, print, coroutine.create(print)}) do print(type(v), math.type(v), str(v) ~= nil, rawequal(v, v), v == v) end
print(type(nil), tostring(nil), tostring(true), tostring($n), tostring($s))
try(type) try(tostring) try(rawlen, $x) try(rawget, $x, 1) try(rawequal, 1) try(getmetatable)
print(getmetatable("x").__index == string, getmetatable({}), getmetatable(1), getmetatable(print))
--- library.move 5 8
local t = {1, 2, 3, 4, 5}
dump("m", table.move(t, ‹1, 3, 2¦2, 5, 1¦1, 0, 3¦1, 5, 6¦3, 5, 3›))
dump("n", table.move({$i, $i}, 1, 2, ‹3¦-1¦1›, {9, 9}))
try(table.move, t, 1, math.maxinteger, 2)
try(table.move, t, ‹$x, 1, 1¦1, 2, $x›)
--- library.insert_remove 6 12
local t = {}
for i = 1, ‹5¦9› do table.insert(t, ‹1¦#t + 1¦i // 2 + 1›, i) end
print(table.concat(t, ","))
print(table.remove(t, 1), table.remove(t), table.remove(t, #t), #t, table.remove({}), table.remove({}, 0), table.remove(t, #t + 1))
try(table.remove, t, ‹-1¦100¦"1"¦1.5¦0›)
try(table.insert, t, ‹0, "x"¦100, "x"¦-1, "x"¦"1", "x"¦1.5, "x"¦1›)
print(table.concat(t, ","))
--- library.concat 5 6
try(table.concat, {1, 2.5, "x"}, ‹", "¦nil¦1›, ‹1¦2¦0¦nil›, ‹3¦2¦nil›)
try(table.concat, {1, {}, 3}) try(table.concat, {}, "x") try(table.concat, {1, 2, 3}, "-", 3, 1)
print(table.concat({$i, $i, $s}, $q))
--- library.time 1 3
print(type(os and os.time and os.time() or 0), type(os and os.clock and os.clock() or 0))
