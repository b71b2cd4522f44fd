-- Arrays that do not begin at 1, are filled out of order or emptied from the front: which part of a table holds what must
-- not be seen. Borders are asked for only where there is just one.

local function sum(t)
  local count, keys, values = 0, 0, 0
  for k, v in pairs(t) do
    count, keys, values = count + 1, keys + k, values + v
  end
  return count, keys, values
end

local late = {}
for i = 2, 100 do late[i] = i end
print(late[1], late[2], late[100], late[101], sum(late))
late[1] = 1
print(#late, sum(late))

local downwards = {}
for i = 1000, 1, -1 do downwards[i] = i / 2 end
print(#downwards, sum(downwards))
local total = 0
for i, v in ipairs(downwards) do total = total + i * v end
print(total)

-- A queue: elements leave at the front. Its memory must not grow with all that ever passed through.
local queue, first, last = {}, 1, 0
for i = 1, 200000 do
  last = last + 1
  queue[last] = i
  if i > 10 then
    assert(queue[first] == i - 10)
    queue[first] = nil
    first = first + 1
  end
end
print(sum(queue))
print(collectgarbage("count") < 4096)

-- Two thirds stay.
local slow, front, back = {}, 1, 0
for i = 1, 3000 do
  back = back + 1
  slow[back] = i
  if i % 3 == 0 then
    slow[front] = nil
    front = front + 1
  end
end
print(slow[front - 1], slow[front], sum(slow))

local even = {}
for i = 1, 1000 do even[i * 2] = i end
print(sum(even))
for i = 1, 1000 do even[i * 2 - 1] = -i end
print(#even, sum(even))

local below = {}
for i = -5, 300 do below[i] = i end
print(#below, below[-5], below[0], sum(below))

local mixed = {n = 1, [0] = "zero"}
for i = 3, 40 do mixed[i] = i % 2 == 0 and i or tostring(i) end
print(mixed[1], mixed[2], mixed[3], mixed[40], mixed[41], mixed[0], mixed.n)
mixed[2], mixed[1] = false, true
print(#mixed, mixed[1], mixed[2])

-- Deleting while traversing, then other keys.
for k in pairs(late) do late[k] = nil end
print(next(late), #late)
for i = 5, 1, -1 do late[i * 3] = i end
print(sum(late))
