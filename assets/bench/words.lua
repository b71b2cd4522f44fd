-- Counting and rebuilding text: gmatch, byte, sub, rep, growing strings, a table of words. Size: rounds.
local rounds = tonumber((...))
local source = {}
for i = 1, 250 do
  source[i] = ("the old %s carried %d lamps over the %s hill"):format(i % 4 == 0 and "keeper" or "child" .. i % 9, i, ("far "):rep(i % 3))
end
local text = table.concat(source, ". ")
local sum = 0
for round = 1, rounds do
  local counts, order = {}, {}
  for word in text:gmatch("%a+") do
    local n = counts[word]
    if n then counts[word] = n + 1 else counts[word] = 1; order[#order + 1] = word end
  end
  local line, lines = "", 0
  for i = 1, #order do
    line = line .. order[i] .. "=" .. counts[order[i]] .. ";"
    if #line > 60 then
      lines = lines + #line
      line = ""
    end
  end
  local vowels = 0
  for i = 1, #text, 2 do
    local c = text:byte(i)
    if c == 97 or c == 101 or c == 105 or c == 111 or c == 117 then vowels = vowels + 1 end
  end
  local acronym = {}
  for i = 1, #order do acronym[i] = order[i]:sub(1, 1):upper() end
  sum = (sum + lines + vowels + #table.concat(acronym) + #text:reverse()) % 1000000007
end
print(string.format("words %d %.6f", rounds, sum))
