-- Loops: while, repeat, numeric and generic for, break.
local a, b = ...
while a do a = b end
while true do if a then break end; f() end
while a < b do a = a + 1; if a == 5 then f() break end end
repeat a = b until a
repeat local x = f(); if x then break end until x == 1
repeat until true
repeat f() until false
for i = 1, 10 do f(i) end
for i = a, b, -1 do f(i); i = i + 1 end
for i = 1, f() do for j = i, 10, 2 do if j > i then break end end end
for k in f do a = k end
for k, v in pairs(a) do f(k, v); if v then break end end
for k, v, w, x in f, a, b do end
for k in f, a, b, c, d do end
for k in next, a do for l in next, k do if l then break end; b = function() return l end end end
