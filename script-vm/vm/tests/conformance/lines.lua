-- Lines in messages where calls, parentheses and operands go over several lines.
local function try(f, ...) print(select(2, pcall(f, ...))) end
local a
local function id(...) return ... end
try(function() id(
 a.b
) end)
try(function() return (id(
)) >= (id(
)) end)
try(function() return (
a
) + (
a
) end)
try(function() return a
<
(a
) end)
try(function() local x = id(1
,
2
)
.x end)
try(function() local x = { a.
b
, 1 } end)
try(function() id(1
)() end)
try(function() return id(
) < 1
end)
try(function() return 1 < id(
)
end)
try(function() return id(
) == a.b
end)
try(function() local t = {} t.x = id(
) + a end)
try(function() local x = id{
} .. a end)
try(function() local x = (a
).b end)
try(function() local x <const>, y = (id(
)), a.
b end)
try(function() return id(a.b
, 2) end)
try(function() if id(
) < 2 then end end)
try(function() local x = -(
a
) end)
try(function() local x = #(
a
) end)
try(function() return function() end < id [[
]] end)
try(function() return 2 < function()
end end)
try(function() return {
} < {
} end)
try(function() return "" < ("x"):rep(
2
) < 3 end)
try(function() a[id(
)] = 1 end)
try(function() a.b = id(
) end)
