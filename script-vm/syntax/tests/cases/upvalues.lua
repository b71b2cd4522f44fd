-- Captured and reassigned locals, upvalues through several functions.
local never, before, after, inside, loop = 1, 2, 3, 4, 5
before = 1
local function outer(param, assigned_param)
  local own = never
  assigned_param = 2
  return function()
    inside = own + never + param
    return function() return before, after, inside, own, assigned_param, never end
  end
end
after = 2
for i = 1, 2 do local f = function() return i end end
for i = 1, 2 do i = i + 1; local f = function() return i end end
local function recursive() return recursive() end
local function replaced() return replaced() end
function replaced() end
