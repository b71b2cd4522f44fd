-- The sieve of Eratosthenes over an array of booleans. Size: rounds.
local rounds = tonumber((...))
local LIMIT = 100000
local count, last = 0, 0
for round = 1, rounds do
  local composite = {}
  for i = 1, LIMIT do composite[i] = false end
  count = 0
  for i = 2, LIMIT do
    if not composite[i] then
      count, last = count + 1, i
      for j = i * i, LIMIT, i do composite[j] = true end
    end
  end
end
print(string.format("sieve %d %.6f %.6f", rounds, count, last))
