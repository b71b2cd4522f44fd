-- Comparisons as values and as conditions, with immediates on either side.
local a, b = ...
local r = a == b
r = a ~= b; r = a < b; r = a <= b; r = a > b; r = a >= b
r = a == nil; r = nil == a; r = a == true; r = a ~= "s"; r = "s" == a; r = a == 1; r = a == 1.5
r = a < 1; r = a <= 1; r = a > 1; r = a >= 1; r = 1 < a; r = 1 <= a; r = 1 > a; r = 1 >= a
r = a < 1.0; r = a < 1.5; r = a < 40000; r = 2.0 > a; r = a.x < b.y
r = not (a == b); r = not (a < 1)
if a == b then r = 1 elseif a < 3 then r = 2 else r = 3 end
