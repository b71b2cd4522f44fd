-- Integer keys move between a table's array and its dictionary, and are deleted in either: each is found in one place, by
-- lookups and by traversals that delete.

-- All ways to store at three keys and to delete some of them, in any order, and then all of it once more.
local function check(t, expected, what)
  local seen = 0
  for k, v in pairs(t) do
    seen = seen + 1
    if expected[k] ~= v then print("wrong", what, k, v, expected[k]) end
  end
  local count = 0
  for k, v in pairs(expected) do
    count = count + 1
    if t[k] ~= v then print("lost", what, k, t[k], v) end
  end
  if seen ~= count then print("traversed", what, seen, count) end
end

local steps = {1, 2, 3, 4, 6, -1, -2, -3, -4, -6}
local function run(sequence, what)
  local t, names = {}, {}
  for position, step in ipairs(sequence) do
    if step > 0 then
      t[step], names["k" .. step] = position, position
    else
      t[-step], names["k" .. -step] = nil, nil
    end
    for _, step in ipairs(steps) do
      if step > 0 and t[step] ~= names["k" .. step] then print("lost", what, position, step, t[step]) end
    end
  end
  local kept = 0
  for _ in pairs(names) do kept = kept + 1 end
  for k in pairs(t) do
    t[k] = nil
    kept = kept - 1
  end
  if kept ~= 0 or next(t) ~= nil then print("cleared", what, kept, next(t)) end
end

local seed, runs = 1, 0
local function random(n)
  seed = (seed * 1103515245 + 12345) % 2147483648
  return seed // 65536 % n + 1
end
for length = 3, 14 do
  for _ = 1, 150 do
    local sequence = {}
    for i = 1, length do sequence[i] = steps[random(#steps)] end
    run(sequence, table.concat(sequence, " "))
    runs = runs + 1
  end
end
print(runs)

-- A key that was deleted in the dictionary, came back in the array, and moves to the dictionary once more.
local bad = 0
for first = 1, 6 do
  for len = 2, 12 do
    for holes = 1, len - 1 do
      local t = {}
      for k = 2, first + 1 do t[k] = k end
      for k = 2, first + 1 do t[k] = nil end
      for k = 1, len do t[k] = k end
      for k = 1, holes do t[k] = nil end
      for k = len + 1, len + 5 do
        t[k] = k
        for j = holes + 1, k do
          if t[j] ~= j then bad = bad + 1 end
        end
      end
    end
  end
end
print(bad)

-- Elements that the array has taken over from the dictionary, deleted by a traversal.
local function made()
  local t = {}
  t[10], t[2], t[1] = 1, 1, 1
  return t
end
local t = made()
for k in pairs(t) do t[k] = nil end
print(next(t))
t = made()
local k = next(t)
while k do
  t[k] = nil
  k = next(t, k)
end
print(next(t))
t = made()
t.x, t.y, t[20], t[3] = 1, 2, 3, 4
local expected = {x = 1, y = 2, [1] = 1, [2] = 1, [3] = 4, [10] = 1, [20] = 3}
check(t, expected, "mixed")
local deleted = 0
for k in pairs(t) do
  t[k] = nil
  deleted = deleted + 1
end
print(deleted, next(t))
