-- Lines: operators, calls, fields and conditions spread over lines.
local a, b, t = ...
local r = a
  + b
  * t
  .x
  .y
r = f(a,
  b)
  (a)
  .z
r = -
  a
r = a ..
  b ..
  a
if a
  < b
  and t
then
  r = not
    a
end
t.x
  .y = a
  ^ b
for i = a,
  b do f(i)
end
for k in
  f(a) do r = k
end
function t
  .m()
end
r = function()
  return a
end
