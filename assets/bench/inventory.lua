-- Dictionaries with string keys: stacks of items are added, moved, listed in order and dropped. Size: rounds.
local rounds = tonumber((...))
local NAMES = { "sword", "potion", "arrow", "shield", "bread", "rope", "torch", "gem", "coin", "map" }
local seed = 29
local function random(n)
  seed = (seed * 16807) % 2147483647
  return seed % n + 1
end
local function add(bag, name, count)
  local stack = bag[name]
  if stack then stack.count = stack.count + count else bag[name] = { name = name, count = count, value = #name * 2 } end
end
local function take(bag, name, count)
  local stack = bag[name]
  if not stack then return 0 end
  if stack.count <= count then
    bag[name] = nil
    return stack.count
  end
  stack.count = stack.count - count
  return count
end
local function listing(bag)
  local names = {}
  for name in pairs(bag) do names[#names + 1] = name end
  table.sort(names)
  local parts, value = {}, 0
  for i, name in ipairs(names) do
    local stack = bag[name]
    parts[i] = name .. " x" .. stack.count
    value = value + stack.count * stack.value
  end
  return table.concat(parts, ", "), value
end
local bags, sum = {}, 0
for i = 1, 50 do bags[i] = {} end
for round = 1, rounds do
  for step = 1, 400 do
    local name = NAMES[random(#NAMES)]
    if step % 5 == 0 then name = name .. "_" .. random(8) end
    local from, to = bags[random(50)], bags[random(50)]
    add(from, name, random(9))
    add(to, name, take(from, name, random(6)))
    if step % 4 == 0 then take(to, NAMES[random(#NAMES)], random(20)) end
  end
  local text, value = listing(bags[round % 50 + 1])
  sum = (sum + #text + value) % 1000000007
end
print(string.format("inventory %d %.6f", rounds, sum))
