-- goto and labels: forward, backward, continue, out of scopes with captured locals.
local a, b = ...
for i = 1, 10 do if a then goto continue end; f(i); ::continue:: end
for i = 1, 10 do local x = i; g = function() return x end; if a then goto continue end; f(x); ::continue:: end
for k in f do do local x; g = function() return x end; goto continue end; ::continue:: end
do
  ::top::
  local x = f()
  g = function() return x end
  if x then goto top end
end
::again:: a = a - 1
if a > 0 then goto again end
if b then goto done end
do goto done end
while a do for k in f do if k then goto out end end end
::out::
repeat goto skip; f(); ::skip:: until a
do local y; g = function() return y end; goto done end
::done::
