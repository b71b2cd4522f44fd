-- Multiple assignment: order, too few and too many values, targets that depend on each other.
local a, b, c = 1
a, b = b, a
a, b, c = f()
a, b, c = 1, f()
a, b = 1, 2, 3
a, b = f(), g(), h()
a.x, a = 1, 2
a, a.x = 1, 2
a[b], b = 1, 2
a[b], a, b = 1, 2, 3
a.x, a.y, a.z = f()
x, y = y, x
x.p, x = 1, 2
local function up() a.x, a = 1, 2; b, c = c, b; a.x = b; c = function() return a end end
a = b; a = nil; a = f; x = a; x = nil; x = f
local d, e, g = nil
local h, i, j
local k <const>, l = f()
