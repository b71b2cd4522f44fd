-- Labels count the locals below them; a goto finds the label of its own block first.
local a
goto done
for i = 1, 3 do
  if i then goto continue end
  for j = 1, 3 do
    local b
    if j then goto continue elseif b then do goto continue end else break end
    ::continue::
  end
  local c
  ::continue:: ; ;
end
do
  ::top::
  local k <const> = 1
  local d
  ::again::
  if d then goto top end
  goto again
end
while a do repeat if a then break end goto out until a ::out:: local e end
::first:: ::second:: goto first
do goto ended local f ::ended:: end
local function g() ::done:: return function() goto x ::x:: goto x end end
::done::
