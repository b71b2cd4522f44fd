-- `and`, `or`, `not`: jumps, kept values, constants.
local a, b, c = ...
local r = a and b
r = a or b; r = a and b or c; r = (a or b) and c; r = not (a and b); r = not a or not b
r = a == 1 and b; r = a == 1 or b; r = a and b == 1; r = (a == 1) == (b == 2)
r = nil and a; r = false and a; r = true or a; r = 1 and a; r = a and nil; r = a or 1; r = nil or a
r = a and b and c and 1; r = a or b or c or 1; r = f(a) and g(b) or h(c)
a = a or {}; a = a and a.x
if not a then r = 1 end
if a and not b or c then r = 1 end
if nil then r = 1 end
if false then r = 2 end
if true then r = 3 end
if a and nil then r = 4 end
while not (a or b) do r = 1 end
