--- collect.churn 10 80
local keep = {}
for i = 1, ‹20¦60› do
  local t = {id = i, name = "n" .. i, list = {i, i + 1}}
  t.self = t
  keep[i % 7 + 1] = t
  if i % 10 == 0 then collectgarbage("step", ‹0¦1¦10›) end
end
collectgarbage(‹¦"collect"¦"step"›)
for i = 1, 7 do local t = keep[i] print(t.id, t.name, t.list[1], t.list[2], t.self == t) end
--- collect.links 10 80
local head
for i = 1, ‹15¦40› do head = {next = head, value = i, text = "v" .. i} if i % 8 == 0 then collectgarbage("step") end end
local old = {link = nil}
collectgarbage("step")
old.link = {deep = {deeper = "x" .. $d}}
collectgarbage("step")
local moved = old.link.deep
old.link = nil
collectgarbage()
local n, sum = 0, 0
while head do n, sum = n + 1, sum + head.value if head.value % 5 == 0 then head.text = head.text .. "!" end head = head.next collectgarbage("step", 1) end
print(n, sum, moved.deeper)
--- collect.closures 8 60
local fs = {}
for i = 1, 12 do local data = {i} local text = "c" .. i fs[i] = function(x) data[#data + 1] = x or {} return #data, text end if i % 3 == 0 then collectgarbage("step") end end
collectgarbage()
for i = 1, 12 do print(fs[i](i), fs[i]()) end
local co = {}
for i = 1, 5 do co[i] = coroutine.wrap(function() local t = {"co" .. i} while true do t[#t + 1] = {coroutine.yield(#t .. t[1])} collectgarbage("step") end end) co[i]() end
collectgarbage()
for r = 1, 3 do for i = 1, 5 do print(co[i]("x" .. r)) end end
--- collect.weak 5 30
local weak = setmetatable({}, {__mode = "‹k¦v¦kv›"})
local strong = {}
local function fill() for i = 1, 6 do local o = {i} if i % 2 == 0 then strong[#strong + 1] = o end weak[‹o¦i›] = ‹o¦i¦"text" .. i› end end
fill()
local function clear(...) return ... end
clear(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
collectgarbage() collectgarbage()
local n = 0
for k, v in pairs(weak) do n = n + 1 end
print(n >= ‹3¦0›, #strong, n <= 6)
--- collect.strings 6 60
local t = {}
for i = 1, 30 do t["key" .. i] = "value" .. i * i if i % 7 == 0 then collectgarbage("step") end end
for i = 1, 30, 3 do t["key" .. i] = nil end
collectgarbage()
local n = 0
for i = 1, 30 do local v = t["key" .. i] if v then n = n + #v end end
print(n, t.key2, t["key" .. 29], next(t) ~= nil)
--- collect.options 2 6
print(type(collectgarbage("count")), collectgarbage("isrunning"), collectgarbage("collect"))
print(collectgarbage("stop"), collectgarbage("isrunning"), collectgarbage("restart"))
try(collectgarbage, "unknown")
--- collect.moves 12 160
local nodes, spare = {}, {}
for i = 1, ‹8¦24› do nodes[i] = {id = i, link = {text = "t" .. i, inner = {i}}, list = {{i}, {i * 2}, "s" .. i}} end
local function step(k) collectgarbage("step", ‹0¦1¦k›) end
local function swap(a, b) local held = a.link a.link = b.link ‹step(1)¦› b.link = nil ‹local garbage = {held}¦step(1)¦› b.link = held end
local function rotate(list) local n, first = #list, list[1] list[1] = false ‹step(1)¦local fresh = {first}¦› for i = 2, n do list[i - 1] = list[i] end ‹step(1)¦› list[n] = first end
local up
local function hide(node) up = node.link node.link = {text = "new", inner = {}} ‹step(2)¦› return function() local back = up up = nil node.link = back end end
for round = 1, ‹10¦40› do
  local a, b = nodes[round * 7 % #nodes + 1], nodes[round * 3 % #nodes + 1]
  swap(a, b)
  ‹rotate(a.list)¦a.list[1], b.list[1] = b.list[1], a.list[1]¦a.list[1] = {round}¦local x = a.list[2] a.list[2] = false step(1) b.list[2] = x›
  local undo = hide(b)
  spare[round % 5 + 1] = a.link ‹step(1)¦a.link = {text = a.link.text .. "", inner = spare[round % 5 + 1].inner}¦›
  undo()
  ‹if round % 8 == 0 then collectgarbage() end¦setmetatable(a, {__index = b})¦a["k" .. round % 4] = b.link b["k" .. round % 3] = nil›
end
local n = 0
for i = 1, #nodes do local node = nodes[i] n = n + #node.link.text + #node.link.inner + #node.list print(node.id, node.link.text, node.link.inner[1]) end
print(n, #spare)
