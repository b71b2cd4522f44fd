-- Sorting arrays in Lua itself, of numbers and of records, with the comparison passed in. Size: rounds.
local rounds = tonumber((...))
local function sort(t, low, high, before)
  while low < high do
    local pivot = t[math.floor((low + high) / 2)]
    local i, j = low, high
    while i <= j do
      while before(t[i], pivot) do i = i + 1 end
      while before(pivot, t[j]) do j = j - 1 end
      if i <= j then
        t[i], t[j] = t[j], t[i]
        i, j = i + 1, j - 1
      end
    end
    if j - low < high - i then
      sort(t, low, j, before)
      low = i
    else
      sort(t, i, high, before)
      high = j
    end
  end
end
local seed, sum = 31, 0
local function random()
  seed = (seed * 16807) % 2147483647
  return seed
end
for round = 1, rounds do
  local numbers, records = {}, {}
  for i = 1, 4000 do
    numbers[i] = random() % 10000
    records[i] = { score = random() % 1000, id = i }
  end
  sort(numbers, 1, #numbers, function(a, b) return a < b end)
  sort(records, 1, #records, function(a, b) return a.score > b.score or (a.score == b.score and a.id < b.id) end)
  sum = (sum + numbers[1] + numbers[2000] * 3 + records[1].id + records[4000].score) % 1000000007
end
print(string.format("quicksort %d %.6f", rounds, sum))
