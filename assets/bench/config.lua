-- Reading settings with patterns: gmatch over lines, match with captures, gsub with tables and functions. Size: rounds.
local rounds = tonumber((...))
local lines = {}
for i = 1, 120 do
  if i % 12 == 1 then lines[#lines + 1] = "[section" .. i .. "]" end
  lines[#lines + 1] = "  key_" .. i .. " = " .. (i % 3 == 0 and "${name} of $ {x} #" .. i or i + 0.25) .. "   ; remark " .. i
end
local text = table.concat(lines, "\n")
local function trim(s) return (s:gsub("^%s+", ""):gsub("%s+$", "")) end
local function parse(source)
  local sections, current = {}, nil
  for line in source:gmatch("[^\n]+") do
    local header = line:match("^%[(%w+)%]$")
    if header then
      current = {}
      sections[header] = current
    else
      local key, value = line:match("^%s*([%w_]+)%s*=%s*(.-)%s*;.*$")
      if key then current[key] = tonumber(value) or value:gsub("%${(%w+)}", { name = "lord" }) end
    end
  end
  return sections
end
local sum = 0
for round = 1, rounds do
  for _, section in pairs(parse(text)) do
    for key, value in pairs(section) do
      sum = sum + #key + (type(value) == "number" and value or #trim("  " .. value .. " "))
    end
  end
  local shout, n = text:gsub("%a+", function(word) if #word > 6 then return word:upper() end end)
  sum = (sum + n + #shout) % 1000000007
end
print(string.format("config %d %.6f", rounds, sum))
