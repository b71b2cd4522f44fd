-- Variables that nothing reads any more are still there to be looked at, in whatever way the function runs.
local function variables(level)
  local seen = {}
  for number = 1, 20 do
    local name, value = debug.getlocal(level + 1, number)
    if not name then break end
    if type(value) ~= "function" and name:sub(1, 1) ~= "(" and name ~= "last" then seen[#seen + 1] = name .. "=" .. (type(value) == "table" and "table" or tostring(value)) end
  end
  return table.concat(seen, " ")
end

local function peek() local seen = variables(2) return seen end

local function overwritten(n)
  local x, last = 0, nil
  for i = 1, n do
    x = i
    last = peek()
    x = -i
    last = last .. " / " .. peek()
  end
  return last
end
print(overwritten(3))
print(overwritten(300))

local function chosen(n)
  local last
  for i = 1, n do
    local how
    if i % 3 == 0 then how = "three" elseif i % 2 == 0 then how = i * 0.5 else how = i end
    local twice = i * 2
    last = peek()
  end
  return last
end
for n = 296, 300 do print(chosen(n)) end

local function parameters(a, b)
  a = a + 1
  b = nil
  return (peek())
end
local last
for i = 1, 200 do last = parameters(i, i * 0.5) end
print(last)

local function after_exit(n)
  local sum, before = 0, nil
  for i = 1, n do
    before = sum
    sum = sum + (i < 250 and i or 0.5)
    if i > 248 and i < 253 then print(peek()) end
  end
  return sum
end
print(after_exit(300))

local function fails(t)
  local kept = 1
  kept = kept + 1
  return t.x.y + kept
end
local function calls(t)
  local mark = "calls"
  local result = fails(t)
  return result
end
local good = {x = {y = 1}}
for i = 1, 300 do
  local ok, message = xpcall(calls, function() local seen = variables(2) .. " < " .. variables(3) return seen end, i < 299 and good or {})
  if not ok then print(i, message) end
end
